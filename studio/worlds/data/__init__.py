"""Footage of worlds: recorded or imported into shards, with a manifest that knows where each frame came from."""
