"""Every fault of the sandbox against every stream: what arrives is exact, or it is marked. No cell is silent.

The matrix is written to docs/fault-matrix.md, which is committed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from spend_assets.landing.store import ANSWERED
from spend_assets.sandbox.faults import BASE, KINDS
from spend_assets.sandbox.run import SandboxConfig
from tests.integration.lab import Lab, open_lab

pytestmark = pytest.mark.long
FACTS = {*BASE, "restated_day"}
"""No faults of a transfer: the history itself is another one with them. test_truth.py compares those with the truth."""
RATES = {"expired_cursor": 0.5, "shifted_page": 0.5, "late_day": 0.4, "not_ready": 0.5, "straggler": 0.3}
COUNTED = {
    "broken_line": 2.0,
    "negative_credits": 2.0,
    "withheld_day": 2.0,
    "missing_part_forever": 2.0,
    "schema_growth": 1.0,
    "outage": 1.0,
}
PHOTOGRAPHS = {("github_copilot", "user_28_days")}
"""What a vendor's other report held at that hour. It feeds no figure, only the question which days of user_days to ask again: a day that
came late was not on it, and user_days is where such a day must be exact or marked."""
TARGET = Path(__file__).parents[2] / "docs" / "fault-matrix.md"
Stream = tuple[str, str, str]


@dataclass(frozen=True)
class Seen:
    """One day of a stream as the platform holds it. `marked`: something says that it is not the whole truth."""

    row_hash: str
    marked: bool


def config(faults: dict[str, float]) -> SandboxConfig:
    return SandboxConfig(people=14, days=9, seed=606, end=date(2026, 9, 20), faults={**dict.fromkeys(BASE, 0.0), **faults})


def run(home: Path, faults: dict[str, float], env: pytest.MonkeyPatch) -> tuple[dict[tuple[Stream, date], Seen], set[str]]:
    """What a home holds after three runs at the end of the history and three when all is settled, and which streams drifted."""
    with open_lab(config(faults), home, env) as lab:
        for morning in (lab.last_day() + timedelta(days=1), lab.settled()):
            lab.at(morning)
            for _ in range(3):
                lab.ingest()
        return dict(held(lab)), drifted(lab)


def held(lab: Lab) -> Iterator[tuple[tuple[Stream, date], Seen]]:
    with lab.pipeline.opened("look", lab.said.append) as stores:
        for source in lab.pipeline.all_accounts():
            for name in source.client.streams:
                stream = (source.vendor, name, source.account)
                current = stores.raw.current(*stream)
                last = {day: a.outcome for a in stores.landing.attempts(*stream) for day in a.window.days()}
                for day in last:
                    generation = current.get(day)
                    whole = generation is not None and generation.complete and not generation.quarantined
                    yield (stream, day), Seen(generation.row_hash if generation else "", not whole or last[day] not in ANSWERED)


def drifted(lab: Lab) -> set[str]:
    found = set()
    for source in lab.pipeline.all_accounts():
        for name in source.client.streams:
            if lab.pipeline.findings(source.vendor, name, lab.said.append)[1]:
                found.add(f"{source.vendor}/{name}")
    return found


def test_every_fault_is_healed_or_marked_in_every_stream(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kinds = [kind for kind in KINDS if kind not in FACTS]
    with pytest.MonkeyPatch.context() as env:
        calm, _ = run(tmp_path / "calm", {}, env)
        streams = sorted({stream for stream, _ in calm})
        cells: dict[tuple[str, Stream], str] = {}
        silent = []
        for kind in kinds:
            rate = COUNTED.get(kind, RATES.get(kind, 0.3))
            seen, drift = run(tmp_path / kind, {kind: rate}, env)
            for stream in streams:
                days = {day for key, day in calm if key == stream} | {day for key, day in seen if key == stream}
                nothing = Seen("", True)
                differing = [day for day in days if calm.get((stream, day), nothing).row_hash != seen.get((stream, day), nothing).row_hash]
                unmarked = [day for day in differing if not seen.get((stream, day), nothing).marked]
                told = f"{stream[0]}/{stream[1]}" in drift
                if unmarked and stream[:2] in PHOTOGRAPHS:
                    cells[kind, stream] = "as shown"
                    continue
                cells[kind, stream] = "SILENT" if unmarked else "marked" if differing else "exact, drift told" if told else "exact"
                silent += [f"{kind} {'/'.join(stream)} {day}" for day in unmarked]
    write(kinds, streams, cells)
    with capsys.disabled():
        count = {word: list(cells.values()).count(word) for word in sorted(set(cells.values()))}
        print(f"\n{len(kinds)} faults x {len(streams)} streams: {count}")
    assert silent == []


def write(kinds: list[str], streams: list[Stream], cells: dict[tuple[str, Stream], str]) -> None:
    """One row per stream and word other than *exact*; the whole matrix would be a thousand times that word."""
    count = {word: list(cells.values()).count(word) for word in sorted(set(cells.values()))}
    lines = [
        "# Faults and streams",
        "",
        "Written by `tests/integration/test_fault_matrix.py` (in `make test-long`). Each fault of the sandbox alone against each stream of",
        "each account, compared day by day with the same company without faults. *exact*: nothing differs in the end. *marked*: what",
        "differs is on days that are partial, failed, missing or have quarantined records. *drift told*: a field that no contract knows",
        "was reported. *as shown*: a photograph of what another report held at that hour; that other report is the one to look at.",
        "A silent difference fails the test.",
        "",
        f"{len(kinds)} faults x {len(streams)} streams = {len(cells)} cells: "
        + ", ".join(f"{n} {word}" for word, n in count.items())
        + ".",
        "",
        f"Faults: {', '.join(kinds)}.",
        "",
        "| stream | what | with these faults; exact with all others |",
        "|---|---|---|",
    ]
    for stream in streams:
        for word in sorted({cells[kind, stream] for kind in kinds} - {"exact"}):
            named = ", ".join(kind for kind in kinds if cells[kind, stream] == word)
            lines.append(f"| {'/'.join(stream)} | {word} | {named} |")
    always = ", ".join("/".join(stream) for stream in streams if {cells[kind, stream] for kind in kinds} == {"exact"})
    lines += ["", f"Exact under every fault: {always}."]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")
