"""The parts of Backlot-v0: levels, physics, pictures, and an agent that finds its way."""
