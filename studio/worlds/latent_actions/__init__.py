"""Latent actions: what was done in footage that came without actions, as discrete codes, and later by name."""
