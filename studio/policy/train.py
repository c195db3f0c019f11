"""Train the director in batches on rehearsed takes with TRL's GRPO trainer (`studio director train`).

    python -m studio.policy.train --steps 2 --shots 4 --takes 4       # a miniature: seconds on a laptop
    python -m studio.policy.train --steps 200 --out trained.safetensors

TRL wants a transformers model and tokenizer, so the policy is dressed as both here. TRL computes log-probabilities
from hidden states and the head's weight alone, so the grammar is *in* the head: hidden states carry the slot as a
one-hot, and fixed columns of the head put every value of another slot out of reach. All seven slots are open.
"""

from __future__ import annotations

import argparse
import copy
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import GenerationMixin, PreTrainedConfig, PreTrainedModel, PreTrainedTokenizer
from transformers.modeling_outputs import BaseModelOutput, CausalLMOutput

from studio.policy.director import build
from studio.policy.film_grammar import grammar_reward
from studio.policy.grammar import ACTIONS
from studio.policy.model import WIDTH, PolicyModel
from studio.policy.rehearsal import Reward, made_up
from studio.policy.state import BOS, FIRST_ACTION, FORCED, PAD, SEP, VOCABULARY, Situation, word_token, words_of
from studio.policy.versions import Version, read, shipped_path, to_bytes
from studio.publish import publish_bytes
from studio.story.direction import SLOTS

OUT_OF_REACH = -1e4
_MARKS = {"<pad>": PAD, "<begin>": BOS, "<direct>": SEP, "<forced>": FORCED}


class DirectorConfig(PreTrainedConfig):
    """What transformers asks of a configuration."""

    model_type = "studio-director"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(vocab_size=VOCABULARY, hidden_size=WIDTH, use_cache=False, tie_word_embeddings=False, **kwargs)


class Tokens(PreTrainedTokenizer):
    """Words by hash, as in `state.encode` with nothing forced; decodes values as ``slot=value``."""

    model_input_names = ["input_ids", "attention_mask"]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(pad_token="<pad>", eos_token="<pad>", padding_side="left", **kwargs)

    @property
    def vocab_size(self) -> int:
        return VOCABULARY

    def get_vocab(self) -> dict[str, int]:
        return dict(_MARKS)

    def _tokenize(self, text: str, **_kwargs: Any) -> list[str]:
        return ["<begin>", *words_of(text), "<forced>", "<direct>"]

    def _convert_token_to_id(self, token: str) -> int:
        return _MARKS[token] if token in _MARKS else word_token(token)

    def _convert_id_to_token(self, index: int) -> str:
        if FIRST_ACTION <= index < FIRST_ACTION + len(ACTIONS):
            return "=".join(ACTIONS[index - FIRST_ACTION])
        return next((mark for mark, number in _MARKS.items() if number == index), f"#{index}")

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        return " ".join(tokens)


class Backbone(nn.Module):
    """The policy's trunk; its hidden states end with the slot that comes next, as a one-hot."""

    def __init__(self, policy: PolicyModel) -> None:
        super().__init__()
        self.policy = policy

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None, **_kwargs: Any) -> BaseModelOutput:
        hidden = self.policy.trunk(input_ids, attention_mask)
        place = (input_ids == SEP).cumsum(-1).cumsum(-1) - 1
        slot = F.one_hot(place.clamp(0, len(SLOTS) - 1), len(SLOTS)).to(hidden.dtype)
        return BaseModelOutput(last_hidden_state=torch.cat([hidden, slot], -1))


class GrammarHead(nn.Module):
    """The policy head over the whole vocabulary, with the grammar as fixed columns."""

    def __init__(self, policy: PolicyModel) -> None:
        super().__init__()
        self.head = policy.policy
        grammar = torch.full((VOCABULARY, len(SLOTS)), OUT_OF_REACH)
        for action, (slot, _) in enumerate(ACTIONS):
            grammar[FIRST_ACTION + action, list(SLOTS).index(slot)] = 0.0
        self.register_buffer("grammar", grammar, persistent=False)

    @property
    def weight(self) -> Tensor:
        return torch.cat([_over_vocabulary(self.head.weight), self.grammar], 1)

    @property
    def bias(self) -> Tensor:
        return _over_vocabulary(self.head.bias)

    def forward(self, hidden: Tensor) -> Tensor:
        return F.linear(hidden, self.weight, self.bias)


def _over_vocabulary(actions: Tensor) -> Tensor:
    """Rows of all tokens from those of the actions; zero elsewhere."""
    after = VOCABULARY - FIRST_ACTION - len(ACTIONS)
    return F.pad(actions, (0, 0) * (actions.dim() - 1) + (FIRST_ACTION, after))


class DirectorLM(PreTrainedModel, GenerationMixin):
    """The policy as transformers and TRL know language models."""

    config_class = DirectorConfig
    base_model_prefix = "backbone"
    main_input_name = "input_ids"

    def __init__(self, config: DirectorConfig, policy: PolicyModel | None = None) -> None:
        super().__init__(config)
        policy = policy or PolicyModel()
        self.backbone, self.lm_head = Backbone(policy), GrammarHead(policy)

    def get_output_embeddings(self) -> nn.Module:
        return self.lm_head

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None, **_kwargs: Any) -> CausalLMOutput:
        return CausalLMOutput(logits=self.lm_head(self.backbone(input_ids, attention_mask).last_hidden_state))


def direction_of(tokens: list[int]) -> dict[str, str]:
    """The direction that seven response tokens spell."""
    return dict(ACTIONS[token - FIRST_ACTION] for token in tokens)


def train(
    start: Path,
    steps: int,
    seed: int = 0,
    shots: int = 64,
    takes: int = 8,
    reward: Reward = grammar_reward,
    learning_rate: float = 1e-3,
    kl_penalty: float = 0.1,
) -> Version:
    """Train on made-up shots; returns a version whose value head, baseline and reference are those of ``start``.

    Args:
        steps: optimizer steps; each sees 4 shots.
        shots: different made-up shots.
        takes: directions rehearsed for each shot and step, compared with each other.
        reward: what a direction earns, 0 to 1.
    """
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer
    from trl.trainer.utils import add_fused_lm_head

    version, name = read(start)
    situations = [made_up(seed)(shot) for shot in range(shots)]
    rows = [{"prompt": one.text(), "situation": one.model_dump_json()} for one in situations]

    def marks(completion_ids: list[list[int]], situation: list[str], **_kwargs: Any) -> list[float]:
        directions = map(direction_of, completion_ids)
        return [reward(Situation.model_validate_json(s), d) for s, d in zip(situation, directions, strict=True)]

    with tempfile.TemporaryDirectory() as folder:
        arguments = GRPOConfig(
            output_dir=folder, max_steps=steps, seed=seed, learning_rate=learning_rate, beta=0.0, temperature=1.0,
            num_generations=takes, per_device_train_batch_size=4 * takes, max_completion_length=len(SLOTS),
            save_strategy="no", report_to=[], logging_steps=max(1, steps // 10), use_cpu=not torch.cuda.is_available(),
            bf16=False, gradient_checkpointing=False, dataloader_pin_memory=False,
            generation_kwargs={"use_cache": False},
        )  # fmt: skip
        model = DirectorLM(DirectorConfig(), build(version, name))
        reference = copy.deepcopy(model).requires_grad_(False)
        trainer = GRPOTrainer(model, marks, arguments, Dataset.from_list(rows), processing_class=Tokens())
        # TRL loads its reference model by name from a hub; ours is a copy in memory, so it is put in afterwards.
        add_fused_lm_head(reference)
        trainer.ref_model, trainer.beta = reference.to(trainer.accelerator.device), kl_penalty
        trainer.train()
    learned = model.backbone.policy.cpu().state_dict()
    weights = {key: array.detach().numpy().copy() for key, array in learned.items()}
    return Version(weights, {}, {}, version.baseline, version.random, version.step, version.reference or name)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Train the director on rehearsed takes with TRL's GRPO.")
    parser.add_argument("--start", type=Path, default=shipped_path())
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--shots", type=int, default=256)
    parser.add_argument("--takes", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("trained.safetensors"))
    args = parser.parse_args()
    publish_bytes(args.out, to_bytes(train(args.start, args.steps, args.seed, args.shots, args.takes)))
    print(f"wrote {args.out}")


if __name__ == "__main__":
    main()
