"""The screening room: a small web viewer of productions and their takes, and the desk from which they are directed."""
