"""A chat server that this project did not write: ``transformers serve`` with a tiny model of random weights."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Studio

pytest.importorskip("fastapi", reason="`transformers serve` needs it: pip install 'studio-film[dev]'")
WORDS = [
    *["the", "keeper", "whale", "shore", "scene", "shot", "title", "true", "null", "of", "and", "walks", "night"],
    *"{}[]:,12a",
]


@pytest.fixture(scope="module")
def garbler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of two thin layers with random weights, a word tokenizer and a chat template, saved to a folder."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    torch.set_num_threads(1)
    torch.manual_seed(0)
    vocabulary = {word: n for n, word in enumerate(["<unk>", "<s>", "</s>", *WORDS])}
    plain = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    plain.pre_tokenizer, plain.decoder = pre_tokenizers.Whitespace(), decoders.WordPiece(prefix="##")
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain, unk_token="<unk>", bos_token="<s>", eos_token="</s>",
                                        pad_token="</s>")  # fmt: skip
    tokenizer.chat_template = "{% for m in messages %}{{ m['content'] }} {% endfor %}"
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(vocabulary), hidden_size=16, intermediate_size=32, num_hidden_layers=2,
            num_attention_heads=2, max_position_embeddings=8192, bos_token_id=1, eos_token_id=2, pad_token_id=2,
        )
    )  # fmt: skip
    model.generation_config = GenerationConfig(do_sample=False, suppress_tokens=[0, 2], eos_token_id=2, pad_token_id=2)
    folder = tmp_path_factory.mktemp("garbler")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def server(garbler: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = garbler / "server.log"
    command = [sys.executable, "-c", "import sys; from transformers.cli.transformers import main; sys.exit(main())",
               "serve", "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]  # fmt: skip
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with open(log, "wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    try:
        url = f"http://127.0.0.1:{port}"
        for _ in range(300):
            assert process.poll() is None, log.read_text()
            try:
                urllib.request.urlopen(f"{url}/health", timeout=5)
                break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.2)
        yield f"{url}/v1"
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.slow
def test_garbage_stops_resumably_and_is_shown(studio: Studio, server: str, garbler: Path) -> None:
    done = studio("make", "--prompt", "A keeper finds a whale", "--name", "film", "--engine", "flat",
                  "--artist", "flat", "--llm", "openai", "--scenes", "1", "--set", f"director.base_url={server}",
                  "--set", f"director.model={garbler}", OPENAI_API_KEY="sk-canary-0")  # fmt: skip
    told = [line for line in done.stderr.splitlines() if line.startswith("studio: ")]
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    assert len(told) == 1 and "no usable CreativeDocument in 3 answers" in told[0], done.stderr
    shown = re.search(r"the last one begins ['\"](.+?)['\"]; resume to ask again", told[0])
    assert shown and set(re.findall(r"\w+", shown[1])) <= {*WORDS, "unk"}, "what came back are the model's own words"
    assert "studio resume film" in told[0]
    again = studio("resume", "film", OPENAI_API_KEY="sk-canary-0")
    assert again.returncode == 1 and again.stderr.splitlines()[-1] == told[0]
    assert not studio.rendered()
