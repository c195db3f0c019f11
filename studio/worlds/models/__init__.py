"""World models and the codecs that they dream in: one file each."""
