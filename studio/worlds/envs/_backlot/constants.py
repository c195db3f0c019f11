"""Backlot's units. Positions and speeds are whole subpixels, so that a replay is exact on every machine."""

PIXEL = 16
"""Subpixels a pixel."""
TILE = 8
"""Pixels a tile."""
HEIGHT, WIDTH = 96, 128
"""The frame, in pixels."""
ROWS = HEIGHT // TILE
FPS = 20
"""Steps and frames a second."""

GRAVITY, JUMP, FALL = 20, 132, 96
"""Subpixels a step (a step): gravity, the speed of a jump, the greatest speed of a fall."""
WALK, RUN, PUSH, AIR_PUSH, BRAKE = 32, 48, 10, 6, 12
"""Subpixels a step (a step): speeds, and how fast they are reached on the ground, in the air, and lost."""
STANDING, DUCKING, BODY = 14, 8, 8
"""Pixels: heights of the performer's box, and its width."""

ACTIONS = ("noop", "left", "right", "jump", "jump_left", "jump_right", "duck", "run_right")
