"""The director's versions survive restart to the bit; what is damaged is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.errors import BadInput, StudioError
from studio.policy.director import decide, update
from studio.policy.records import PPOSettings
from studio.policy.rehearsal import uniform
from studio.policy.state import Situation
from studio.policy.versions import PolicyStore, from_bytes, to_bytes
from studio.story.direction import SLOTS

STATE = Situation(prompt="a robot gardens on a rooftop", action="the robot waters a plant", shot=2, shots=3).text()
FULL = {slot: values[0] for slot, values in SLOTS.items()}


@pytest.fixture
def store(tmp_path: Path) -> PolicyStore:
    """A store whose current version is a newborn."""
    store = PolicyStore(tmp_path / "policy")
    store.set_current(store.put(uniform(3)))
    return store


def current(store: PolicyStore) -> Path:
    version = store.current()
    assert version
    return store.path(version)


def test_a_version_round_trips_to_the_bit(store: PolicyStore) -> None:
    decision = decide(current(store), STATE, {}, 0)
    name = update(current(store), decision, 0.4, PPOSettings(), store).version
    data = store.path(name).read_bytes()
    assert to_bytes(from_bytes(data, "here")) == data
    assert PolicyStore(store.folder).get(name).step == 1


def test_the_pointer_survives_restart_and_pruning_keeps_the_reference(store: PolicyStore) -> None:
    path, names = current(store), [str(store.current())]
    for seed in range(3):
        result = update(path, decide(path, STATE, {}, seed), 0.5, PPOSettings(), store)
        names.append(result.version)
        path = store.path(result.version)
    store.set_current(names[-1])
    again = PolicyStore(store.folder)
    assert again.current() == names[-1]
    assert sorted(again.prune(set())) == sorted(names[1:-1])
    assert sorted(p.stem for p in again.folder.glob("*.safetensors")) == sorted([names[0], names[-1]])
    assert not list(again.folder.glob(".*"))


def test_another_store_adopts_a_version_with_its_reference(store: PolicyStore, tmp_path: Path) -> None:
    result = update(current(store), decide(current(store), STATE, {}, 0), 0.5, PPOSettings(), store)
    other = PolicyStore(tmp_path / "other")
    assert other.current() is None
    assert other.adopt(store.path(result.version)) == result.version
    assert other.path(str(store.current())).exists()
    decision = decide(other.path(result.version), STATE, {}, 1)
    assert update(other.path(result.version), decision, 0.5, PPOSettings(), other).version


@pytest.mark.parametrize("damage", ["truncate", "empty", "flip", "text", "other"])
@pytest.mark.parametrize("named", [True, False])
def test_a_damaged_version_is_named(store: PolicyStore, tmp_path: Path, damage: str, named: bool) -> None:
    path = current(store) if named else tmp_path / "mine.safetensors"
    data = bytearray(current(store).read_bytes())
    data[len(data) // 2] ^= 8
    whole = bytes(current(store).read_bytes())
    broken = {"truncate": whole[:-100], "empty": b"", "flip": bytes(data), "text": b"hello there, policy"}
    path.write_bytes(broken.get(damage) or (b"" if damage == "empty" else (8).to_bytes(8, "little") + b'{"a":{}}'))
    with pytest.raises(StudioError, match=str(path)):
        decide(path, STATE, {}, 0)


def test_a_missing_version_or_pointer_target_is_named(store: PolicyStore) -> None:
    with pytest.raises(StudioError, match="cannot be read"):
        store.get("0" * 64)
    with pytest.raises(BadInput, match="not a sha256"):
        store.path("../../etc")
    current(store).unlink()
    with pytest.raises(StudioError, match="names no stored policy version"):
        store.current()
