"""Reads formulas and code in decks, finds out which rule they state, and says what is wrong with them."""
