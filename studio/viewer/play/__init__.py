"""The page on which a world model is played."""
