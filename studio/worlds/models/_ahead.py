"""The frame to come before the flow model corrects it: as a mover has it, who knows the keys, or by motion alone."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

from studio.errors import BadInput
from studio.worlds.models._motion import carried_clip, carried_on, flow_between, lost
from studio.worlds.models.base import Codec, WorldModel, build


class Mover(Protocol):
    """A world model that shows the frame to come at once: `advection`, which copies pixels, or `pixel_film`."""

    past: int
    """Frames that it sees."""
    acts: int
    """Actions that it is told at most."""

    def chance(self, clips: int, generator: torch.Generator) -> Tensor | None:
        """What decides between things that may happen; None where the mover leaves nothing to it."""
        ...

    def moved(self, frames: Tensor, flow: Tensor, actions: Tensor, chance: Tensor | None = None) -> Tensor:
        """The next frame uint8 [B, H, W, 3] after ``frames`` [B, past, H, W, 3], with the flow back from each frame
        but the first, the last frame's first [B, 2·(past-1), H, W], and the last actions [B, n ≤ acts], of which the
        last leads to it; the likeliest one without ``chance``."""
        ...


def mover_of(config: Any) -> Any:
    """The network that a config names in ``mover``, frozen; None where it names none. Raises BadInput."""
    if not config.mover:
        return None
    fixed = {"height": config.height, "width": config.width, "actions": config.actions}
    mover = build(config.mover, {**dict(config.mover_config), **fixed})
    if not isinstance(mover, WorldModel) or not hasattr(mover, "moved"):
        raise BadInput(f"{config.mover} moves nothing; a mover is wanted (advection, pixel_film)")
    return mover.eval().requires_grad_(False)


def remembered(frames: Tensor, acted: Tensor, mover: Mover | None) -> dict[str, Tensor]:
    """What must be known of true frames [B, T, H, W, 3] and the actions that led to them [B, T] to go on."""
    past = mover.past if mover else 2
    short = max(0, past - frames.shape[1])
    last = torch.cat([frames[:, :1].expand(-1, short, -1, -1, -1), frames], 1)[:, -past:]
    told = {"frames": last}
    if mover:
        flows = [flow_between(last[:, i - 1], last[:, i]) for i in range(past - 1, 0, -1)]
        told |= {"flow": torch.cat(flows, 1), "acts": acted[:, -mover.acts :]}
    return told


def gone_on(extra: dict[str, Tensor], frame: Tensor, action: Tensor) -> dict[str, Tensor]:
    """What is known after ``action`` [B, 1] led to ``frame`` [B, H, W, 3]; the flow to it is left to `flowed`."""
    told = {"frames": torch.cat([extra["frames"][:, 1:], frame[:, None]], 1)}
    return told | ({"acts": torch.cat([extra["acts"], action], 1)} if "acts" in extra else {})


def flowed(extra: dict[str, Tensor]) -> dict[str, Tensor]:
    """The flow back from the last frame, put before the older ones."""
    return {"flow": torch.cat([flow_between(extra["frames"][:, -2], extra["frames"][:, -1]), extra["flow"][:, :-2]], 1)}


def moved_on(extra: dict[str, Tensor]) -> Tensor:
    """The next frame uint8 [B, H, W, 3] by motion alone."""
    return carried_on(extra["frames"][:, -2], extra["frames"][:, -1])


def moved_by(mover: Mover, extra: dict[str, Tensor], action: Tensor, generator: torch.Generator) -> Tensor:
    """The next frame uint8 [B, H, W, 3] that ``action`` [B, 1] leads to, as the mover has it."""
    acted = torch.cat([extra["acts"], action], 1)[:, -mover.acts :]
    return mover.moved(extra["frames"], extra["flow"], acted, mover.chance(len(action), generator))


def ahead(codec: Codec, moved: Tensor) -> dict[str, Tensor]:
    """The frame to come, uncorrected: its latents ``carried`` [B, 1, C, h, w], and the ``detail`` that they lose."""
    carried = codec.normalised(moved)
    return {"carried": carried[:, None], "detail": lost(codec, moved, carried)}


@torch.no_grad()
def ahead_of_clip(
    codec: Codec, mover: Mover | None, latents: Tensor, frames: Tensor | None, acted: Tensor, first: int = 2
) -> Tensor:
    """`ahead` for a whole clip's latents [T, C, h, w], in the same shape: of frame t from those before it and the
    actions ``acted`` [T] that led to them. Of the first frame there are zeros, of the second the first's latents; with
    ``first`` of more, zeros before that one. ``frames``: uint8 [T, H, W, 3] where they are known better than the codec
    shows them; motion alone goes by what the codec shows."""
    if mover is None:
        return carried_clip(codec, latents)
    made = torch.zeros_like(latents)
    made[1:2] = latents[:1]
    if len(latents) > first:
        shown = codec.restored(latents) if frames is None else frames
        made[first:] = codec.normalised(_moved(mover, shown, acted, first)).to(made.dtype)
    return made


def _moved(mover: Mover, frames: Tensor, acted: Tensor, first: int) -> Tensor:
    """What the mover makes of frames ``first``… of a clip, from the true ones before each."""
    count = len(frames)
    still = torch.zeros((1, 2, *frames.shape[1:3]), device=frames.device)
    flow = torch.cat([still, flow_between(frames[:-1], frames[1:])])
    at = torch.arange(first, count, device=frames.device)[:, None]
    past = (at - torch.arange(mover.past, 0, -1, device=frames.device)).clamp(min=0)
    acts = (at - torch.arange(mover.acts - 1, -1, -1, device=frames.device)).clamp(min=0)
    return mover.moved(frames[past], flow[past[:, 1:].flip(1)].flatten(1, 2), acted[acts])
