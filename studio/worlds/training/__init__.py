"""Training: one loop for every model, resumable to the bit on a CPU."""
