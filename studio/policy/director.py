"""The learning director at work: it directs a shot (`decide`) and learns from the take (`update`).

Both are functions of their arguments alone: same version file, same inputs, same answer to the bit (on one CPU type).
"""

from __future__ import annotations

import bisect
import hashlib
import json
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import StudioError
from studio.policy.grammar import Grammar, action_of
from studio.policy.records import Decision, PPOSettings, Update
from studio.policy.state import action_token, encode
from studio.policy.versions import PolicyStore, Version, find, read, shipped_path
from studio.repeatable import one_thread
from studio.story.direction import SLOTS

if TYPE_CHECKING:
    from studio.policy.model import PolicyModel
    from studio.policy.ppo import Adam

__all__ = ["Decision", "PPOSettings", "PolicyStore", "Update", "decide", "shipped_path", "update"]


def decide(
    version_path: Path, state: str, forced: dict[str, str], seed: int, avoid: Sequence[Mapping[str, str]] = ()
) -> Decision:
    """Sample the open slots of a direction, one after the other.

    Args:
        version_path: the policy's file.
        state: what is known about the shot (`Situation.text()`).
        forced: slots fixed by plan or person.
        seed: any integer; with version and state it decides the sample.
        avoid: earlier directions of this shot, oldest first; the sample differs from each in at least one open slot.

    Raises:
        StudioError: the version is missing or damaged. BadInput: an unknown slot or value is forced.
    """
    version, name = read(version_path)
    model = build(version, name)
    with one_thread():
        return sample(model, version.random, name, state, forced, seed, avoid)


def sample(
    model: PolicyModel,
    random: str,
    version: str,
    state: str,
    forced: Mapping[str, str],
    seed: int,
    avoid: Sequence[Mapping[str, str]] = (),
) -> Decision:
    """`decide` with a model that is in memory already."""
    import torch

    grammar = Grammar(forced, avoid)
    tokens = encode(state, grammar.forced)
    chosen: list[str] = []
    logprobs: list[float] = []
    values: list[float] = []
    with torch.inference_mode():
        for slot in SLOTS:
            # Values of forced slots are known: the model looks only where there is something to choose.
            if slot in grammar.forced:
                tokens.append(action_token(slot, grammar.forced[slot]))
                continue
            logits, value = model(torch.tensor([tokens]))
            allowed = grammar.allowed(chosen)
            scores = logits[0, -1, [action_of(slot, one) for one in allowed]].log_softmax(-1)
            pick = _pick(scores.double().exp().tolist(), f"{random}\n{seed}\n{slot}\n{state}")
            chosen.append(allowed[pick])
            logprobs.append(float(scores[pick]))
            values.append(float(value[0, -1]))
            tokens.append(action_token(slot, allowed[pick]))
        if not chosen:
            values.append(float(model(torch.tensor([tokens[:-1]]))[1][0, -1]))
    return Decision(
        direction=grammar.complete(chosen),
        forced=[slot for slot in SLOTS if slot in grammar.forced],
        open=grammar.open,
        logprobs=logprobs,
        values=values,
        state=state,
        seed=seed,
        version=version,
        avoid=[dict(one) for one in avoid],
    )


def _pick(weights: list[float], key: str) -> int:
    """An index drawn with ``weights``; the draw is the sha256 of ``key``, so that no generator's version matters."""
    edges = list(accumulate(weights))
    draw = int.from_bytes(hashlib.sha256(key.encode()).digest()[:7], "big") / 2**56
    return min(bisect.bisect_right(edges, draw * edges[-1]), len(weights) - 1)


def update(version_path: Path, decision: Decision, reward: float, settings: PPOSettings, store: PolicyStore) -> Update:
    """Learn from one take and publish the version that results; the same inputs give the same file again.

    Args:
        version_path: the end of the chain, which may be later than the version that decided.
        decision: what `decide` returned for this take.
        reward: the take's total, 0 to 1.
        settings: hyperparameters.
        store: gets the new version, and the reference policy when it does not hold it yet.

    Raises:
        StudioError: the version or its reference is missing or damaged, or the reward is not in [0, 1].
    """
    if not 0 <= reward <= 1:
        raise StudioError(f"reward {reward!r} of a take is outside [0, 1]; the policy cannot learn from it")
    version, name = read(version_path)
    reference_path = find(version.reference, store, version_path) if version.reference else version_path
    store.adopt(reference_path)
    model = build(version, name)
    reference = build(*read(reference_path)) if version.reference else build(version, name)
    with one_thread():
        after, health = advance(version, name, model, reference, decision, reward, settings, recall(version, model))
    return Update(version=store.put(after), **health)


def advance(
    version: Version,
    name: str,
    model: PolicyModel,
    reference: PolicyModel,
    decision: Decision,
    reward: float,
    settings: PPOSettings,
    adam: Adam,
) -> tuple[Version, dict[str, float]]:
    """`update` with models in memory; ``model`` and ``adam`` are changed in place."""
    import torch

    from studio.policy import ppo

    scaled, baseline = ppo.observe(version.baseline, reward, decision.values[0])
    episode = ppo.Episode.of(decision.state, decision.direction, decision.forced, decision.avoid)
    old_logprobs, old_values = torch.tensor(decision.logprobs), torch.tensor(decision.values)
    health = ppo.learn(model, reference, adam, episode, old_logprobs, old_values, scaled, settings)
    health["explained_variance"] = 1 - baseline.value_error
    taken = json.dumps([version.random, decision.seed, decision.state, decision.direction, reward])
    after = Version(
        weights={key: array.detach().numpy().copy() for key, array in model.state_dict().items()},
        moments={key: array.numpy() for key, array in adam.moments.items()},
        steps=dict(adam.steps),
        baseline=baseline,
        random=hashlib.sha256(taken.encode()).hexdigest(),
        step=version.step + 1,
        reference=version.reference or name,
    )
    return after, health


def build(version: Version, name: str) -> PolicyModel:
    """The network with the version's weights; raises StudioError where they do not fit."""
    import torch

    from studio.policy.model import PolicyModel

    model = PolicyModel()
    try:
        model.load_state_dict({key: torch.from_numpy(array.copy()) for key, array in version.weights.items()})
    except RuntimeError as error:
        raise StudioError(f"policy version {name} has weights of another shape; run `studio director reset`") from error
    return model


def recall(version: Version, model: PolicyModel) -> Adam:
    """The optimizer of ``model`` as the version left it."""
    import torch

    from studio.policy.ppo import Adam

    return Adam(model, {key: torch.from_numpy(array.copy()) for key, array in version.moments.items()}, version.steps)
