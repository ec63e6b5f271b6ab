"""Vector files: cases with the numbers that every dialect allows, to be judged in any language without code of ours."""
