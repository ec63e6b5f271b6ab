"""The ledger of the lecture deck: every statement that can be checked, with what shows it to be right or wrong."""
