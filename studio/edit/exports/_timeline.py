"""The film as an OpenTimelineIO time line: what every editing format is written from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.edit.exports.base import Delivery, Note, Placed, plain
from studio.errors import BadInput

if TYPE_CHECKING:
    import opentimelineio as otio

COLOURS = {"critic": "RED", "user": "CYAN"}
"""Of the markers, by the note's author."""
RATES = (24, 25, 30, 48, 50, 60)
"""Frames a second that a time code can count."""


def check_rate(delivery: Delivery, what: str) -> None:
    """Raises BadInput where the film's rate has no time code; ``what`` is the format that needs one."""
    if delivery.fps not in RATES:
        rates = ", ".join(map(str, RATES))
        raise BadInput(f"{what} counts {rates} frames a second, {delivery.name} has {delivery.fps:g}; use --to otio")


def timeline(delivery: Delivery, sound: bool = True) -> otio.schema.Timeline:
    """A video track (a clip a piece, a dissolve where two overlap, a marker a note; times are frames of the clip) and,
    with ``sound``, the film's sound as one clip of an audio track."""
    import opentimelineio as otio

    fps = delivery.fps
    track = otio.schema.Track(name="V1", kind=otio.schema.TrackKind.Video)
    for placed in delivery.placed():
        if placed.piece.dissolve:
            before, after = placed.head, placed.piece.dissolve - placed.head
            track.append(
                otio.schema.Transition(
                    name="Cross Dissolve", transition_type=otio.schema.TransitionTypes.SMPTE_Dissolve,
                    in_offset=otio.opentime.RationalTime(before, fps),
                    out_offset=otio.opentime.RationalTime(after, fps),
                )
            )  # fmt: skip
        track.append(_clip(placed, delivery))
    made = otio.schema.Timeline(plain(delivery.document.title) or delivery.name)
    made.tracks.append(track)
    if sound and delivery.sound:
        made.tracks.append(_sound(delivery, delivery.sound))
    made.metadata["studio"] = {
        "production": delivery.name, "prompt": delivery.prompt, "seed": delivery.seed, "frames": delivery.frames,
    }  # fmt: skip
    return made


def _sound(delivery: Delivery, file: Path) -> otio.schema.Track:
    import opentimelineio as otio

    whole = _range(0, delivery.frames, delivery.fps)
    media = otio.schema.ExternalReference(file.as_uri(), whole)
    media.name = "sound"
    track = otio.schema.Track(name="A1", kind=otio.schema.TrackKind.Audio)
    track.append(otio.schema.Clip("sound", media, whole))
    return track


def _clip(placed: Placed, delivery: Delivery) -> otio.schema.Clip:
    import opentimelineio as otio

    piece = placed.piece
    media = otio.schema.ExternalReference(piece.path.as_uri(), _range(0, piece.frames, delivery.fps))
    media.name = piece.name
    clip = otio.schema.Clip(piece.name, media, _range(placed.head, placed.frames, delivery.fps))
    clip.markers.extend(_marker(note, placed, delivery.fps) for note in piece.notes)
    if piece.scene and piece.shot:
        clip.metadata["studio"] = {
            "scene": piece.scene.number, "shot": piece.shot.number, "take": piece.take, "reward": piece.reward,
            "action": piece.shot.action, "direction": dict(piece.direction),
        }  # fmt: skip
    return clip


def _marker(note: Note, placed: Placed, fps: float) -> otio.schema.Marker:
    """A marker where the clip is seen alone or fading, whatever frame the note speaks of."""
    import opentimelineio as otio

    frame = min(max(note.frame, placed.head), placed.head + placed.frames - 1)
    name = f"{note.author}: {plain(note.text)}"
    return otio.schema.Marker(name=name, marked_range=_range(frame, 1, fps), color=COLOURS.get(note.author, "GREEN"))


def _range(first: int, frames: int, fps: float) -> Any:
    import opentimelineio as otio

    return otio.opentime.TimeRange(otio.opentime.RationalTime(first, fps), otio.opentime.RationalTime(frames, fps))
