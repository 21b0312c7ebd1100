"""Lines of a collector's file: plain, gzip or zstd, within bounds (security-privacy 6). What is no line of JSON text is refused whole."""

import gzip
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb

from spend_assets.settings import Limits

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_BOM = b"\xef\xbb\xbf"
_SKIPPED = (".tmp", ".part")
"""Names of files that somebody is still writing; so are names that begin with a dot."""
_BLOCK = 2**20


class FileRefused(Exception):
    """A file that was not taken. The message names it and says what to do; nothing of it was landed, and it stays where it is."""


class Line(NamedTuple):
    """One line. `body` is None of a line beyond the bound, whose bytes are not kept."""

    number: int
    body: bytes | None
    length: int
    ended: bool
    """Whether a line break follows: the last line of a file that was cut off has none."""


def collector_files(folder: Path) -> list[Path]:
    """Every finished file below the folder, by path. Links, devices and files that are still being written are left alone."""
    found = []
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        status = path.lstat()
        # An empty file is one that somebody just opened.
        if not hidden and path.suffix not in _SKIPPED and stat.S_ISREG(status.st_mode) and status.st_size:
            found.append(path)
    return found


def state(path: Path) -> tuple[int, int, int]:
    """Changes when a file is written to, or another one takes its place."""
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def lines(path: Path, limits: Limits) -> Iterator[Line]:
    """The lines that are not blank. Raises FileRefused for a file beyond the bounds, a damaged one, and one in another format."""
    packed = path.stat().st_size
    if packed > limits.part_packed_bytes:
        raise FileRefused(
            f"{path.name}: {packed} bytes are more than the bound of {limits.part_packed_bytes}; let the collector rotate earlier"
        )
    with path.open("rb") as file:
        head = file.read(16)
    _check_format(path, head)
    # What a file unpacks to may not exceed the bound, nor a multiple of its own size that no telemetry reaches.
    most = min(limits.part_unpacked_bytes, max(packed * limits.unpack_ratio, _BLOCK))
    if head.startswith(ZSTD):
        found = _zstd_lines(path, limits, most)
    elif head.startswith(GZIP):
        found = _split(_bounded(path, _gzip_blocks(path), most), limits)
    else:
        found = _split(_bounded(path, _plain_blocks(path), most), limits)
    yield from (line for line in found if line.body is None or line.body.strip())


def _bounded(path: Path, blocks: Iterator[bytes], most: int) -> Iterator[bytes]:
    unpacked = 0
    for block in blocks:
        unpacked += len(block)
        if unpacked > most:
            raise FileRefused(f"{path.name}: unpacks to more than the bound of {most} bytes; let the collector rotate earlier")
        yield block


def _check_format(path: Path, head: bytes) -> None:
    if head[4:8] == ZSTD and not head.startswith(ZSTD):
        raise FileRefused(
            f"{path.name}: compressed message by message, each behind its length. Write `format: json` without `compression` in the "
            "collector's file exporter, and compress the rotated file if you like (gzip or zstd)"
        )
    if head.startswith((GZIP, ZSTD)):
        return
    text = head.removeprefix(_BOM).lstrip()
    if text and text[:1] not in (b"{", b"["):
        raise FileRefused(
            f"{path.name}: no JSON text. Length-prefixed protobuf is not read: write `format: json` in the collector's file exporter"
        )


def _split(blocks: Iterator[bytes], limits: Limits) -> Iterator[Line]:
    """Lines of a stream of blocks; of a line beyond the bound only its length is known, so that memory stays bounded too."""
    number, kept, length = 1, bytearray(), 0
    first = True
    for block in blocks:
        if first:
            block, first = block.removeprefix(_BOM), False
        start = 0
        while (end := block.find(b"\n", start)) >= 0:
            length += end - start
            if length <= limits.line_bytes:
                kept += block[start:end]
                yield Line(number, bytes(kept), length, True)
            else:
                yield Line(number, None, length, True)
            number, start, length = number + 1, end + 1, 0
            kept.clear()
        length += len(block) - start
        if length <= limits.line_bytes:
            kept += block[start:]
        else:
            kept.clear()
    if length:
        yield Line(number, bytes(kept) if length <= limits.line_bytes else None, length, False)


def _plain_blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _gzip_blocks(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") as file:
        while True:
            try:
                block = file.read1(_BLOCK)
            except EOFError:
                return  # cut off: the lines up to there are whole, as in a plain file that was cut off
            except (gzip.BadGzipFile, zlib.error):
                raise FileRefused(f"{path.name}: damaged gzip; fetch the file again") from None
            if not block:
                return
            yield block


def _zstd_lines(path: Path, limits: Limits, most: int) -> Iterator[Line]:
    """Python before 3.14 has no zstd, DuckDB has: bytes pass as Latin-1, cells and quotes are switched off, so a row is a line."""
    with duckdb.connect(config={"threads": 1, "memory_limit": "512MB"}) as connection:
        try:
            rows = connection.execute(
                "select line from read_csv($path, columns = {'line': 'VARCHAR'}, auto_detect = false, header = false, delim = '\x1f', "
                "quote = '', escape = '', new_line = '\\n', compression = 'zstd', encoding = 'latin-1', parallel = false, "
                "max_line_size = $longest, buffer_size = $buffer)",
                {"path": str(path), "longest": limits.line_bytes, "buffer": 2 * limits.line_bytes},
            )
            number = unpacked = 0
            while found := rows.fetchmany(200):
                for (text,) in found:
                    number += 1
                    body = (text or "").encode("latin-1")
                    unpacked += len(body) + 1
                    if unpacked > most:
                        raise FileRefused(f"{path.name}: unpacks to more than the bound of {most} bytes; let the collector rotate earlier")
                    yield Line(number, body, len(body), True)
        except duckdb.Error as error:
            # DuckDB's message would quote the line.
            too_long = "maximum line size" in str(error).lower()
            what = f"a line longer than the bound of {limits.line_bytes} bytes" if too_long else "damaged zstd, or no lines of JSON text"
            raise FileRefused(f"{path.name}: {what}; fetch the file again, or compress it with gzip") from None
