"""The screening room: a small web viewer of productions and their takes. It reads, and never writes."""
