"""World models: action-conditioned video models that learn a game's world from footage and can then be played."""
