"""Readers: networks trained on real frames that tell what footage shows, so that a world model's can be judged."""
