"""Two questions that only a ratio answers on any machine: what strict typing costs, and what compaction of raw brings."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb
import msgspec

from spend_assets.landing.contracts import StreamContract
from spend_assets.landing.raw import RawStore
from spend_assets.landing.records import Typer
from spend_assets.landing.store import LandingStore

LINES = 5000
REPEATS = 3


@dataclass(frozen=True)
class Ratio:
    """`ours` and `base` in seconds: the quickest of a few repeats over the same input."""

    name: str
    ours: float
    base: float
    note: str


def typing_ratio(landing: LandingStore, contract: StreamContract, account: str) -> Ratio | None:
    """Our strict typing of landed lines against msgspec's plain decoding of the same lines. None where nothing landed."""
    lines: list[bytes] = []
    for manifest in landing.manifests(contract.vendor, contract.stream, account):
        lines += islice(landing.records(manifest), LINES - len(lines))
        if len(lines) == LINES:
            break
    if not lines:
        return None
    typer, plain = Typer(contract), msgspec.json.Decoder()
    ours = _quickest(lambda: [msgspec.json.encode(typer(line)) for line in lines])
    base = _quickest(lambda: [plain.decode(line) for line in lines])
    note = f"{len(lines)} records of {sum(map(len, lines)) // len(lines)} bytes, {1e6 * ours / len(lines):.0f} us each"
    return Ratio(f"type / decode, {contract.stream}", ours, base, note)


def compaction_ratio(raw: RawStore, contract: StreamContract, account: str) -> Ratio | None:
    """Reading every column of the settled months from a file per day and from a file per month. None where none is settled yet."""
    held = raw.files(contract.vendor, contract.stream, account)
    months = [str(path) for path in held if path.name.startswith(f"{path.parent.name}.")]
    if not months:
        return None
    columns = ", ".join(f'count("{kept.name}")' for kept in contract.kept)
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"threads": 1}) as database:
        for number, month in enumerate(months):
            _split_by_day(database, month, Path(folder), number)
        days = [str(path) for path in sorted(Path(folder).iterdir())]

        def read(paths: Sequence[str]) -> object:
            return database.execute(f"select {columns} from read_parquet($1, union_by_name = true)", [paths]).fetchall()

        ours, base = _quickest(lambda: read(months)), _quickest(lambda: read(days))
        small, large = (sum(Path(path).stat().st_size for path in paths) for paths in (months, days))
    note = f"{len(months)} files for {len(days)}, {small / 2**20:.1f} MiB for {large / 2**20:.1f} MiB"
    return Ratio(f"read months / read days, {contract.stream}", ours, base, note)


def _split_by_day(database: duckdb.DuckDBPyConnection, month: str, folder: Path, number: int) -> None:
    found = database.execute("select distinct _day, _generation from read_parquet($1)", [month]).fetchall()
    for day, generation in found:
        database.execute(
            "copy (select * from read_parquet($month) where _day = $day and _generation = $generation) to $target "
            "(format parquet, compression zstd)",
            {"month": month, "day": day, "generation": generation, "target": str(folder / f"{number}-{day}.{generation}.parquet")},
        )


def _quickest(work: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)
