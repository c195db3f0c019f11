"""The learning director: a small language model chooses how each shot is filmed, and learns from every take."""
