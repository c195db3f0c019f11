"""Playing world models: real-time sessions, places to begin from, and an export that runs without torch's trunk."""
