"""Measures: a file is a measure, its name is the measure's name.

Each file has ``WANTS`` (a tuple of `Wanted`: the rollouts that it is shown, one call each; or a function
``wants(settings)`` that gives it) and
``measure(rollouts, lab) -> list[Score]``. It is called once a column (the model, the last frame copied, true frames
through the codec, true frames) with the made frames of that column, so that a measure never needs to know of columns;
one that must (a distance between two halves of the real) reads ``rollouts.column``.

``NEEDS``, where there is one, names what data must have: *simulator*, *boxes*, *states*, *camera*, *actions*,
*truth* (true frames). Where data lacks it the measure is left out, and the report says why. A measure that finds
later that it cannot be taken raises `LeftOut` with the reason. ``MEASURES = "codec"`` marks a measure of
codecs; all others measure world models.
"""
