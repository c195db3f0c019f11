"""Pipelines out of local folders: safetensors only, nothing fetched, only the parts that are wanted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from studio.errors import EngineFailed

BACKENDS = {"cudnn": "_native_cudnn", "flash": "flash", "flash3": "_flash_3"}
"""Our name -> diffusers' name of an attention backend."""
DENOISERS = ("transformer", "transformer_2", "unet")


def index_of(folder: Path) -> dict[str, Any]:
    """A pipeline folder's ``model_index.json``; raises EngineFailed where there is none."""
    path = folder / "model_index.json"
    try:
        index: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EngineFailed(f"{folder} holds no diffusers pipeline: {path.name}: {error}") from None
    return index


def quiet() -> None:
    """No progress bars of the libraries, and none of the semaphores that tqdm would leave when a worker is killed."""
    import threading

    from diffusers.utils import logging
    from tqdm import tqdm
    from transformers.utils import logging as transformers_logging

    tqdm.set_lock(threading.RLock())
    logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()


def _parts(index: dict[str, Any]) -> list[str]:
    """Components that the folder really has."""
    return [name for name, made_of in index.items() if isinstance(made_of, list) and made_of[0] is not None]


def _load(kind: str, folder: Path, **asked: Any) -> Any:
    import diffusers

    quiet()
    try:
        return getattr(diffusers, kind).from_pretrained(
            str(folder), local_files_only=True, use_safetensors=True, low_cpu_mem_usage=True, **asked
        )
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise EngineFailed(f"{folder} cannot be loaded as {kind}: {' '.join(str(error).split())[:300]}") from error


def text_length(kind: str) -> dict[str, int]:
    """``max_sequence_length`` as the pipeline's call has it by default: that of ``encode_prompt`` may be another."""
    import inspect

    import diffusers

    pipeline = getattr(diffusers, kind)
    name = "max_sequence_length"
    called = inspect.signature(pipeline.__call__).parameters.get(name)
    takes = name in inspect.signature(getattr(pipeline, "encode_prompt", dict)).parameters
    return {name: called.default} if takes and called is not None else {}


def texts_only(kind: str, folder: Path, text_parts: tuple[str, ...], dtype: Any) -> Any:
    """The pipeline with its text encoders and tokenizers alone."""
    index = index_of(folder)
    nothing = {name: None for name in _parts(index) if name not in text_parts}
    return _load(kind, folder, dtype=dtype, **nothing)


def without_texts(
    kind: str, folder: Path, text_parts: tuple[str, ...], dtype: Any, full_precision: tuple[str, ...],
    parts: dict[str, Any] | None = None,
) -> Any:  # fmt: skip
    """The pipeline without them, with the ``parts`` that are loaded already; ``full_precision`` parts in float32,
    everything in evaluation mode."""
    import torch

    index = index_of(folder)
    given: dict[str, Any] = {**(parts or {}), **{name: None for name in text_parts if name in index}}
    for name in DENOISERS:
        if (file := gguf_file(folder, name)) is not None:
            given[name] = _from_gguf(index[name][1], file, folder / name, dtype)
    dtypes = {"default": dtype, **{name: torch.float32 for name in full_precision if name in _parts(index)}}
    pipe = _load(kind, folder, dtype=dtypes, **given)
    for part in pipe.components.values():
        if isinstance(part, torch.nn.Module):
            part.eval().requires_grad_(False)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def gguf_file(folder: Path, component: str) -> Path | None:
    """A GGUF file laid into ``folder/component`` in place of its safetensors."""
    return next(iter(sorted((folder / component).glob("*.gguf"))), None)


def _from_gguf(kind: str, file: Path, config: Path, dtype: Any) -> Any:
    import diffusers

    return getattr(diffusers, kind).from_single_file(
        str(file), config=str(config), dtype=dtype, local_files_only=True,
        quantization_config=diffusers.GGUFQuantizationConfig(compute_dtype=dtype),
    )  # fmt: skip


def denoisers(pipe: Any) -> list[Any]:
    """The networks that are called once or twice a step."""
    return [part for name in DENOISERS if (part := getattr(pipe, name, None)) is not None]


def store_in_float8(models: list[Any], dtype: Any) -> None:
    """Keep weights in float8 and widen each layer as it is used."""
    import torch

    for model in models:
        model.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=dtype)


def set_attention(models: list[Any], name: str, where: str) -> None:
    """Choose the attention's kernel; raises EngineFailed where it cannot run."""
    if where != "cuda":
        raise EngineFailed(f"attention = {name!r} needs a GPU; use attention = 'native'")
    for model in models:
        try:
            model.set_attention_backend(BACKENDS[name])
        except (AttributeError, ImportError, RuntimeError, ValueError) as error:
            raise EngineFailed(f"attention = {name!r}: {' '.join(str(error).split())[:300]}") from error


def fuse_lora(pipe: Any, path: Path, scale: float, into: str = "transformer") -> None:
    """Add a LoRA (a safetensors file, or a folder that holds one) to the weights of ``into``; raises EngineFailed."""
    files = sorted(path.glob("*.safetensors")) if path.is_dir() else [path]
    if len(files) != 1 or files[0].suffix != ".safetensors":
        raise EngineFailed(f"lora {path}: name one safetensors file; there are: {', '.join(f.name for f in files)}")
    second = {"load_into_transformer_2": True} if into == "transformer_2" else {}
    try:
        pipe.load_lora_weights(str(files[0].parent), weight_name=files[0].name, local_files_only=True, **second)
        if not pipe.get_list_adapters().get(into):  # diffusers only warns
            raise ValueError(f"no key of it is one of {into}")
        pipe.fuse_lora(components=[into], lora_scale=scale)
    except (ValueError, KeyError, RuntimeError) as error:
        raise EngineFailed(f"lora {files[0].name} does not fit {type(pipe).__name__}: {str(error)[:300]}") from error
    pipe.unload_lora_weights()
