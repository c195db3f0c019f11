"""What C2PA's hashes leave out of a film: its brand, empty boxes, and the frame around the credentials themselves.

C2PA allows those bytes to differ. Studio does not: each of them has one value that it may have, so that a film of which
any byte was changed does not verify.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

PURPOSE = bytes(4) + b"manifest\0" + bytes(8)
"""Version and flags, purpose, offset of a Merkle tree: what stands before the credentials in their box (C2PA A.5)."""
LABELS: tuple[set[bytes], ...] = (
    {b"c2pa"},
    set(),
    {b"c2pa.assertions", b"c2pa.claim", b"c2pa.claim.v2", b"c2pa.signature"},
)
"""What superboxes of the first, second (the manifest's label) and third level may be called; hashes cover the rest."""
LABELLED, SALTED = 0x03, 0x13
"""Toggles of a description box: requestable with a label, and with a salt after it (ISO/IEC 19566-5, B.3)."""


def brand(film: Path) -> str:
    """The content of the file type box, in hexadecimal."""
    return next((body.hex() for kind, body in boxes(film) if kind == b"ftyp"), "")


def changed(film: Path, signed_brand: str, manifest: str) -> Iterator[str]:
    """Why these bytes are not what they were when the film was signed. Of a film whose credentials could be read."""
    for kind, body in boxes(film):
        if kind == b"ftyp" and body.hex() != signed_brand:
            yield "the film was changed after it was signed (its file type)"
        if kind in (b"free", b"skip", b"mfra") and any(body):
            yield "the film was changed after it was signed (something was hidden in an empty box)"
        if kind == b"uuid":
            credentials = body[16 + len(PURPOSE) :]
            framed = body[16:].startswith(PURPOSE) and _canonical(credentials, 0, manifest.encode())
            if not (framed and _padded(credentials)):
                yield "its credentials were changed after it was signed"


def boxes(film: Path) -> Iterator[tuple[bytes, bytes]]:
    """(type, content) of the boxes of an ISO base media file (ISO/IEC 14496-12, 4.2), without those that are hashed."""
    with film.open("rb") as source:
        while len(head := source.read(8)) == 8:
            size, kind = struct.unpack(">I4s", head)
            skipped = 8
            if size == 1:
                size, skipped = int.from_bytes(source.read(8)), 16
            if size < skipped:
                return
            if kind in (b"mdat", b"moov"):
                source.seek(size - skipped, 1)
            else:
                yield kind, source.read(size - skipped)


def _canonical(data: bytes, level: int, manifest: bytes) -> bool:
    """Whether JUMBF boxes fill ``data`` exactly, are called what they must be, and describe no more than that."""
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8 or at + size > len(data):
            return False
        if kind == b"jumb":
            described, last = struct.unpack_from(">I4s", data, at + 8)
            if last != b"jumd" or not _described(data[at + 16 : at + 8 + described], level, manifest):
                return False
            if not _canonical(data[at + 8 + described : at + size], level + 1, manifest):
                return False
        at += size
    return at == len(data)


def _described(body: bytes, level: int, manifest: bytes) -> bool:
    """Whether a description box (type, toggles, label, salt) is as C2PA writes it."""
    label, _, salt = body[17:].partition(b"\0")
    known = {manifest} if level == 1 else LABELS[level] if level < 3 else {label}
    return label in known and body[16] == (SALTED if salt else LABELLED) and (level > 2 or not salt)


def _padded(credentials: bytes) -> bool:
    """Whether the unprotected part of the signature (COSE_Sign1, RFC 9052) holds nothing but empty space: CBOR
    ``{"pad": zeros}`` and a payload that is null. The signature is the last of the credentials."""
    at = credentials.rfind(b"\xa1\x63pad")
    if at < 0:
        return False
    head, rest = credentials[at + 5], credentials[at + 6 :]
    width = {0x58: 1, 0x59: 2, 0x5A: 4}.get(head, 0)  # bytes of the length (RFC 8949, 3)
    end = width + (int.from_bytes(rest[:width]) if width else head & 0x1F)
    return not any(rest[width:end]) and rest[end : end + 1] == b"\xf6"
