"""The discrete model: a state-space model over time at each place (transformers' Mamba, Gu and Dao 2023), codes of the
next frame in parallel passes (Chang et al. 2022, MaskGIT): the surest first, the rest given those.

Its memory of the past has one size however long it plays. Places mix by convolutions between the layers. Like the flow
it corrects a frame that is nearly right (`_ahead`): the codes of what motion alone, or its ``mover``, makes of the last
frames are a draft, of which each code is kept as far as a gate says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from studio.errors import BadInput
from studio.worlds.data.dataset import Batch
from studio.worlds.models._ahead import flowed, gone_on, moved_by, moved_on, mover_of, remembered
from studio.worlds.models._convolutions import InvertedResidual
from studio.worlds.models._latent import LatentWorldModel
from studio.worlds.models._motion import regained


@dataclass(frozen=True)
class Config:
    """A token holds ``patch`` × ``patch`` codes; ``passes`` predict a frame in play."""

    height: int = 96
    width: int = 128
    actions: int = 8
    codec: str = "vqvae"
    codec_config: dict[str, Any] = field(default_factory=dict)
    mover: str = ""
    """The world model whose next frame is the draft (pixel_film, advection); none: what motion alone makes."""
    mover_config: dict[str, Any] = field(default_factory=dict)
    hidden: int = 256
    layers: int = 6
    drawing: int = 2
    """Convolution blocks that predict codes from the state and the codes known so far."""
    patch: int = 4
    moving_weight: float = 10.0
    """How much more a code counts where something moves by itself, of data that know it."""
    passes: int = 3
    temperature: float = 1.0


class Model(LatentWorldModel):
    """Codes of each frame and the action after it in; logits of the next frame's codes out."""

    name = "vq_mamba"
    config_class = Config
    wants = "vqvae"
    carries = marks = True
    sizes: ClassVar[dict[str, dict[str, Any]]] = {
        "tiny": {"hidden": 128, "layers": 3, "drawing": 1},
        "base": {},
        "large": {"hidden": 512, "layers": 10},
    }

    def __init__(self, config: Config) -> None:
        super().__init__()
        from transformers import MambaConfig

        from studio.worlds.models._scan import Block

        self._carry(config)
        if not hasattr(self.codec, "quantiser"):
            raise BadInput(f"vq_mamba predicts codes; {config.codec} has none (vqvae has)")
        self.mover = mover_of(config)
        self.size = self.quantiser.size
        rows, columns = self.codec.latent_shape[1:]
        self.grid = (rows // config.patch, columns // config.patch)
        self.mamba = MambaConfig(
            vocab_size=1, hidden_size=config.hidden, num_hidden_layers=config.layers, state_size=16, use_cache=True
        )
        inner, held = config.hidden // config.patch**2, config.patch**2
        self.code = nn.Embedding(self.size + 1, inner)
        self.places = nn.Parameter(torch.randn(self.grid[0] * self.grid[1], held * inner) * 0.02)
        self.enter = nn.Linear(held * inner, config.hidden)
        self.action = nn.Embedding(config.actions, config.hidden)
        self.mix = nn.ModuleList(InvertedResidual(config.hidden, 1) for _ in range(config.layers))
        self.time = nn.ModuleList(Block(self.mamba, i) for i in range(config.layers))
        self.known, self.draft = nn.Linear(held * inner, config.hidden), nn.Linear(held * inner, config.hidden)
        self.draw = nn.ModuleList(InvertedResidual(config.hidden, 2) for _ in range(config.drawing))
        self.leave, self.keep = nn.Linear(config.hidden, held * self.size), nn.Linear(config.hidden, held)

    @classmethod
    def tiny(cls) -> Model:
        """Two layers of 16 over the tiny vqvae."""
        codec = {"widths": (8, 8, 16), "blocks": 1, "levels": (4, 4)}
        return cls(Config(32, 48, 4, codec_config=codec, hidden=16, layers=2, drawing=1, patch=2, passes=2))

    @property
    def quantiser(self) -> Any:
        return self.codec.quantiser

    # --- the network

    def _patched(self, codes: Tensor) -> Tensor:
        """int64 [..., h, w] to embeddings of tokens [..., P, patch² · inner]."""
        p = self.config.patch
        x = self.code(codes).unflatten(-3, (self.grid[0], p)).unflatten(-2, (self.grid[1], p))
        return x.transpose(-4, -3).flatten(-3).flatten(-3, -2)

    def _mixed(self, x: Tensor, block: nn.Module) -> Tensor:
        """A convolution block over the places of tokens [N, P, D]."""
        return block(x.transpose(1, 2).unflatten(2, self.grid)).flatten(2).transpose(1, 2)

    def state(self, codes: Tensor, actions: Tensor, past: Any = None) -> Tensor:
        """Codes [B, T, h, w] and the action after each [B, T] to what is known of the next frame [B, T, P, D]."""
        b, t = actions.shape
        x = self.enter(self._patched(codes) + self.places) + self.action(actions)[:, :, None]
        for mix, time in zip(self.mix, self.time, strict=True):
            x = self._mixed(x.flatten(0, 1), mix).unflatten(0, (b, t))
            line = x.transpose(1, 2).flatten(0, 1)
            x = time(line, past).unflatten(0, (b, -1)).transpose(1, 2)
        return x

    def logits(self, state: Tensor, draft: Tensor, codes: Tensor) -> Tensor:
        """State [N, P, D], the draft's codes [N, h, w] and those known so far [N, h, w] (the number of codes: not
        known) to logits [N, h, w, K]."""
        x = state + self.known(self._patched(codes)) + self.draft(self._patched(draft))
        for block in self.draw:
            x = self._mixed(x, block)
        x = F.silu(x)
        kept = self._unpatched(self.keep(x), 1)
        return self._unpatched(self.leave(x), self.size).scatter_add(-1, draft[..., None], kept)

    def _unpatched(self, x: Tensor, each: int) -> Tensor:
        """Tokens [N, P, patch² · each] to [N, h, w, each]."""
        p = self.config.patch
        x = x.unflatten(-1, (p, p, each)).unflatten(1, self.grid)
        return x.transpose(2, 3).flatten(3, 4).flatten(1, 2)

    # --- training

    def losses(self, batch: Batch, generator: torch.Generator, progress: float) -> dict[str, Tensor]:
        latents = self.latents_of(batch)
        carried = (
            batch.carried.float() if batch.carried is not None else self.carried_of(latents, self.acted(batch.actions))
        )
        codes, draft = self._codes(latents), self._codes(carried[:, 1:]).flatten(0, 1)
        state, true = self.state(codes[:, :-1], batch.actions).flatten(0, 1), codes[:, 1:].flatten(0, 1)
        share = torch.cos(torch.rand((len(true), 1, 1), generator=generator) * math.pi / 2)
        hidden = (torch.rand(true.shape, generator=generator) < share).to(true.device)
        logits = self.logits(state, draft, true.masked_fill(hidden, self.size)).float()
        each = F.cross_entropy(logits.flatten(0, 2), true.flatten(), reduction="none").view_as(true)
        marked = self.marked(batch, latents)[:, 1:, 0].flatten(0, 1)
        weight = hidden * (1 + self.config.moving_weight * marked)
        right, drafted = ((guess == true).float() for guess in (logits.argmax(-1), draft))
        told = {"loss": each, "right": right, "draft right": drafted}
        return {name: (value * weight).sum() / weight.sum().clamp(min=1) for name, value in told.items()}

    def _codes(self, latents: Tensor) -> Tensor:
        """Normalised latents [B, T, C, h, w] of the codec to codes int64 [B, T, h, w]."""
        vectors = latents * self.codec.latent_std[:, None, None] + self.codec.latent_mean[:, None, None]
        return self.quantiser.codes(vectors.flatten(0, 1)).unflatten(0, latents.shape[:2])

    def _latents(self, codes: Tensor) -> Tensor:
        """Codes [B, h, w] to normalised latents [B, C, h, w]."""
        vectors = self.quantiser.vectors(codes)
        return (vectors - self.codec.latent_mean[:, None, None]) / self.codec.latent_std[:, None, None]

    # --- play

    def _init_context(self, frames: Tensor, actions: Tensor) -> Any:
        from transformers import DynamicCache

        codes = self._codes(self.encoded(frames))
        past = DynamicCache(config=self.mamba)
        if codes.shape[1] > 1:
            self.state(codes[:, :-1], actions, past)
        return {"past": past, "last": codes[:, -1:], **remembered(frames, self.acted(actions), self.mover)}

    def _step(self, context: Any, action: Tensor, generator: torch.Generator) -> Tensor:
        acted = action[:, None]
        moved = moved_by(self.mover, context, acted, generator) if self.mover else moved_on(context)
        draft = self._codes(self.codec.normalised(moved)[:, None])[:, 0]
        state = self.state(context["last"], acted, context["past"])[:, 0]
        codes = self._drawn(state, draft, generator)
        drawn, drafted = self._latents(codes), self._latents(draft)
        shown, plain = self.codec.restored(torch.cat([drawn, drafted])).chunk(2)
        frame = regained(shown, moved.int() - plain.int(), (drawn - drafted).square().mean(1))
        context |= {"last": codes[:, None], **gone_on(context, frame, acted)}
        if self.mover:
            context |= flowed(context)
        return frame

    def _drawn(self, state: Tensor, draft: Tensor, generator: torch.Generator) -> Tensor:
        """Codes [B, h, w] in ``passes``: each keeps the surest ones, by a cosine, and draws the rest again."""
        rows, columns = self.codec.latent_shape[1:]
        codes = torch.full((len(state), rows * columns), self.size, device=state.device)
        for done in range(1, self.config.passes + 1):
            unknown = codes == self.size
            logits = self.logits(state, draft, codes.view(-1, rows, columns)).float().flatten(1, 2)
            drawn = self._sampled(logits, generator)
            sure = logits.log_softmax(-1).gather(-1, drawn[..., None])[..., 0].masked_fill(~unknown, math.inf)
            left = int(codes.shape[1] * math.cos(math.pi / 2 * done / self.config.passes))
            filled = torch.where(unknown, drawn, codes)
            unsure = sure.argsort(-1)[:, :left]
            codes = filled.scatter(1, unsure, self.size) if left and done < self.config.passes else filled
        return codes.view(-1, rows, columns)

    def _sampled(self, logits: Tensor, generator: torch.Generator) -> Tensor:
        if self.config.temperature == 0:
            return logits.argmax(-1)
        noise = torch.rand(logits.shape, generator=generator).to(logits.device).clamp(1e-9, 1 - 1e-7)
        return (logits / self.config.temperature - (-noise.log()).log()).argmax(-1)
