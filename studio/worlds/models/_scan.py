"""Mamba's selective scan (Gu and Dao 2023, section 3) for training on a CPU.

transformers' own, where no kernel is installed, reads every step out of one tensor for all steps, and its gradient then
fills such a tensor anew for each of them. Here the states are kept step by step, and the gradient walks back over them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import MambaConfig
from transformers.models.mamba.modeling_mamba import MambaMixer, MambaRMSNorm


class Block(nn.Module):
    """Layer ``index`` of a Mamba: what MambaBlock is, whose word for the memory is changing between its versions."""

    def __init__(self, config: MambaConfig, index: int) -> None:
        super().__init__()
        self.norm = MambaRMSNorm(config.hidden_size, eps=config.layer_norm_epsilon)
        self.mixer = Mixer(config, index)

    def forward(self, x: Tensor, past: Any = None) -> Tensor:
        """Tokens [N, T, D] after ``past`` (transformers' DynamicCache), if any."""
        return x + self.mixer(self.norm(x), past)


class Mixer(MambaMixer):  # type: ignore[misc]
    """Of a whole clip without a memory, what MambaMixer gives, in a third of the time; with one it is MambaMixer."""

    def forward(self, hidden_states: Tensor, cache: Any = None) -> Tensor:
        """Tokens [N, T, D] to tokens [N, T, D]."""
        if cache is not None:
            known: Tensor = super().forward(hidden_states, cache)
            return known
        length = hidden_states.shape[1]
        u, gate = self.in_proj(hidden_states).chunk(2, -1)
        u = self.act(self.conv1d(u.transpose(1, 2))[..., :length]).transpose(1, 2)
        rank, size = self.time_step_rank, self.ssm_state_size
        step, enter, leave = self.x_proj(u).float().split([rank, size, size], -1)
        step = F.softplus(self.dt_proj(step))
        y = scan(u.float(), step, -torch.exp(self.A_log.float()), enter, leave) + u * self.D
        made: Tensor = self.out_proj((y * F.silu(gate)).to(hidden_states.dtype))
        return made


def scan(u: Tensor, step: Tensor, decay: Tensor, enter: Tensor, leave: Tensor) -> Tensor:
    """h ← exp(step·decay)·h + step·u·enter, y = h·leave, over time: ``u``, ``step`` and y [N, T, I], ``decay`` [I, S],
    ``enter`` and ``leave`` [N, T, S]."""
    made: Tensor = _Scan.apply(*(x.transpose(0, 1).contiguous() for x in (u, step)), decay, enter, leave)  # type: ignore[no-untyped-call]
    return made.transpose(0, 1)


class _Scan(torch.autograd.Function):
    """Time comes first in ``u`` and ``step``; states are kept."""

    @staticmethod
    def forward(ctx: Any, u: Tensor, step: Tensor, decay: Tensor, enter: Tensor, leave: Tensor) -> Tensor:
        states = u.new_zeros((len(u) + 1, *u.shape[1:], decay.shape[1]))
        y = torch.empty_like(u)
        for t, (held, x) in enumerate(zip(step, step * u, strict=True)):
            h = torch.mul(held[..., None], decay, out=states[t + 1]).exp_().mul_(states[t])
            h.addcmul_(x[..., None], enter[:, t, None])
            torch.matmul(h, leave[:, t, :, None], out=y[t][..., None])
        ctx.save_for_backward(u, step, decay, enter, leave, states)
        return y

    @staticmethod
    def backward(ctx: Any, wanted: Tensor) -> tuple[Tensor, ...]:  # type: ignore[override]
        u, step, decay, enter, leave, states = ctx.saved_tensors
        of_u, of_step = torch.empty_like(u), torch.empty_like(step)
        of_decay, of_enter, of_leave = (torch.zeros_like(x) for x in (decay, enter, leave))
        g, kept = torch.zeros_like(states[0]), torch.empty_like(states[0])
        for t in reversed(range(len(u))):
            of_leave[:, t] = torch.matmul(wanted[t][:, None], states[t + 1])[:, 0]
            g.addcmul_(wanted[t][..., None], leave[:, t, None])
            of_x = torch.matmul(g, enter[:, t, :, None])[..., 0]
            of_enter[:, t] = torch.matmul((step[t] * u[t])[:, None], g)[:, 0]
            of_u[t] = of_x * step[t]
            g.mul_(torch.mul(step[t][..., None], decay, out=kept).exp_())
            kept.copy_(g).mul_(states[t])
            of_step[t] = of_x * u[t] + torch.einsum("nis,is->ni", kept, decay)
            of_decay += torch.einsum("nis,ni->is", kept, step[t])
        return of_u, of_step, of_decay, of_enter, of_leave
