"""Does the critic know right clips from wrong ones? Takes of made-up people, creatures and places; kinds and styles
that were kept out of its training are among them.

python benchmarks/critic.py [--cases 100] [--seed 1]

Each case is one shot in a direction drawn at random (any hour, weather and style), judged against the references that
its production would have, by the reward terms for character and place with the encoder that ships. It is rendered
  right            with whom and where it should be
  wrong character  with somebody else, as the catalogue has them
  look-alike       with one who differs in one thing only: hair, coat, a colour, a thing in hand
  wrong place      in a place of another kind
  neighbour        in another place of the same kind
A clip passes where neither of the two terms that applies is below 0.65: the technical checks and the other terms are
not asked, and everybody is alone in the shot. Shots in which a term does not apply (who somebody is in
silhouette, a place in close-up) count for the other one alone.
"""

from __future__ import annotations

import argparse
from collections import defaultdict

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from studio.artists.base import LOCATION_VIEWS, at_hour
from studio.perception.calibration import BAR
from studio.perception.encoders import installed
from studio.perception.sampling import sampled
from studio.perception.training import identities, scenes
from studio.plugins import load
from studio.previz.film import Film
from studio.previz.sheets import character_sheet, location_sheet
from studio.rewards.base import Footage, Judgement
from studio.story.brief import Brief

VIEWS = ("front", "three_quarter", "full_body")


def references(shot: Brief) -> dict[str, np.ndarray]:
    """What the art department draws for a shot with previz."""
    people = {f"characters/{c.id}/{v}": character_sheet(c, v, shot.genre) for c in shot.characters for v in VIEWS}
    hours = {"": "", at_hour("", shot.time_of_day): shot.time_of_day}
    places = {
        f"locations/{shot.location.id}/{view}{tail}": location_sheet(shot.location, view, shot.genre, hour=hour)
        for view in LOCATION_VIEWS
        for tail, hour in hours.items()
    }
    return people | places


def variants(seed: int, case: int) -> tuple[Brief, dict[str, tuple[str, Brief]]]:
    """The shot as it was asked for, and by name what it is rendered as with the term that should notice."""
    rng = np.random.default_rng([seed, case, 606])
    one, place = identities.character(rng, True), identities.place(rng, True)
    asked = scenes.brief(rng, [one], place, True, 832)
    like, other = identities.look_alike(rng, one)[0], identities.character(rng, True)
    near, far = identities.place(rng, True), identities.place(rng, True)
    near = near.model_copy(update={"kind": place.kind, "description": place.description})
    while far.kind == place.kind:
        far = identities.place(rng, True)
    who, where = "character_consistency", "location_consistency"
    return asked, {
        "right": ("", asked),
        "wrong character": (who, asked.model_copy(update={"characters": [other]})),
        "look-alike": (who, asked.model_copy(update={"characters": [like]})),
        "wrong place": (where, asked.model_copy(update={"location": far})),
        "neighbour": (where, asked.model_copy(update={"location": near})),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    encoder = installed()
    terms = {name: load("rewards", name).Term() for name in ("character_consistency", "location_consistency")}
    passed: dict[str, list[bool]] = defaultdict(list)
    for case in track(range(chosen.cases), "cases"):
        asked, made = variants(chosen.seed, case)
        known = references(asked)
        for name, (noticed_by, brief) in made.items():
            film = Film(brief)
            frames = np.stack([film.frame(n) for n in sampled(brief.frames)])
            footage = Footage(asked, frames, references=known, encoder=encoder)
            told: dict[str, Judgement] = {term: judge.score(footage) for term, judge in terms.items()}
            applies = {term: one.value for term, one in told.items() if one.value is not None}
            if noticed_by in applies or (not noticed_by and applies):
                passed[name].append(all(value >= BAR for value in applies.values()))
    table = Table("rendered", "clips", "pass", "rejected")
    for name, rows in passed.items():
        share = float(np.mean(rows))
        table.add_row(name, str(len(rows)), f"{share:.2f}", f"{1 - share:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
