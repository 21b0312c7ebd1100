"""The tables that the bench prints: Markdown, so that docs/bench.md takes them as they are."""

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from bench.ratios import Ratio
from bench.stages import Stage, size_of
from spend_assets.landing.contracts import Contracts
from spend_assets.landing.store import LandingStore

_MIB = 2**20


def facts_of_machine() -> str:
    """Cores and the versions that speed depends on."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "dbt-core", "dbt-duckdb", "msgspec"))
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}."


def print_stages(full: Mapping[str, Stage], day: Mapping[str, Stage]) -> None:
    """Stages with their share of the full run, and the one-day run beside them as a share of the same stage's full run."""
    _head("stage", "full s", "cpu s", "share", "own MiB", "dbt etc. MiB", "at once MiB", "one day s", "day/full", "at once MiB", "full run")
    whole, next_day = _total(full), _total(day)
    for name in dict.fromkeys([*full, *day]):
        _stage_row(full.get(name, Stage(name)), day.get(name, Stage(name)), whole.wall)
    _stage_row(whole, next_day, whole.wall)


def _total(stages: Mapping[str, Stage]) -> Stage:
    every = list(stages.values())
    return Stage(
        "**all**",
        sum(s.wall for s in every),
        sum(s.processor for s in every),
        max(s.own for s in every),
        max(s.children for s in every),
        max(s.together for s in every),
    )


def _stage_row(full: Stage, day: Stage, whole: float) -> None:
    _row(
        full.name,
        f"{full.wall:.1f}",
        f"{full.processor:.1f}",
        f"{full.wall / whole:.0%}",
        _mib(full.own),
        _mib(full.children),
        _mib(full.together),
        f"{day.wall:.1f}",
        f"{day.wall / full.wall:.2f}" if full.wall else "",
        _mib(day.together),
        full.note,
    )


def _mib(size: int) -> str:
    return f"{size / _MIB:.0f}" if size else ""


def print_sizes(home: Path, landing: LandingStore, contracts: Contracts) -> None:
    """Records and bytes on disk per stream, landed and raw."""
    _head("stream", "landed records", "landing MiB", "bytes/record", "raw MiB", "raw/landing")
    for streams in contracts.values():
        for contract in streams.values():
            vendor, stream = contract.vendor, contract.stream
            accounts = landing.accounts(vendor, stream)
            records = sum(m.records for account in accounts for m in landing.manifests(vendor, stream, account))
            if records:
                landed = sum(size_of(landing.root / vendor / account / stream) for account in accounts)
                raw = size_of(home / "raw" / vendor / stream)
                _row(
                    f"{vendor}/{stream}",
                    f"{records}",
                    f"{landed / _MIB:.1f}",
                    f"{landed / records:.0f}",
                    f"{raw / _MIB:.1f}",
                    f"{raw / landed:.2f}",
                )
    for name in ("warehouse.duckdb", "published"):
        path = home / name
        print(f"\n{name}: {(path.stat().st_size if path.is_file() else size_of(path)) / _MIB:.0f} MiB")


def print_slowest(models: Sequence[tuple[str, float]]) -> None:
    """What dbt's full build spends most of its time on."""
    print("\nslowest of the full dbt build: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in models) + "\n")


def print_ratios(ratios: Sequence[Ratio]) -> None:
    _head("ratio", "value", "ours s", "base s", "of")
    for ratio in ratios:
        _row(ratio.name, f"{ratio.ours / ratio.base:.2f}", f"{ratio.ours:.3f}", f"{ratio.base:.3f}", ratio.note)


def _head(*names: str) -> None:
    _row(*names)
    _row(*("---" for _ in names))


def _row(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |")
