"""No float touches money: what files are typed as, what the SQL does, what marts promise. tests/dbt holds the built tables to it too."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
MONEY = re.compile(r"(_usd|_amount|Cost)$|^(amount|total|tax|unit_price|rate|x_.*Usd)$")


def columns(path: Path) -> list[tuple[str, str]]:
    document = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return [
        (str(column["name"]), str(column.get("data_type", "")))
        for model in document.get("models", [])
        for column in model.get("columns", [])
        if "data_type" in column
    ]


def test_marts_promise_decimals_for_money() -> None:
    found = [(path.name, name, kind) for path in sorted((ROOT / "dbt_project/models/marts").rglob("*.yml")) for name, kind in columns(path)]
    money = [(file, name, kind) for file, name, kind in found if MONEY.search(name)]
    assert len(money) > 40
    assert [entry for entry in money if not entry[2].startswith("decimal(")] == []


def fields(specs: dict[str, Any]) -> list[tuple[str, str]]:
    found = []
    for name, spec in specs.items():
        found.append((name, str(spec.get("type"))))
        found += fields(spec.get("fields", {}))
    return found


def test_what_comes_in_is_typed_as_decimal() -> None:
    """Amounts, prices and rates of every contract, in whichever unit a vendor sends them."""
    words = re.compile(r"amount|cents|price|cost|spend|fee$|^rate$|^total$|^tax$", re.IGNORECASE)
    wrong = []
    for path in sorted((ROOT / "spend_assets/landing/contracts").glob("*.yml")):
        for stream, contract in yaml.safe_load(path.read_text(encoding="utf-8"))["streams"].items():
            wrong += [
                f"{path.stem}/{stream}.{name}" for name, kind in fields(contract["fields"]) if words.search(name) and kind == "double"
            ]
    assert wrong == []


def test_no_sql_of_bills_divides_or_averages() -> None:
    files = [
        *(ROOT / "dbt_project/models/intermediate/charges").glob("*.sql"),
        *(ROOT / "dbt_project/models/marts/reconciliation").glob("*.sql"),
    ]
    files += [ROOT / "dbt_project/macros/billing.sql", ROOT / "dbt_project/models/marts/finance/charges.sql"]
    assert len(files) > 10
    for path in files:
        text = re.sub(r"'[^']*'|--[^\n]*|\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(r"[\w)]\s/\s[\w(]|\bavg\s*\(|as double|as float", text), path.name
