"""What every film school teaches, as weights: how a shot like this is usually filmed.

It labels the states that the shipped policy is pre-trained on, and it is the synthetic reward of `studio director
bench`. Sources: Katz, Film Directing Shot by Shot (1991); Mascelli, The Five C's of Cinematography (1965).
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from studio.policy.state import NOTE_WORDS, Situation
from studio.story.direction import SLOTS
from studio.story.document import BEATS, GENRES, TIMES, WEATHERS

Weights = dict[str, float]

NOTES: dict[str, dict[str, Weights]] = {
    "closer": {"shot_size": {"medium": 3, "medium-close": 5, "close": 5}},
    "wider": {"shot_size": {"full": 4, "wide": 6, "extreme-wide": 1, "medium": 1}},
    "place": {"shot_size": {"extreme-wide": 3, "wide": 6, "full": 3}, "continuity": {"strict": 5, "firm": 1}},
    "identity": {"shot_size": {"medium": 4, "medium-close": 5}, "continuity": {"strict": 6, "firm": 1}},
    "dark": {"lighting": {"high-key": 6, "natural": 3, "golden": 2}},
    "bright": {"lighting": {"low-key": 5, "practical": 3}},
    "flat": {"lighting": {"golden": 3, "low-key": 4, "silhouette": 1}, "style": {"strong": 5, "clear": 2}},
    "soft": {"detail": {"rich": 7, "balanced": 2}, "camera_move": {"locked": 5, "push-in": 2}},
    "frozen": {"camera_move": {"track": 5, "push-in": 4, "handheld": 2, "pan-right": 2}},
    "flicker": {"camera_move": {"locked": 6, "push-in": 2}},
    "repeats": {
        "angle": {"low": 4, "high": 4, "overhead": 1, "eye": 1},
        "camera_move": {"crane": 3, "track": 3, "push-in": 2},
    },
}
"""What a note is about -> the weights that answer it, in place of the usual ones of that slot."""


def preferences(situation: Situation, chosen: Mapping[str, str], slot: str) -> Weights:
    """Weights of the values of ``slot`` that sum to 1, given the values of earlier slots.

    Every value keeps at least 1%: film grammar has no forbidden words, and learning needs something to try.
    """
    usual = {
        "shot_size": _shot_size,
        "angle": _angle,
        "camera_move": _camera_move,
        "lighting": _lighting,
        "detail": _detail,
        "continuity": _continuity,
        "style": _style,
    }[slot](situation, chosen)
    for topic in situation.topics:
        usual = NOTES[topic].get(slot, usual)
    usual = {value: usual.get(value, 0.0) for value in SLOTS[slot]}
    last = [one.get(slot) for one in situation.recent[-2:]]
    if slot == "shot_size" and len(last) == 2 and last[0] == last[1]:
        usual[str(last[0])] = 0.0  # the same set-up three times in a row is no coverage
    elif slot == "camera_move" and last and last[-1] != "locked":
        usual[str(last[-1])] = 0.4 * usual.get(str(last[-1]), 0.0)
    total = sum(usual.values())
    return {value: 0.01 + (1 - 0.01 * len(usual)) * weight / total for value, weight in usual.items()}


def _tension(situation: Situation) -> int:
    """0 calm … 3 crisis."""
    return {"setup": 0, "turn": 1, "crisis": 3, "resolution": 1}.get(situation.beat, 1)


def _shot_size(s: Situation, _chosen: Mapping[str, str]) -> Weights:
    if s.characters == 0:
        return {"extreme-wide": 5, "wide": 5, "full": 1, "close": 1}
    if s.shot == 1 and s.scene in (1, s.scenes):
        return {"extreme-wide": 5, "wide": 4, "full": 1}
    if s.shot == 1:
        return {"extreme-wide": 1, "wide": 6, "full": 3}
    tension = _tension(s)
    if s.characters >= 3:
        return {"wide": 4 - tension, "full": 4, "medium": 3 + tension}
    if s.characters == 2:
        return {"full": 2, "medium": 6, "medium-close": 1 + tension, "close": tension}
    return {"full": 2, "medium": 4 - tension, "medium-close": 4, "close": 1 + 2 * tension, "extreme-close": tension / 2}


def _angle(s: Situation, chosen: Mapping[str, str]) -> Weights:
    if chosen.get("shot_size") in ("extreme-wide", "wide"):
        return {"eye": 4, "high": 4, "low": 1, "overhead": 1}
    if s.beat == "crisis":
        return {"low": 4, "eye": 3, "high": 2, "overhead": 0.5}
    return {"eye": 7, "low": 2, "high": 1}


def _camera_move(s: Situation, chosen: Mapping[str, str]) -> Weights:
    size = chosen.get("shot_size", "medium")
    if size in ("extreme-wide", "wide"):
        sweep: Weights = {
            "pan-left": 3,
            "pan-right": 3,
            "crane": 3,
            "push-in": 2,
            "tilt-down": 1,
            "tilt-up": 1,
            "locked": 1,
        }
        return {**sweep, "pull-out": 5} if s.scene == s.scenes else sweep
    if s.moving:
        return {"track": 7, "handheld": 3 if s.beat == "crisis" else 1, "pan-left": 1, "pan-right": 1}
    if size in ("close", "extreme-close"):
        return {"locked": 4, "push-in": 5, "handheld": 2 if s.beat == "crisis" else 0.3}
    if s.beat == "crisis":
        return {"handheld": 4, "push-in": 4, "track": 2, "locked": 1, "tilt-up": 1}
    return {"locked": 4, "push-in": 3, "track": 2, "tilt-up": 1, "tilt-down": 1, "pan-left": 1, "pan-right": 1}


def _lighting(s: Situation, chosen: Mapping[str, str]) -> Weights:
    if s.genre in ("noir", "horror"):
        return {"low-key": 6, "practical": 3, "silhouette": 2}
    if s.time_of_day == "night":
        return {"practical": 5, "low-key": 4, "natural": 2}
    if s.time_of_day in ("dawn", "dusk"):
        return {"golden": 6, "natural": 2, "silhouette": 2 if chosen.get("shot_size", "").endswith("wide") else 0.3}
    if s.genre in ("comedy", "fairy-tale", "romance"):
        return {"high-key": 6, "natural": 3, "golden": 2}
    return (
        {"natural": 7, "high-key": 2, "golden": 1} if not s.indoors else {"natural": 4, "practical": 5, "high-key": 2}
    )


def _detail(s: Situation, chosen: Mapping[str, str]) -> Weights:
    if chosen.get("shot_size") in ("extreme-wide", "wide"):
        return {"rich": 6, "balanced": 4}
    if chosen.get("shot_size") in ("close", "extreme-close"):
        return {"lean": 5, "balanced": 4, "rich": 1}
    return {"lean": 1, "balanced": 6, "rich": 3}


def _continuity(s: Situation, _chosen: Mapping[str, str]) -> Weights:
    if s.take > 1 or s.shot > 1:
        return {"firm": 5, "strict": 4, "light": 0.5}
    return {"light": 2, "firm": 5, "strict": 2}


def _style(s: Situation, _chosen: Mapping[str, str]) -> Weights:
    if s.genre in ("noir", "fantasy", "fairy-tale", "science-fiction", "horror"):
        return {"strong": 5, "clear": 4, "subtle": 0.5}
    if s.genre == "documentary":
        return {"subtle": 6, "clear": 3}
    return {"clear": 6, "subtle": 2, "strong": 2}


def grammar_reward(situation: Situation, direction: Mapping[str, str]) -> float:
    """How well ``direction`` keeps to film grammar, in [0, 1]: the mean over slots of weight / best weight."""
    marks = []
    for slot in SLOTS:
        weights = preferences(situation, direction, slot)
        marks.append(weights[direction[slot]] / max(weights.values()))
    return sum(marks) / len(marks)


def example_direction(situation: Situation, dice: random.Random, forced: Mapping[str, str]) -> dict[str, str]:
    """One direction drawn from film grammar, the forced slots as they are."""
    chosen: dict[str, str] = {}
    for slot in SLOTS:
        weights = preferences(situation, {**forced, **chosen}, slot)
        chosen[slot] = forced.get(slot) or dice.choices(list(weights), list(weights.values()))[0]
    return chosen


_WHO = ("a fox", "the keeper", "Mira", "an old robot", "the king", "two sisters", "a whale", "the detective", "a crowd")
_DOES = (
    "walks to the door", "runs through the rain", "looks at the sky", "talks to the others", "opens a letter",
    "sits down and waits", "flies over the roofs", "repairs the lamp", "swims away", "falls silent", "finds the key",
    "is walking home", "chases a thief", "rides past", "hurries on", "swims to the boat", "is running", "waves",
    "sings",
)  # fmt: skip
_WHERE = ("in the forest", "on a rooftop", "by the sea", "in the kitchen", "under the bridge", "at the station", "")


def example_situation(dice: random.Random) -> Situation:
    """A made-up moment of a made-up film; notes and earlier directions come with it as they do in production."""
    scenes, shots = dice.randint(1, 12), dice.randint(1, 4)
    scene, shot = dice.randint(1, scenes), dice.randint(1, shots)
    who, where = dice.choice(_WHO), dice.choice(_WHERE)
    retake = dice.random() < 0.5
    past = Situation(shot=2, beat=dice.choice(BEATS), characters=dice.randint(0, 3))
    recent = [example_direction(past, dice, {}) for _ in range(dice.randint(0, 3))]
    if len(recent) > 1 and dice.random() < 0.4:
        recent[-1] = {**recent[-1], "shot_size": recent[-2]["shot_size"]}
    return Situation(
        prompt=f"{dice.choice(_WHO)} {dice.choice(_DOES)} {where} {_filler(dice)} {_filler(dice)}",
        genre=dice.choice(GENRES),
        beat=BEATS[min(3, (scene - 1) * 4 // scenes)] if scenes > 1 else "setup",
        scene=scene,
        scenes=scenes,
        shot=shot,
        shots=shots,
        take=dice.randint(2, 3) if retake else 1,
        time_of_day=dice.choice(TIMES),
        weather=dice.choice(WEATHERS),
        indoors=dice.random() < 0.4,
        characters=dice.choice((0, 1, 1, 1, 2, 2, 3)),
        speaking=dice.random() < 0.4,
        action=f"{who} {_filler(dice)} {dice.choice(_DOES)} {where} {_filler(dice)}",
        continuity=[f"{dice.choice(_WHO)} {_filler(dice)} {dice.choice(_DOES)}" for _ in range(dice.randint(0, 3))],
        notes=[_note(dice)] if retake else [],
        rewards=[round(dice.uniform(0.3, 0.95), 2) for _ in range(dice.randint(0, 3))],
        recent=recent,
    )


def _note(dice: random.Random) -> str:
    frames = f"frames {dice.randint(0, 40)} to {dice.randint(41, 96)}"
    before, words = _filler(dice), dice.choice(NOTE_WORDS[dice.choice(list(NOTE_WORDS))])
    return f"{before} {words}: {_filler(dice)} {frames}, by {dice.randint(5, 60)}%"


def _filler(dice: random.Random) -> str:
    """Words that mean nothing, so that the policy learns to pass over those it does not know."""
    return " ".join(f"w{dice.randrange(5000)}" for _ in range(dice.randint(0, 8)))
