"""What is served has the fields that the contracts declare, and nothing else but the drift that was asked for."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

import spend_assets
from spend_assets.sandbox.run import Sandbox, SandboxConfig
from tests.sandbox.reader import Reader

CONTRACT = yaml.safe_load((Path(spend_assets.__file__).parent / "landing/contracts/github_copilot.yml").read_text(encoding="utf-8"))[
    "streams"
]
DAY = date(2026, 10, 20)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Sandbox(SandboxConfig(people=80, days=40)) as sandbox:
        yield Reader(sandbox)


def unknown(record: Any, fields: dict[str, Any], path: str = "") -> set[str]:
    """Paths of the record that the contract does not name; nested records included."""
    found: set[str] = set()
    for key, value in record.items():
        if key not in fields:
            found.add(path + key)
            continue
        inner = fields[key].get("fields")
        if inner and not fields[key].get("open"):
            for item in value if isinstance(value, list) else [value] if value else []:
                found |= unknown(item, inner, f"{path}{key}.")
    return found


def required(record: dict[str, Any], stream: str) -> bool:
    return all(record.get(name) is not None for name, field in CONTRACT[stream]["fields"].items() if field.get("required"))


def lines(reader: Reader, name: str, day: date | None) -> list[Any]:
    found = reader.report(name, day)
    assert found is not None and found[1]
    return [json.loads(line) for line in found[0]]


def test_user_reports(reader: Reader) -> None:
    for name, stream, day in (
        ("users-1-day", "user_days", DAY),
        ("users-28-day/latest", "user_28_days", None),
        ("user-teams-1-day", "user_teams", DAY),
    ):
        records = lines(reader, name, day)
        assert records and all(required(record, stream) for record in records)
        assert set().union(*(unknown(record, CONTRACT[stream]["fields"]) for record in records)) == set()


def test_totals_of_a_user_day_are_the_sums_of_its_features(reader: Reader) -> None:
    records = lines(reader, "users-1-day", DAY)
    empty = [record for record in records if not record["totals_by_feature"] and record["ai_credits_used"]]
    assert empty and any(record["totals_by_feature"] for record in records)
    for record in records:
        for name in ("user_initiated_interaction_count", "code_generation_activity_count", "loc_added_sum"):
            assert record[name] == sum(feature[name] for feature in record["totals_by_feature"])


def test_credits_are_absent_before_the_field_existed() -> None:
    with Sandbox(SandboxConfig(people=40, days=12, end=date(2026, 6, 24))) as sandbox:
        reader = Reader(sandbox)
        sandbox.clock.advance(4 * 86400)
        assert not any("ai_credits_used" in record for record in lines(reader, "users-1-day", date(2026, 6, 18)))
        assert all("ai_credits_used" in record for record in lines(reader, "users-1-day", date(2026, 6, 19)))


@pytest.mark.parametrize(("kind", "stream"), [("ai_credit", "ai_credit_report"), ("detailed", "billing_report")])
def test_exports_have_the_declared_columns(reader: Reader, kind: str, stream: str) -> None:
    rows = reader.export(kind, date(2026, 10, 1), date(2026, 10, 3))
    assert set(rows[0]) == set(CONTRACT[stream]["fields"])
    assert all(None not in row and None not in row.values() for row in rows)


def test_token_columns_come_with_exports_made_from_september_on() -> None:
    with Sandbox(SandboxConfig(people=40, days=12, end=date(2026, 8, 28))) as sandbox:
        reader = Reader(sandbox)
        day = date(2026, 8, 20)
        before = reader.export("ai_credit", day, day)
        sandbox.clock.advance(10 * 86400)
        after = reader.export("ai_credit", day, day)
        assert "cache_read" not in before[0] and after[0]["cache_read"] == ""


def test_directory_and_summary(reader: Reader) -> None:
    seats = [seat for page in reader.pages("/enterprises/acme/copilot/billing/seats", 100) for seat in page["seats"]]
    assert seats and set().union(*(unknown(seat, CONTRACT["seats"]["fields"]) for seat in seats)) == set()
    answer = reader.ask(f"{reader.billing}/ai_credit/usage", "GITHUB_BILLING_TOKEN", params={"year": 2026, "month": 10, "day": 20})
    items = answer.json()["usageItems"]
    assert items and all(required(item, "ai_credit_usage") and not unknown(item, CONTRACT["ai_credit_usage"]["fields"]) for item in items)


def test_the_roster_has_the_declared_columns(reader: Reader, tmp_path: Path) -> None:
    contract = Path(spend_assets.__file__).parent / "landing/contracts/hr.yml"
    fields = yaml.safe_load(contract.read_text(encoding="utf-8"))["streams"]["roster"]["fields"]
    header = reader.sandbox.write_roster(tmp_path / "roster.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.split(",") == list(fields)
