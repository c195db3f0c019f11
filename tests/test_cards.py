"""Title and end cards: every genre has lettering and paper of its own, and whatever the title, it stays inside."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from studio.previz.cards import STYLES, card
from studio.previz.lettering import SMALLEST, fit, spread
from studio.story.document import GENRES

LONG = "The Exceedingly Long and Winding Chronicle of a Lighthouse Keeper Who Would Not Be Hurried by the Tide"


def test_every_genre_has_a_card_unlike_every_other() -> None:
    cards = {genre: card("The Quiet Harbour", "A keeper waits.", genre, 208, 120, 0.5).astype(int) for genre in GENRES}
    for a, b in itertools.combinations(GENRES, 2):
        assert np.abs(cards[a] - cards[b]).mean() > 6, f"{a} looks like {b}"


@pytest.mark.parametrize("genre", GENRES)
@pytest.mark.parametrize("title", [LONG, "Donaudampfschifffahrtsgesellschaftskapitän" * 2, "灯台守と海", "É"])
def test_a_title_of_any_length_or_script_is_set_inside_the_card(genre: str, title: str) -> None:
    hand, room = STYLES[genre].hand, 600.0
    size, lines = fit(title, hand, room, 60, 3)
    assert 1 <= len(lines) <= 3
    assert SMALLEST <= size <= 60
    assert all(spread(line, hand, size)[1] <= room for line in lines)
    with_title = card(title, LONG, genre, 208, 120, 0.5).astype(int)
    assert np.abs(with_title - card("", "", genre, 208, 120, 0.5)).max() > 30, "nothing is written"


def test_a_card_rises_out_of_the_dark_and_sinks_back() -> None:
    light = [card("Dawn", "", "documentary", 208, 120, share).mean() for share in (0.0, 0.1, 0.5, 0.95, 1.0)]
    assert light[0] < light[1] < light[2] > light[3] > light[4]
    assert light[0] < 25


def test_a_card_is_the_same_each_time_and_fits_odd_shapes() -> None:
    one = card("Dawn", "A day.", "western", 208, 120, 0.4)
    card.__globals__["_sheet"].cache_clear()
    assert np.array_equal(one, card("Dawn", "A day.", "western", 208, 120, 0.4))
    assert card("Dawn", "A day.", "comedy", 120, 208, 0.4).shape == (208, 120, 3)
