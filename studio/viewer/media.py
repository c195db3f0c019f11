"""Films, clips and pictures by their id in the database: whole, or one range of bytes at a time."""

from __future__ import annotations

import io
import os
import re
import stat
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator
from pathlib import Path

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from studio.config import Workspace
from studio.memory.tables import Cut, Production, Reference, Take

CHUNK = 128 * 1024
KINDS = {".mp4": "video/mp4", ".png": "image/png", ".jpg": "image/jpeg"}
_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")


class Vault:
    """Where files lie. A path is only ever made from a row of the database and must stay inside its folder."""

    def __init__(self, space: Workspace) -> None:
        self.space = space
        self._pictures: OrderedDict[str, bytes] = OrderedDict()
        self._developing = threading.Lock()

    def take(self, row: Take) -> Path | None:
        return self._inside(self.space.runs, row.production, row.file)

    def film(self, row: Production) -> Path | None:
        return self._inside(self.space.runs, row.name, "film.mp4")

    def cut(self, row: Cut) -> Path | None:
        return self._inside(self.space.runs, row.production, row.file)

    def played(self, row: Production, number: int) -> Path | None:
        return self._inside(self.space.runs, row.name, f"played/take-{number}.mp4")

    def reference(self, row: Reference) -> Path | None:
        return self._inside(self.space.bibles, row.bible, f"references/{row.label}.png")

    def folder(self, name: str) -> Path | None:
        """A production's folder, or None where it is gone or no folder of this workspace."""
        if not name or "/" in name or "\0" in name or name in (".", ".."):
            return None
        try:
            folder = (self.space.runs / name).resolve(strict=True)
        except OSError:
            return None
        return folder if folder.is_dir() and folder.parent == self.space.runs.resolve() else None

    def _inside(self, root: Path, name: str, file: str) -> Path | None:
        """The regular file ``file`` of ``root/name``; None where it is missing or leads out, by dots or by symlinks."""
        if not name or "/" in name or "\0" in name + file or name in (".", ".."):
            return None
        try:
            folder = (root / name).resolve(strict=True)
            path = (folder / file).resolve(strict=True)
        except (OSError, RuntimeError):
            return None
        safe = folder.parent == root.resolve() and path.is_relative_to(folder) and path.suffix in KINDS
        return path if safe and path.is_file() else None

    def poster(self, row: Take) -> bytes | None:
        """A JPEG of the take: the thumbnail beside its clip, or a frame decoded now and kept in memory."""
        thumbnail = self._inside(self.space.runs, row.production, str(Path(row.file).with_suffix(".jpg")))
        if thumbnail is not None:
            return thumbnail.read_bytes()
        clip = self.take(row)
        if clip is None:
            return None
        with self._developing:  # one at a time: a page asks for many at once
            if row.sha256 not in self._pictures:
                self._pictures[row.sha256] = _frame(clip)
                while len(self._pictures) > 256:
                    self._pictures.popitem(last=False)
            return self._pictures[row.sha256] or None


def _frame(clip: Path) -> bytes:
    """The clip's middle frame as JPEG; empty where the clip does not decode."""
    from av import FFmpegError

    from studio.edit.contact_sheet import MIDDLE, frame_at

    try:
        picture, data = frame_at(clip, MIDDLE), io.BytesIO()
    except (FFmpegError, ValueError, OSError, IndexError):
        return b""
    picture.resize((416, max(1, round(416 * picture.height / picture.width)))).save(data, "JPEG", quality=85)
    return data.getvalue()


def span(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a Range header, clamped to the file; None where it asks for nothing that is there.

    >>> span("bytes=10-2000000000", 100)
    (10, 99)
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.group(1) == match.group(2) == "":
        return None
    first, last = match.groups()
    if first == "":
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
    return (start, end) if start <= end else None


def serve(request: Request, path: Path | None) -> Response:
    """The file, or the range of it that was asked for."""
    if path is None:
        return Response("no such file\n", 404, media_type="text/plain")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return Response("no such file\n", 404, media_type="text/plain")
    facts = os.fstat(descriptor)
    tag = f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"'
    headers = {"accept-ranges": "bytes", "etag": tag, "cache-control": "private, no-cache"}
    if not stat.S_ISREG(facts.st_mode) or request.headers.get("if-none-match") == tag:
        os.close(descriptor)
        return Response(status_code=304 if stat.S_ISREG(facts.st_mode) else 404, headers=headers)
    status, first, last = 200, 0, facts.st_size - 1
    wanted = request.headers.get("range")
    if wanted and request.headers.get("if-range", tag) == tag:
        found = span(wanted, facts.st_size)
        if found is None:
            os.close(descriptor)
            return Response(status_code=416, headers={**headers, "content-range": f"bytes */{facts.st_size}"})
        status, (first, last) = 206, found
        headers["content-range"] = f"bytes {first}-{last}/{facts.st_size}"
    headers["content-length"] = str(last - first + 1)
    if request.method == "HEAD":
        os.close(descriptor)
        return Response(status_code=status, headers=headers, media_type=KINDS[path.suffix])
    return _Film(_read(descriptor, first, last + 1), descriptor, status, headers, KINDS[path.suffix])


def hand_over(path: Path) -> Response:
    """The file as a download. It may be deleted at once: its bytes are there until the last of them was sent."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    size = os.fstat(descriptor).st_size
    headers = {"content-length": str(size), "content-disposition": f'attachment; filename="{path.name}"'}
    return _Film(_read(descriptor, 0, size), descriptor, 200, headers, "application/octet-stream")


class _Film(StreamingResponse):
    """A stream that closes its file however it ends, even before its first byte was asked for."""

    def __init__(
        self, content: AsyncIterator[bytes], descriptor: int, status: int, headers: dict[str, str], kind: str
    ) -> None:
        super().__init__(content, status, headers, kind)
        self._descriptor = descriptor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            os.close(self._descriptor)


async def _read(descriptor: int, position: int, end: int) -> AsyncIterator[bytes]:
    """Bytes of an open file, a chunk at a time, so that memory stays flat whatever the client's speed."""
    while position < end:
        data = await anyio.to_thread.run_sync(os.pread, descriptor, min(CHUNK, end - position), position)
        if not data:
            return
        position += len(data)
        yield data
