"""Random-weight miniatures of the models that grew out of Stable Diffusion: SVD, and AnimateDiff with its adapters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.engines import _miniature, _open_miniatures
from studio.engines._open_miniatures import WIDTH

SVD_FRAMES = 5


def clip_pictures(size: int) -> Any:
    """CLIPVisionModelWithProjection."""
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    return CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=WIDTH, intermediate_size=2 * WIDTH, num_hidden_layers=2, num_attention_heads=2,
            image_size=size, patch_size=size // 4, projection_dim=WIDTH,
        )
    )  # fmt: skip


def svd(folder: Path) -> Path:
    """StableVideoDiffusionPipeline of ``SVD_FRAMES`` frames: 8x in space."""
    import diffusers

    with _miniature.seeded():
        return _open_miniatures.saved(
            "StableVideoDiffusionPipeline", folder, image_encoder=clip_pictures(224),
            feature_extractor=_miniature.clip_images(224),
            scheduler=diffusers.EulerDiscreteScheduler(
                beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", interpolation_type="linear",
                prediction_type="v_prediction", sigma_max=700.0, sigma_min=0.002, steps_offset=1,
                timestep_spacing="leading", timestep_type="continuous", use_karras_sigmas=True,
            ),
            vae=diffusers.AutoencoderKLTemporalDecoder(
                block_out_channels=(32, 32, 32, 32), latent_channels=4, layers_per_block=1,
                down_block_types=("DownEncoderBlock2D",) * 4,
            ),
            unet=diffusers.UNetSpatioTemporalConditionModel(
                block_out_channels=(32, 32), layers_per_block=1, in_channels=8, out_channels=4, num_frames=SVD_FRAMES,
                down_block_types=("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
                up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
                cross_attention_dim=WIDTH, num_attention_heads=2, addition_time_embed_dim=8,
                projection_class_embeddings_input_dim=24,
            ),
        )  # fmt: skip


def animatediff(folder: Path) -> dict[str, Path]:
    """A Stable Diffusion 1.5 folder, a MotionAdapter folder, and an IP-Adapter repository, as their owners lay them."""
    import diffusers

    layout: dict[str, Any] = {"block_out_channels": (16, 32)}
    with _miniature.seeded():
        unet = diffusers.UNet2DConditionModel(
            **layout, layers_per_block=1, sample_size=8, cross_attention_dim=WIDTH, norm_num_groups=4,
            attention_head_dim=4, down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        )  # fmt: skip
        motion = diffusers.MotionAdapter(
            **layout, motion_layers_per_block=1, motion_norm_num_groups=4, motion_num_attention_heads=4,
            use_motion_mid_block=True,
        )  # fmt: skip
        base = _open_miniatures.saved(
            "StableDiffusionPipeline", folder / "base", unet=unet, vae=_open_miniatures.image_vae(),
            text_encoder=_open_miniatures.clip_text(), tokenizer=_open_miniatures.clip_tokenizer(),
            safety_checker=None, feature_extractor=_miniature.clip_images(32),
            scheduler=diffusers.DDIMScheduler(
                beta_start=0.00085, beta_end=0.012, beta_schedule="linear", clip_sample=False, steps_offset=1
            ),
        )  # fmt: skip
        motion.save_pretrained(str(folder / "motion"))
        joined = diffusers.UNetMotionModel.from_unet2d(unet, motion)
        _ip_adapter(joined, folder / "ip_adapter" / "models")
    return {"base": base, "motion": folder / "motion", "ip_adapter": folder / "ip_adapter"}


def _ip_adapter(unet: Any, folder: Path) -> None:
    """Random weights under the names of h94/IP-Adapter's ``ip-adapter_sd15.safetensors``, with its image encoder."""
    import torch
    from safetensors.torch import save_file

    tokens = 4
    weights = {
        "image_proj.proj.weight": torch.randn(tokens * WIDTH, WIDTH),
        "image_proj.proj.bias": torch.zeros(tokens * WIDTH),
        "image_proj.norm.weight": torch.ones(WIDTH), "image_proj.norm.bias": torch.zeros(WIDTH),
    }  # fmt: skip
    number = 1
    for name in unet.attn_processors:
        if not name.endswith("attn2.processor") or "motion_modules" in name:
            continue
        layer = unet.get_submodule(name.removesuffix(".processor"))
        for part in ("to_k_ip", "to_v_ip"):
            weights[f"ip_adapter.{number}.{part}.weight"] = torch.randn(layer.to_k.out_features, WIDTH)
        number += 2
    folder.mkdir(parents=True)
    save_file(weights, str(folder / "ip-adapter_sd15.safetensors"))
    clip_pictures(32).save_pretrained(str(folder / "image_encoder"))
