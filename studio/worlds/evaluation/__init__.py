"""Evaluation: models rolled out on kept-out levels, measured beside the truth and the least that they must beat."""
