"""Bodies of answers under bounds: how much a server may send, and what it may unpack to (security-privacy 6)."""

import re
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import IO

from spend_assets.settings import Limits

STEP = 64 * 2**10
"""Bytes that are unpacked at a time, so that no answer of ours to a bomb is larger than this."""

SPOOL_BYTES = 8 * 2**20
"""A packed body up to this size stays in memory; a larger one lies in a temporary file that has no name."""

RATIO_FLOOR = 2**20
"""Below this unpacked size the ratio says nothing: a short answer of repeated words is no bomb."""

GZIP_MAGIC = b"\x1f\x8b"


class BrokenBody(Exception):
    """The body ended early or does not unpack: worth another try."""


class BoundBroken(Exception):
    """The body breaks a bound of `[limits]`; the message names it. Asking again would not help."""


class _Gunzip:
    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)
        self._inside = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            self._inside = self._inside or bool(data)
            try:
                piece = self._member.decompress(data, STEP)
            except zlib.error:
                raise BrokenBody("the gzip data is damaged") from None
            if piece:
                yield piece
            if self._member.eof:
                data = self._member.unused_data
                self._member, self._inside = zlib.decompressobj(31), False
                if not data:
                    return
            else:
                data = self._member.unconsumed_tail
                if not data and len(piece) < STEP:
                    return

    def finish(self) -> None:
        if self._inside:
            raise BrokenBody("the gzip data ends early")


class _Bounds:
    """Counts packed bytes, unpacked bytes and the length of the line at hand."""

    def __init__(self, limits: Limits):
        self._limits = limits
        self._packed = self._unpacked = self._line = 0

    def packed(self, count: int) -> None:
        self._packed += count
        if self._packed > self._limits.part_packed_bytes:
            raise BoundBroken(f"more than part_packed_bytes = {self._limits.part_packed_bytes} bytes were sent")

    def unpacked(self, piece: bytes) -> None:
        limits = self._limits
        self._unpacked += len(piece)
        if self._unpacked > limits.part_unpacked_bytes:
            raise BoundBroken(f"unpacks to more than part_unpacked_bytes = {limits.part_unpacked_bytes} bytes")
        if self._unpacked > RATIO_FLOOR and self._unpacked > limits.unpack_ratio * self._packed:
            raise BoundBroken(f"unpacks to more than unpack_ratio = {limits.unpack_ratio} times what was sent")
        segments = piece.split(b"\n")
        longest = max(self._line + len(segments[0]), *map(len, segments[1:]), 0)
        if longest > limits.line_bytes:
            raise BoundBroken(f"a line is longer than line_bytes = {limits.line_bytes} bytes")
        self._line = self._line + len(piece) if len(segments) == 1 else len(segments[-1])


class Body:
    """One answer, received whole and checked before anything of it is used; it can be read again from its start.

    Kept packed as it was sent: in memory when small, else in an unnamed temporary file. Close it, or use it in a `with`.
    """

    def __init__(self, packed: IO[bytes], *, gzipped: bool, line_bytes: int):
        self._packed, self._gzipped, self._line_bytes = packed, gzipped, line_bytes

    @classmethod
    def receive(cls, chunks: Iterable[bytes], *, encoding: str, limits: Limits, tick: Callable[[], None] = lambda: None) -> "Body":
        """Receive `chunks` with Content-Encoding `encoding`; `tick` runs before each and may raise.

        A file that is gzip by itself is unpacked too: no text that we read begins with gzip's two magic bytes.
        Raises BrokenBody (ask again) or BoundBroken (do not).
        """
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise BoundBroken("the body is packed in a way that was not asked for (only gzip or none is read)")
        spool = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 (it lives as long as the Body)
        try:
            gzipped = _receive(chunks, spool, declared=encoding in ("gzip", "x-gzip"), bounds=_Bounds(limits), tick=tick)
        except BaseException:
            spool.close()
            raise
        return cls(spool, gzipped=gzipped, line_bytes=limits.line_bytes)

    def chunks(self) -> Iterator[bytes]:
        """The unpacked bytes from the start, at most 64 KiB at a time."""
        self._packed.seek(0)
        gunzip = _Gunzip()
        while data := self._packed.read(STEP):
            yield from gunzip.feed(data) if self._gzipped else (data,)

    def lines(self) -> Iterator[bytes]:
        """The lines, without line ends and surrounding blanks; blank lines are left out."""
        rest: list[bytes] = []
        for chunk in self.chunks():
            first, *others = chunk.split(b"\n")
            rest.append(first)
            for segment in others:
                if line := b"".join(rest).strip():
                    yield line
                rest = [segment]
        if line := b"".join(rest).strip():
            yield line

    def read(self) -> bytes:
        """The whole unpacked body; BoundBroken when it is longer than the longest line allowed."""
        pieces, size = [], 0
        for chunk in self.chunks():
            pieces.append(chunk)
            size += len(chunk)
            if size > self._line_bytes:
                raise BoundBroken(f"a JSON answer is longer than line_bytes = {self._line_bytes} bytes")
        return b"".join(pieces)

    def close(self) -> None:
        self._packed.close()

    def __enter__(self) -> "Body":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _receive(chunks: Iterable[bytes], spool: IO[bytes], *, declared: bool, bounds: _Bounds, tick: Callable[[], None]) -> bool:
    """Write `chunks` to `spool` and unpack them once under `bounds`; True if they are gzip."""
    gunzip = _Gunzip()
    gzipped: bool | None = True if declared else None
    held = b""
    for chunk in chunks:
        tick()
        bounds.packed(len(chunk))
        spool.write(chunk)
        held += chunk
        if gzipped is None and len(held) >= len(GZIP_MAGIC):
            gzipped = held.startswith(GZIP_MAGIC)
        if gzipped is None:
            continue
        for piece in gunzip.feed(held) if gzipped else (held,):
            tick()
            bounds.unpacked(piece)
        held = b""
    bounds.unpacked(held)
    if gzipped:
        gunzip.finish()
    return bool(gzipped)


_ESCAPES = re.compile(rb"\\.", re.DOTALL)
_NOT_BRACKETS = bytes(code for code in range(256) if code not in b"{}[]")


def check_depth(record: bytes, depth: int) -> None:
    """BoundBroken when the JSON text `record` nests deeper than `depth`, found without parsing it."""
    outside_strings = b"".join((_ESCAPES.sub(b"", record) if b"\\" in record else record).split(b'"')[::2])
    brackets = outside_strings.translate(None, _NOT_BRACKETS)
    for _ in range(depth):
        peeled = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if len(peeled) == len(brackets):
            break
        brackets = peeled
    if brackets and (len(brackets) > depth or b"{}" in brackets or b"[]" in brackets):
        raise BoundBroken(f"a record nests deeper than depth = {depth}")
