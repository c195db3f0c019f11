"""Random-weight miniatures of the artists' pipelines: the real classes, a few thousand weights, saved to a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WORDS = 320
"""Longest prompt in tokens; a miniature's tokenizer spells, one token a letter."""
_LETTERS = [chr(code) for code in range(33, 127)]


def _clip_tokenizer() -> Any:
    from transformers import CLIPTokenizer

    pieces = [*_LETTERS, *(f"{letter}</w>" for letter in _LETTERS), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={piece: n for n, piece in enumerate(pieces)}, merges=[], model_max_length=WORDS)


def _clip_text(width: int, projected: bool) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    size = len(_clip_tokenizer())
    config = CLIPTextConfig(
        vocab_size=size, hidden_size=width, intermediate_size=37, num_attention_heads=4, num_hidden_layers=2,
        max_position_embeddings=WORDS, projection_dim=width, bos_token_id=size - 2, eos_token_id=size - 1,
        pad_token_id=size - 1, hidden_act="gelu",
    )  # fmt: skip
    return (CLIPTextModelWithProjection if projected else CLIPTextModel)(config)


def _vae(channels: int, blocks: int, **more: Any) -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(16,) * blocks, down_block_types=("DownEncoderBlock2D",) * blocks,
        up_block_types=("UpDecoderBlock2D",) * blocks, latent_channels=channels, norm_num_groups=8, **more,
    )  # fmt: skip


def sdxl(folder: Path, image_encoder: str, adapter: str) -> dict[str, Path]:
    """Role -> folder of a Stable Diffusion XL and of an IP-Adapter for it."""
    import torch
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline, UNet2DConditionModel

    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        block_out_channels=(16, 32), layers_per_block=1, sample_size=16, norm_num_groups=8,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), attention_head_dim=(2, 4), use_linear_projection=True,
        addition_embed_type="text_time", addition_time_embed_dim=8, transformer_layers_per_block=(1, 1),
        projection_class_embeddings_input_dim=6 * 8 + 32, cross_attention_dim=64,
    )  # fmt: skip
    pipe = StableDiffusionXLPipeline(
        vae=_vae(4, 4), text_encoder=_clip_text(32, False), text_encoder_2=_clip_text(32, True),
        tokenizer=_clip_tokenizer(), tokenizer_2=_clip_tokenizer(), unet=unet,
        scheduler=EulerDiscreteScheduler(beta_schedule="scaled_linear", timestep_spacing="leading", steps_offset=1),
        add_watermarker=False,
    )  # fmt: skip
    pipe.save_pretrained(folder / "sdxl", safe_serialization=True)
    _ip_adapter(unet, folder / "ip-adapter", image_encoder, adapter)
    return {"model": folder / "sdxl", "ip_adapter": folder / "ip-adapter"}


def _ip_adapter(unet: Any, folder: Path, image_encoder: str, adapter: str) -> None:
    """The encoder, and key and value projections of each cross-attention with the original's key names."""
    import torch
    from safetensors.torch import save_file
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    seer = CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=32, projection_dim=24, image_size=32, patch_size=8, intermediate_size=37,
            num_attention_heads=4, num_hidden_layers=2,
        )
    )  # fmt: skip
    seer.save_pretrained(folder / image_encoder)
    wide, tokens = unet.config.cross_attention_dim, 4
    weights = {
        "image_proj.proj.weight": torch.randn(wide * tokens, 24) * 0.2,
        "image_proj.proj.bias": torch.zeros(wide * tokens),
        "image_proj.norm.weight": torch.ones(wide), "image_proj.norm.bias": torch.zeros(wide),
    }  # fmt: skip
    for number, (name, processor) in enumerate(unet.attn_processors.items()):
        del processor
        if "attn2" in name:
            made = unet.get_submodule(name.removesuffix(".processor")).to_k.out_features
            for part in ("to_k_ip", "to_v_ip"):
                weights[f"ip_adapter.{number}.{part}.weight"] = torch.randn(made, wide) * 0.2
    (folder / "sdxl_models").mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / "sdxl_models" / adapter)


def flux(folder: Path, kontext: bool = False) -> dict[str, Path]:
    """Role -> folder of a FLUX.1 as schnell is (no guidance), and of a Kontext (guided) where one is wanted."""
    import torch
    from diffusers import FluxKontextPipeline, FluxPipeline

    torch.manual_seed(0)
    FluxPipeline(**_flux_parts(False)).save_pretrained(folder / "FLUX.1-schnell", safe_serialization=True)
    found = {"model": folder / "FLUX.1-schnell"}
    if kontext:
        found["kontext"] = folder / "FLUX.1-Kontext"
        FluxKontextPipeline(**_flux_parts(True)).save_pretrained(found["kontext"], safe_serialization=True)
    return found


def _flux_parts(guided: bool) -> dict[str, Any]:
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxTransformer2DModel
    from transformers import T5Config, T5EncoderModel, T5TokenizerFast

    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), *((letter, -3.0) for letter in _LETTERS)]
    transformer = FluxTransformer2DModel(
        patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16,
        num_attention_heads=2, joint_attention_dim=32, pooled_projection_dim=32, axes_dims_rope=(4, 4, 8),
        guidance_embeds=guided,
    )  # fmt: skip
    t5 = T5Config(
        vocab_size=len(pieces), d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4, is_encoder_decoder=False,
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0,
    )  # fmt: skip
    return {
        "scheduler": FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=guided), "transformer": transformer,
        "vae": _vae(4, 4, use_quant_conv=False, use_post_quant_conv=False, shift_factor=0.06, scaling_factor=1.5),
        "text_encoder": _clip_text(32, False), "tokenizer": _clip_tokenizer(), "text_encoder_2": T5EncoderModel(t5),
        "tokenizer_2": T5TokenizerFast(vocab=pieces, extra_ids=0, model_max_length=512),
    }  # fmt: skip
