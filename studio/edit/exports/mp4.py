"""The film itself, with content credentials: who made it, with which engine and models, from which prompt."""

from __future__ import annotations

from pathlib import Path

from studio.edit.exports import base
from studio.errors import BadInput


class Export(base.Export):
    """A ``.mp4`` file: film.mp4 packet for packet, signed. A signature has random parts: no two exports are equal."""

    suffix = ".mp4"

    def write(self, delivery: base.Delivery, out: Path) -> list[str]:
        from studio.edit.credentials import sign

        if delivery.signing is None:
            raise BadInput(f"{delivery.name} is exported without a certificate to sign it")
        identity = delivery.signing.identity()
        title = base.plain(delivery.document.title)
        sign(delivery.film, out, title, delivery.trained, delivery.made_with, identity)
        return []
