"""Recipes: short sounds as layers of shaped noise and gliding tones; drums and effects are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from studio.sound import synth
from studio.sound.synth import Wave


class Layer(BaseModel):
    """One layer: noise between ``low`` and ``high`` Hz, or a tone that glides from ``hz`` to ``to``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["noise", "tone"] = "noise"
    at: float = 0.0
    """Seconds after the sound's start."""
    seconds: float = Field(0.1, gt=0)
    """Until it has fallen by 60 dB; with ``hold`` until it ends."""
    hold: bool = False
    """Keeps its strength to its end instead of falling."""
    attack: float = 0.001
    low: float = 100.0
    high: float = 8000.0
    tilt: float = 0.0
    hz: float = 440.0
    to: float = 0.0
    """0: stays at ``hz``."""
    overtones: tuple[float, ...] = ()
    """Strengths of the partials above the first."""
    shake: float = 0.0
    """Hz of a tremolo."""
    level: float = 0.0
    """dB; noise has RMS 0.25 and a tone a peak of 0.5 at 0 dB."""


def perform(layers: Sequence[Layer], rng: np.random.Generator, pitch: float = 1.0) -> Wave:
    """``(n,)``: the layers together; ``pitch`` moves all their frequencies."""
    out = np.zeros(synth.samples(max(layer.at + layer.seconds for layer in layers)), np.float32)
    for layer in layers:
        synth.add(out, _layer(layer, rng, pitch), synth.samples(layer.at))
    return out


def _layer(layer: Layer, rng: np.random.Generator, pitch: float) -> Wave:
    n = synth.samples(layer.seconds)
    if layer.kind == "noise":
        wave = synth.band(n, layer.low * pitch, min(20_000.0, layer.high * pitch), rng, layer.tilt)
    else:
        start, end = layer.hz * pitch, (layer.to or layer.hz) * pitch
        wave = 0.5 * synth.glide(n, start, end)
        for k, weight in enumerate(layer.overtones, 2):
            if max(start, end) * k < 18_000:
                wave = wave + np.float32(0.5 * weight) * synth.glide(n, start * k, end * k)
    if layer.shake:
        wave = wave * (0.6 + 0.4 * synth.glide(n, layer.shake, layer.shake))
    if not layer.hold:
        wave = wave * synth.fading(n, layer.seconds)
    return synth.edges(wave * np.float32(synth.gain(layer.level)), layer.attack, min(0.3 * layer.seconds, 0.05))
