"""Environments to record from: one file each."""
