"""No float touches money: what files are typed as, what the SQL does, what marts promise. tests/dbt holds the built tables to it too."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "dbt_project" / "models"
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


FLOATS = (
    r"[\w)}]\s+/\s+[\w(]|\b(avg|median|mad|mode|pow|exp|ln|sqrt|stddev\w*|var_\w+|percentile_cont|quantile_cont)\s*\("
    r"|\bas (double|float|real)\b|::\s*(double|float|real)\b"
)
"""What makes a float of a number, or lets one in."""
WORD = re.compile(r"[A-Za-z_]\w*")
AMOUNT = re.compile(r"(_usd|_cents|_amount|Cost|Usd)$|^amount$|^any$")
"""Names of columns that hold money. `any`: the name comes from a loop of Jinja, and may be one of them."""
REVIEWED = {
    "int_forecast_paths": (
        {"amount", "expected_amount", "missing_amount", "expected_usd", "expected_use_usd"}, "what days will bring: an estimate",
    ),
    "int_budget_status": ({"forecast_any_usd", "any"}, "the band of a forecast, and days by it"),
    "budget_status": ({"any"}, "forecasts, told in three digits"),
    "judgements": ({"any"}, "figures that are judged, rounded"),
    "pool_status": ({"any"}, "days on which a pool runs out, by the forecast"),
    "int_signal_usage": ({"amount"}, "what detection compares; anomalies tell the exact sums"),
    "int_signal_workflow_days": ({"amount", "any"}, "what detection compares; anomalies tell the exact sums"),
    "int_work_costs": ({"low_usd", "high_usd"}, "the band of a cost that is shared out"),
    "int_task_costs": ({"low_usd", "high_usd"}, "the band of a cost that is shared out"),
    "spend_per_workflow_daily": (
        {"effective_low_usd", "effective_high_usd", "cost_per_completed_task_usd", "cost_per_started_task_usd"}, "bands and ratios",
    ),
    "model_swaps": ({"before_cost_per_completed_task_usd", "after_cost_per_completed_task_usd", "any_usd"}, "ratios"),
    "delivery_weekly": ({"cost_per_accepted_ai_line_usd", "cost_per_ai_merged_change_usd", "cost_per_deployment_usd"}, "ratios"),
    "int_waste_findings": ({"output_usd"}, "a usual price: the median of several"),
    "savings_estimates": ({"caching_usd", "caching_estimated_usd", "routing_usd", "routing_estimated_usd"}, "what might be saved"),
}  # fmt: skip
"""Model -> columns of money that a float may touch, and why: estimates and ratios, nothing that anything adds up to."""


def plain(sql: str) -> str:
    """Without comments and without what stands in quotes, except in Jinja, whose strings are SQL."""
    text = re.sub(r"\{#.*?#\}|--[^\n]*", "", sql, flags=re.DOTALL)
    parts = re.split(r"(\{\{.*?\}\}|\{%.*?%\})", text, flags=re.DOTALL)
    text = "".join(part if place % 2 else re.sub(r"'[^']*'", "''", part) for place, part in enumerate(parts))
    return re.sub(r"(\bas \w*)\{\{\s*\w+\s*\}\}", r"\1any", text)


def named_expressions(sql: str) -> list[tuple[str, str]]:
    """Every `expression as name`, back to the comma, bracket or `select` before it."""
    found = []
    for match in re.finditer(r"\bas\s+\"?([A-Za-z_]\w*)", sql):
        place, depth = match.start() - 1, 0
        while place >= 0:
            if sql[place] in ")]}":
                depth += 1
            elif sql[place] in "([{":
                depth -= 1
            if depth < 0 or (depth == 0 and (sql[place] == "," or re.match(r"\bselect\b", sql[place : place + 7]))):
                break
            place -= 1
        found.append((sql[place + 1 : match.start()], match.group(1)))
    return found


def money_touched_by_floats(sql: str, floats: re.Pattern[str]) -> set[str]:
    """Columns of money in whose making a float is, also by the way of other columns of the model."""
    expressions = [
        (expression, name) for expression, name in named_expressions(plain(sql)) if not re.match(r"\s*(with|from)\b", expression)
    ]
    touched: set[str] = set()
    before = -1
    while before != len(touched):
        before = len(touched)
        touched |= {name for text, name in expressions if floats.search(text) or touched & set(WORD.findall(text))}
    return {name for name in touched if AMOUNT.search(name)}


@pytest.fixture(scope="module")
def floats() -> re.Pattern[str]:
    """What makes a float, and every macro in which something does."""
    names = set()
    for path in sorted((ROOT / "dbt_project/macros").glob("*.sql")):
        for name, body in re.findall(r"macro (\w+)\(.*?\)\s*-?%\}(.*?)\{%-?\s*endmacro", path.read_text(encoding="utf-8"), re.DOTALL):
            if re.search(FLOATS, plain(body)):
                names.add(name)
    assert {"share", "three_digits", "weighted_level"} <= names and not names & {"allocate", "fraction_of", "times", "percent_of"}
    return re.compile(rf"{FLOATS}|\b({'|'.join(sorted(names))})\(")


def test_no_money_of_any_model_is_made_with_a_float(floats: re.Pattern[str]) -> None:
    found = {path.stem: money_touched_by_floats(path.read_text(encoding="utf-8"), floats) for path in sorted(MODELS.rglob("*.sql"))}
    assert len(found) > 100
    assert {model: names for model, names in found.items() if names} == {model: names for model, (names, _) in REVIEWED.items()}


def test_a_share_that_is_a_float_is_found_also_by_its_name(floats: re.Pattern[str]) -> None:
    """The bug this test was widened for: what a scope had spent was the bill's amount times a share of two doubles."""
    sql = """
    with shares as (select billed_usd, cast(own as double) / nullif(cast(whole as double), 0) as part_of_month from {{ ref('int_x') }}),
    halves as (select {{ times('billed_usd', "part_of_month") }} as spent_usd, billed_usd as kept_usd from shares)
    select {% for name in ['spent_usd'] %}cast({{ name }} as decimal(28, 12)) as {{ name }}{% endfor %},
        spent_usd / 2 as half_usd, kept_usd * 2 as twice_usd from halves
    """
    assert money_touched_by_floats(sql, floats) == {"any", "spent_usd", "half_usd"}
