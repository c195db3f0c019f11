"""How the offline screenwriter reads and plans."""
