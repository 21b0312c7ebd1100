"""Plain, gzip and zstd files give the same lines; what is beyond the bounds or in another format is refused and stays."""

import gzip
import os
from pathlib import Path

import duckdb
import pytest

from spend_assets.landing.otlp.commands import Hasher
from spend_assets.landing.otlp.files import FileRefused, lines
from spend_assets.settings import Limits
from tests.otlp.conftest import Telemetry
from tests.otlp.messages import CLAUDE, claude_call, log, logs

LINES = [b'{"a": "x, \\"y\\" \xc3\xa9"}', b"", b'{"b": 1}', b'\xff{"c']


def zstd(path: Path, body: list[bytes]) -> Path:
    """DuckDB writes zstd: one column without quotes is the line."""
    with duckdb.connect() as connection:
        connection.execute("create table t (line varchar)")
        connection.executemany("insert into t values ($1)", [[line.decode()] for line in body])
        connection.execute(
            f"copy t to '{path}' (format csv, header false, quote '', escape '', delim '\x1f', compression zstd)",
        )
    return path


def read(path: Path, limits: Limits | None = None) -> list[bytes | None]:
    return [line.body for line in lines(path, limits or Limits())]


def test_plain_and_packed_files_give_the_same_lines(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.jsonl", tmp_path / "a.jsonl.gz"
    plain.write_bytes(b"\xef\xbb\xbf" + b"\n".join(LINES))
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read(plain) == read(packed) == [LINES[0], LINES[2], LINES[3]]
    text = LINES[:1] + LINES[2:3] * 3000
    assert read(zstd(tmp_path / "a.zst", text)) == text


def test_a_cut_gzip_gives_the_lines_before_the_cut(tmp_path: Path) -> None:
    packed = gzip.compress(b"\n".join(os.urandom(400).hex().encode() for _ in range(400)))
    path = tmp_path / "cut.gz"
    path.write_bytes(packed[: len(packed) // 2])
    found = read(path)
    assert len(found) > 100
    assert all(line is not None and len(line) == 800 for line in found[:-1])


def test_a_line_beyond_the_bound_is_known_by_its_length_alone(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    path.write_bytes(b'{"a": 1}\n{"b": "' + b"x" * 5000 + b'"}\n{"c": 3}\n')
    found = list(lines(path, Limits(line_bytes=1000)))
    assert [(line.number, line.body, line.length) for line in found] == [(1, b'{"a": 1}', 8), (2, None, 5009), (3, b'{"c": 3}', 8)]


@pytest.mark.parametrize("pack", [gzip.compress, None])
def test_what_unpacks_beyond_the_bound_is_refused(tmp_path: Path, pack: object) -> None:
    body = [b'{"a": "' + b"x" * 1000 + b'"}'] * 5000
    path = tmp_path / "bomb"
    if pack is None:
        zstd(path, body)
    else:
        path.write_bytes(gzip.compress(b"\n".join(body)))
    with pytest.raises(FileRefused, match="unpacks to more than the bound"):
        read(path)
    with pytest.raises(FileRefused, match="unpacks to more than the bound of 100000 bytes"):
        read(path, Limits(part_unpacked_bytes=100_000))


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"\x00\x00\x01\x20\x0a\xff\x01", "Length-prefixed protobuf is not read: write `format: json`"),
        (b"\x00\x00\x01\x20\x28\xb5\x2f\xfd\x00", "compressed message by message"),
        (b"\x1f\x8b damaged gzip", "damaged gzip"),
        (b"\x28\xb5\x2f\xfd damaged zstd", "damaged zstd"),
    ],
)
def test_other_formats_are_refused_and_stay(telemetry: Telemetry, head: bytes, message: str) -> None:
    bad = telemetry.folder / "bad"
    bad.write_bytes(head + b"CANARY" * 10)
    good = telemetry.drop("good.jsonl", logs(CLAUDE, claude_call(10)))
    report = telemetry.collect()
    (failure,) = report.failures
    assert message in failure and "bad" in failure and "CANARY" not in failure
    assert bad.exists() and not good.exists()
    assert len(telemetry.rows("model_calls")) == 1


def test_a_file_that_is_refused_half_way_leaves_nothing(telemetry: Telemetry) -> None:
    telemetry.limits = Limits(part_unpacked_bytes=2000)
    telemetry.drop("a.jsonl", logs(CLAUDE, claude_call(10)), logs(CLAUDE, claude_call(20, number=2)))
    assert "unpacks to more" in telemetry.collect().failures[0]
    assert telemetry.rows("model_calls") == []


def test_a_line_without_an_end_does_not_unpack_beyond_the_bound(tmp_path: Path) -> None:
    path = tmp_path / "endless.gz"
    path.write_bytes(gzip.compress(b"{" + b"x" * 30_000_000))
    with pytest.raises(FileRefused, match="unpacks to more than the bound of 5000000 bytes"):
        read(path, Limits(part_unpacked_bytes=5_000_000))


class WritesMeanwhile(Hasher):
    """A collector that goes on writing while its file is read: at the first prompt."""

    def __init__(self, path: Path, line: bytes):
        super().__init__(b"a key of the tests")
        self.path, self.line = path, line

    def prompt(self, text: str) -> int:
        with self.path.open("ab") as file:
            file.write(self.line + b"\n")
        return super().prompt(text)


def test_an_empty_file_and_one_that_is_written_to_stay(telemetry: Telemetry) -> None:
    empty = telemetry.drop("empty.jsonl", end=b"")
    said = {"session.id": "s1", "prompt.id": "p1", "prompt": "go on"}
    growing = telemetry.drop("growing.jsonl", logs(CLAUDE, claude_call(10)), logs(CLAUDE, log("claude_code.user_prompt", 1, said)))
    calm, telemetry.hasher = telemetry.hasher, WritesMeanwhile(growing, logs(CLAUDE, claude_call(20, number=2)))
    (failure,) = telemetry.collect().failures
    assert "growing.jsonl was written to while it was read" in failure
    assert empty.exists() and growing.exists()
    telemetry.hasher = calm
    assert telemetry.collect().failures == []
    assert telemetry.rows("model_calls", "sequence") == [(1,), (2,)]
    assert empty.exists() and not growing.exists()


def test_links_hidden_files_and_files_in_the_making_are_left_alone(telemetry: Telemetry) -> None:
    outside = telemetry.path / "outside.jsonl"
    outside.write_bytes(logs(CLAUDE, claude_call(10)))
    (telemetry.folder / "link.jsonl").symlink_to(outside)
    for name in (".hidden.jsonl", "b.jsonl.tmp", ".sync/c.jsonl"):
        telemetry.drop(name, logs(CLAUDE, claude_call(20)))
    telemetry.collect()
    assert telemetry.rows("model_calls") == []
    assert len([path for path in telemetry.folder.rglob("*") if path.is_file()]) == 4
