"""The creative document: whom a shot is about."""

from __future__ import annotations

from studio.story.document import Character, CreativeDocument, Location, Look, Scene, Shot


def test_whom_the_action_names_first_is_in_front() -> None:
    people = [
        Character(id=word.replace(" ", "-"), name=f"the {word}", kind=kind, description=f"A {word}.", look=Look())
        for word, kind in (("shy baker", "person"), ("hungry dragon", "dragon"), ("cat", "cat"))
    ]
    ids = [who.id for who in people]

    def order(action: str) -> list[str]:
        shot = Shot(number=1, action=action, characters=ids, seconds=3)
        scene = Scene(number=1, title="t", summary="s", location="p", characters=ids, shots=[shot])
        place = Location(id="p", name="p", kind="bakery", description="p")
        told = {"title": "t", "logline": "l", "characters": people, "locations": [place], "scenes": [scene]}
        return [who.id for who in CreativeDocument.model_validate(told).in_frame(shot)]

    assert order("The dragon watches the shy baker.") == ["hungry-dragon", "shy-baker", "cat"]
    assert order("A cat sleeps while the hungry dragon eats.") == ["cat", "hungry-dragon", "shy-baker"]
    assert order("Nobody speaks.") == ids
