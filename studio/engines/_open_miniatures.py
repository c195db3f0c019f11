"""Random-weight miniatures of the open models' pipelines: real classes, the real compression, almost no width.

The layouts follow the models' own configurations (compression, rotary or learned positions, guidance embedding), so
that frame rules and sizes are the real ones; only widths and depths are small."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.engines import _miniature

WIDTH = 16
"""Of text and image embeddings."""
COGVIDEOX_SIDE = 32
"""Pixels; the positions of the image-to-video model are learnt for one size."""
LATTE_SIDE = 64
LETTERS = [chr(n) for n in range(33, 127)]


def clip_tokenizer() -> Any:
    """A CLIP tokenizer of single letters."""
    from transformers import CLIPTokenizer

    pieces = ["<|startoftext|>", "<|endoftext|>", *LETTERS, *(f"{letter}</w>" for letter in LETTERS)]
    return CLIPTokenizer(vocab={piece: n for n, piece in enumerate(pieces)}, merges=[], model_max_length=77)


def clip_text(width: int = WIDTH) -> Any:
    """CLIPTextModel for ``clip_tokenizer``."""
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(clip_tokenizer()), hidden_size=width, intermediate_size=2 * width, num_hidden_layers=2,
            num_attention_heads=2, bos_token_id=0, eos_token_id=1, pad_token_id=1, projection_dim=width,
        )
    )  # fmt: skip


def _bytes() -> dict[str, int]:
    """Special tokens, then one piece a byte and one a letter."""
    pieces = ["<pad>", "<eos>", "<bos>", "<unk>", *(f"<0x{n:02X}>" for n in range(256)), "▁", *LETTERS]
    return {piece: n for n, piece in enumerate(pieces)}


def saved(name: str, folder: Path, **components: Any) -> Path:
    """The folder of the pipeline ``name`` made of ``components``."""
    import diffusers

    return _miniature.save(getattr(diffusers, name)(**components), folder)


def ltx(folder: Path) -> Path:
    """LTXConditionPipeline: 32x in space, 8x in time."""
    import diffusers

    with _miniature.seeded():
        return saved(
            "LTXConditionPipeline", folder, scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
            tokenizer=_miniature.t5_tokenizer(), text_encoder=_miniature.t5(WIDTH),
            vae=diffusers.AutoencoderKLLTXVideo(
                latent_channels=8, block_out_channels=(8, 8, 8, 8), decoder_block_out_channels=(8, 8, 8, 8),
                layers_per_block=(1, 1, 1, 1, 1), decoder_layers_per_block=(1, 1, 1, 1, 1),
                timestep_conditioning=True,
            ),
            transformer=diffusers.LTXVideoTransformer3DModel(
                in_channels=8, out_channels=8, num_attention_heads=2, attention_head_dim=12, cross_attention_dim=24,
                num_layers=2, caption_channels=WIDTH,
            ),
        )  # fmt: skip


def gemma() -> Any:
    """Gemma3ForConditionalGeneration with a vision tower of one layer."""
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration

    text = {
        "vocab_size": len(_bytes()), "hidden_size": WIDTH, "intermediate_size": 2 * WIDTH, "num_hidden_layers": 2,
        "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8, "sliding_window": 64,
        "max_position_embeddings": 2048, "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2,
    }  # fmt: skip
    vision = {
        "hidden_size": WIDTH, "intermediate_size": WIDTH, "num_hidden_layers": 1, "num_attention_heads": 2,
        "image_size": 28, "patch_size": 14,
    }  # fmt: skip
    config = Gemma3Config(
        text_config=text, vision_config=vision, mm_tokens_per_image=1, boi_token_index=3, eoi_token_index=3,
        image_token_index=3,
    )  # fmt: skip
    return Gemma3ForConditionalGeneration(config)


def ltx2(folder: Path) -> Path:
    """LTX2ConditionPipeline: 32x in space, 8x in time, with its sound."""
    import diffusers
    from diffusers.pipelines.ltx2 import LTX2TextConnectors
    from diffusers.pipelines.ltx2.vocoder import LTX2Vocoder
    from transformers import GemmaTokenizer

    with _miniature.seeded():
        return saved(
            "LTX2ConditionPipeline", folder, scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
            tokenizer=GemmaTokenizer(vocab=_bytes(), merges=[], model_max_length=1024), text_encoder=gemma(),
            vae=diffusers.AutoencoderKLLTX2Video(
                latent_channels=4, block_out_channels=(8, 16, 32, 32), decoder_block_out_channels=(8, 16, 32),
                layers_per_block=(1, 1, 1, 1, 1), decoder_layers_per_block=(1, 1, 1, 1),
                spatial_compression_ratio=32, temporal_compression_ratio=8, timestep_conditioning=False,
            ),
            audio_vae=diffusers.AutoencoderKLLTX2Audio(
                base_channels=4, output_channels=2, ch_mult=(1,), num_res_blocks=1, attn_resolutions=None,
                in_channels=2, resolution=32, latent_channels=2, norm_type="pixel", causality_axis="height",
                mid_block_add_attention=False, sample_rate=16000, mel_hop_length=160, is_causal=True, mel_bins=8,
            ),
            vocoder=LTX2Vocoder(
                in_channels=16, hidden_channels=16, out_channels=2, upsample_kernel_sizes=[4, 4],
                upsample_factors=[2, 2], resnet_kernel_sizes=[3], resnet_dilations=[[1, 3, 5]],
                output_sampling_rate=16000,
            ),
            connectors=LTX2TextConnectors(
                caption_channels=WIDTH, text_proj_in_factor=3, video_connector_num_attention_heads=2,
                video_connector_attention_head_dim=8, video_connector_num_layers=1,
                video_connector_num_learnable_registers=None, audio_connector_num_attention_heads=2,
                audio_connector_attention_head_dim=8, audio_connector_num_layers=1,
                audio_connector_num_learnable_registers=None, connector_rope_base_seq_len=32,
                rope_double_precision=False, causal_temporal_positioning=False, rope_type="split",
            ),
            transformer=diffusers.LTX2VideoTransformer3DModel(
                in_channels=4, out_channels=4, num_attention_heads=2, attention_head_dim=8, cross_attention_dim=16,
                audio_in_channels=4, audio_out_channels=4, audio_num_attention_heads=2, audio_attention_head_dim=4,
                audio_cross_attention_dim=8, num_layers=2, caption_channels=WIDTH, rope_double_precision=False,
                rope_type="split",
            ),
        )  # fmt: skip


def mochi(folder: Path) -> Path:
    """MochiPipeline: 8x in space, 6x in time, patches of two."""
    import diffusers

    with _miniature.seeded():
        transformer = diffusers.MochiTransformer3DModel(
            patch_size=2, num_attention_heads=2, attention_head_dim=8, num_layers=2, pooled_projection_dim=WIDTH,
            in_channels=12, text_embed_dim=WIDTH, time_embed_dim=4, max_sequence_length=16,
        )  # fmt: skip
        return saved(
            "MochiPipeline", folder, transformer=transformer, tokenizer=_miniature.t5_tokenizer(),
            scheduler=diffusers.FlowMatchEulerDiscreteScheduler(invert_sigmas=True), text_encoder=_miniature.t5(WIDTH),
            vae=diffusers.AutoencoderKLMochi(
                encoder_block_out_channels=(32, 32, 32, 32), decoder_block_out_channels=(32, 32, 32, 32),
                layers_per_block=(1, 1, 1, 1, 1),
            ),
        )  # fmt: skip


def image_vae() -> Any:
    """Stable Diffusion's AutoencoderKL: 8x in space."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=[8] * 4, latent_channels=4, norm_num_groups=4, layers_per_block=1,
        down_block_types=["DownEncoderBlock2D"] * 4, up_block_types=["UpDecoderBlock2D"] * 4,
    )  # fmt: skip


def latte(folder: Path) -> Path:
    """LattePipeline of ``LATTE_SIDE`` pixels; 16 frames."""
    import diffusers

    with _miniature.seeded():
        return saved(
            "LattePipeline", folder, scheduler=diffusers.DDIMScheduler(), vae=image_vae(),
            tokenizer=_miniature.t5_tokenizer(), text_encoder=_miniature.t5(WIDTH),
            transformer=diffusers.LatteTransformer3DModel(
                sample_size=LATTE_SIDE // 8, num_layers=1, patch_size=2, attention_head_dim=8, num_attention_heads=2,
                caption_channels=WIDTH, in_channels=4, cross_attention_dim=16, out_channels=8, attention_bias=True,
                activation_fn="gelu-approximate", num_embeds_ada_norm=1000, norm_type="ada_norm_single",
                norm_elementwise_affine=False, norm_eps=1e-6,
            ),
        )  # fmt: skip


def cogvideox(folder: Path) -> dict[str, Path]:
    """CogVideoXPipeline and CogVideoXImageToVideoPipeline of ``COGVIDEOX_SIDE`` pixels: 8x in space, 4x in time."""
    import diffusers

    made = {}
    for role, name in (("model", "CogVideoXPipeline"), ("i2v", "CogVideoXImageToVideoPipeline")):
        with _miniature.seeded():
            made[role] = saved(
                name, folder / role, scheduler=diffusers.CogVideoXDPMScheduler(timestep_spacing="trailing"),
                tokenizer=_miniature.t5_tokenizer(), text_encoder=_miniature.t5(WIDTH),
                vae=diffusers.AutoencoderKLCogVideoX(
                    block_out_channels=(8, 8, 8, 8), latent_channels=4, layers_per_block=1, norm_num_groups=2
                ),
                transformer=diffusers.CogVideoXTransformer3DModel(
                    num_attention_heads=2, attention_head_dim=16, in_channels=8 if role == "i2v" else 4,
                    out_channels=4, time_embed_dim=4, text_embed_dim=WIDTH, num_layers=2,
                    sample_width=COGVIDEOX_SIDE // 8, sample_height=COGVIDEOX_SIDE // 8, sample_frames=9,
                    max_text_seq_length=32, use_rotary_positional_embeddings=True,
                    use_learned_positional_embeddings=role == "i2v",
                ),
            )  # fmt: skip
    return made


def hunyuan(folder: Path) -> Path:
    """HunyuanVideoPipeline: 8x in space, 4x in time, guidance embedded."""
    import diffusers
    from transformers import LlamaConfig, LlamaModel, LlamaTokenizerFast

    with _miniature.seeded():
        llama = LlamaConfig(
            vocab_size=len(_bytes()), hidden_size=WIDTH, intermediate_size=2 * WIDTH, num_hidden_layers=3,
            num_attention_heads=2, pad_token_id=0, bos_token_id=2, eos_token_id=1,
        )  # fmt: skip
        return saved(
            "HunyuanVideoPipeline", folder, text_encoder=LlamaModel(llama),
            tokenizer=LlamaTokenizerFast(
                vocab=_bytes(), merges=[], bos_token="<bos>", eos_token="<eos>", pad_token="<pad>"
            ),
            text_encoder_2=clip_text(), tokenizer_2=clip_tokenizer(),
            scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=7.0),
            vae=diffusers.AutoencoderKLHunyuanVideo(
                latent_channels=4, block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=4
            ),
            transformer=diffusers.HunyuanVideoTransformer3DModel(
                in_channels=4, out_channels=4, num_attention_heads=2, attention_head_dim=8, num_layers=1,
                num_single_layers=1, num_refiner_layers=1, patch_size=2, patch_size_t=1, guidance_embeds=True,
                text_embed_dim=WIDTH, pooled_projection_dim=WIDTH, rope_axes_dim=(2, 2, 4),
            ),
        )  # fmt: skip
