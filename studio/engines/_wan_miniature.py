"""Miniatures of Wan's four pipelines, a few hundred kilobytes together; layouts as in the real configurations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.engines import _miniature

WIDTH = 16
"""Width of text and image embeddings."""
BLOCKS = 3
LOUD = 8.0


def build(folder: Path) -> dict[str, Path]:
    """Role -> folder of a saved pipeline."""
    return {role: _miniature.save(_pipeline(role), folder / role) for role in ("t2v", "i2v", "flf2v", "vace")}


def build22(folder: Path) -> dict[str, Path]:
    """The same for Wan 2.2 A14B: two transformers, and no image encoder."""
    import diffusers

    kinds = {"t2v": diffusers.WanPipeline, "i2v": diffusers.WanImageToVideoPipeline}
    with _miniature.seeded():
        return {
            role: _miniature.save(
                kind(
                    transformer=transformer(in_channels=16 if role == "t2v" else 36),
                    transformer_2=transformer(in_channels=16 if role == "t2v" else 36),
                    boundary_ratio=0.875, **_shared(),
                ),
                folder / role,
            )
            for role, kind in kinds.items()
        }  # fmt: skip


def build_5b(folder: Path) -> dict[str, Path]:
    """And for Wan 2.2 TI2V-5B: a VAE of 16x in space, and one folder for both roles."""
    import diffusers

    with _miniature.seeded():
        autoencoder = diffusers.AutoencoderKLWan(
            base_dim=4, decoder_base_dim=4, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, is_residual=True,
            temperal_downsample=[False, True, True], in_channels=12, out_channels=12, patch_size=2,
            scale_factor_spatial=16,
        )  # fmt: skip
        pipe = diffusers.WanPipeline(
            transformer=transformer(), expand_timesteps=True, **{**_shared(), "vae": autoencoder}
        )
        _miniature.save(pipe, folder)
    return {"t2v": folder, "i2v": folder}


def _shared() -> dict[str, Any]:
    import diffusers

    return {
        "tokenizer": _miniature.t5_tokenizer(), "text_encoder": _miniature.umt5(WIDTH), "vae": vae(),
        "scheduler": diffusers.UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
        ),
    }  # fmt: skip


def _pipeline(role: str) -> Any:
    import diffusers

    with _miniature.seeded():
        shared = _shared()
        if role == "vace":
            return diffusers.WanVACEPipeline(transformer=_vace_transformer(), **shared)
        if role == "t2v":
            return diffusers.WanPipeline(transformer=transformer(), **shared)
        seen = 2 if role == "flf2v" else 1
        return diffusers.WanImageToVideoPipeline(
            transformer=transformer(
                in_channels=36, image_dim=WIDTH, added_kv_proj_dim=_LAYOUT["num_attention_heads"] * 12,
                **({"pos_embed_seq_len": 5 * seen} if seen > 1 else {}),
            ),
            image_encoder=_miniature.clip_vision(WIDTH), image_processor=_miniature.clip_images(), **shared,
        )  # fmt: skip


_LAYOUT: dict[str, Any] = {
    "patch_size": (1, 2, 2), "num_attention_heads": 2, "attention_head_dim": 12, "in_channels": 16, "out_channels": 16,
    "text_dim": WIDTH, "freq_dim": 32, "ffn_dim": 32, "num_layers": BLOCKS, "cross_attn_norm": True,
    "qk_norm": "rms_norm_across_heads", "rope_max_seq_len": 64,
}  # fmt: skip


def vae() -> Any:
    """AutoencoderKLWan: 8x in space, 4x in time, 16 channels."""
    import torch
    from diffusers import AutoencoderKLWan

    model = AutoencoderKLWan(
        base_dim=4, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
    )
    with torch.no_grad():
        model.quant_conv.weight *= LOUD
    return model


def transformer(**other: Any) -> Any:
    """WanTransformer3DModel."""
    from diffusers import WanTransformer3DModel

    return _outspoken(WanTransformer3DModel(**{**_LAYOUT, **other}))


def _vace_transformer() -> Any:
    from diffusers import WanVACETransformer3DModel

    return _outspoken(WanVACETransformer3DModel(**_LAYOUT, vace_layers=[0, 2], vace_in_channels=96))


def _outspoken(model: Any) -> Any:
    """Make what a random model is told (text, pictures) show in its pixels after a step or two."""
    import torch

    with torch.no_grad():
        for block in [*model.blocks, *getattr(model, "vace_blocks", [])]:
            for attention in (block.attn1, block.attn2):
                attention.to_v.weight *= LOUD
                attention.to_out[0].weight *= LOUD
        if hasattr(model, "vace_patch_embedding"):
            model.vace_patch_embedding.weight *= LOUD
    return model
