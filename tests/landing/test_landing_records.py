"""Strict typing of single records: exact money, bounds before conversion, drift by path, no values in findings."""

from decimal import ROUND_HALF_UP, Decimal

import duckdb
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spend_assets.landing.contracts import load_contracts
from spend_assets.landing.records import EXACT, BadRecord, Typer

GITHUB = load_contracts()["github_copilot"]
USER = {"day": "2026-10-01", "user_id": 7, "user_login": "ann"}
BILLED = {
    "date": "2026-10-01",
    "username": "ann",
    "product": "copilot",
    "sku": "copilot_ai_credit",
    "quantity": "1",
    "unit_type": "ai-credits",
    "applied_cost_per_quantity": "0.01",
    "gross_amount": "0.01",
    "discount_amount": "0",
    "net_amount": "0.01",
}


def user(**fields: object) -> bytes:
    return msgspec.json.encode({**USER, **fields})


def bad(stream: str, line: bytes) -> BadRecord:
    with pytest.raises(BadRecord) as caught:
        Typer(GITHUB[stream])(line)
    return caught.value


@st.composite
def number_texts(draw: st.DrawFn) -> str:
    whole = draw(st.integers(min_value=0, max_value=10**15 - 1))
    fraction = draw(st.text("0123456789", max_size=25))
    exponent = draw(st.sampled_from(["", "", "e-3", "E-12", "e+0", "e-30"]))
    return f"{draw(st.sampled_from(['', '-']))}{whole}{'.' + fraction if fraction else ''}{exponent}"


@settings(max_examples=60, deadline=None)
@given(st.lists(number_texts(), min_size=1, max_size=20), st.booleans())
def test_money_text_reaches_duckdb_exactly(texts: list[str], quoted: bool) -> None:
    typer = Typer(GITHUB["ai_credit_usage"])
    item = {"product": "c", "sku": "s", "unitType": "u", "grossAmount": 0}
    lines = []
    for text in texts:
        number = msgspec.Raw((f'"{text}"' if quoted else text).encode())
        typed = typer(msgspec.json.encode({**item, "netAmount": number}))
        exact = Decimal(text)
        assert EXACT.add(typed["netAmount"], typer.residual.get("netAmount", Decimal(0))) == exact
        lines.append(msgspec.json.encode(typed).decode())
    got = duckdb.execute(
        """select from_json(line, '{"netAmount":"DECIMAL(28,12)"}').netAmount from (select unnest($1::varchar[]) as line)""", [lines]
    )
    rounded = [Decimal(text).quantize(Decimal("1e-12"), rounding=ROUND_HALF_UP, context=EXACT) for text in texts]
    assert [value for (value,) in got.fetchall()] == rounded


@pytest.mark.parametrize(
    "text", ["1e2000000", "1e31", "1e-31", "12345678901234567", "NaN", "Infinity", "1,5", "", "0x1", "1_000", "٣", "9" * 5000]
)
def test_numbers_out_of_bounds_are_quarantined_before_conversion(text: str) -> None:
    fault = bad("ai_credit_report", msgspec.json.encode({**BILLED, "net_amount": text}))
    assert fault.field == "net_amount"
    assert text == "" or text not in fault.reason + fault.shape


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"day": "2026-10-01", "user_id": 7, "user_login": "ann", "ai_credits_used": NaN}', "no valid JSON"),
        (b'{"day": "2026-10-01", "user_id": 7, "user_', "no valid JSON"),
        (b"\xff\xfe", "no valid JSON"),
        (b'["2026-10-01", "7"]', "a record must be a JSON object"),
        (user(x=msgspec.Raw(b"[" * 70 + b"]" * 70)), "nested deeper"),
        (user(x=msgspec.Raw(b"[" * 50_000 + b"]" * 50_000)), "nested deeper"),
        (user(user_login="x" * (16 * 2**20)), "longer than the bound"),
    ],
)
def test_broken_lines_are_quarantined(line: bytes, reason: str) -> None:
    assert reason in bad("user_days", line).reason


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("user_id", 2**63, "more than 64 bits"),
        ("user_id", msgspec.Raw(b"9" * 40), "64 bits"),
        ("user_id", True, "expected an integer"),
        ("user_id", "seven", "expected an integer"),
        ("user_id", msgspec.Raw(b"7.5"), "fraction"),
        ("user_id", None, "required"),
        ("day", "01/10/2026", "YYYY-MM-DD"),
        ("day", "2026-02-30", "a date that exists"),
        ("ai_credits_used", -1, "below the smallest"),
        ("used_chat", "yes", "true or false"),
        ("totals_by_ide", {}, "expected a list"),
        ("totals_by_cli", [], "expected an object"),
    ],
)
def test_a_value_of_another_type_is_quarantined(field: str, value: object, reason: str) -> None:
    fault = bad("user_days", user(**{field: value}))
    assert (fault.field, reason in fault.reason) == (field, True)


def test_the_path_of_a_fault_inside_a_list_is_named() -> None:
    assert bad("user_days", user(totals_by_ide=[{"ide": "vscode"}, {"loc_added_sum": 1}])).field == "totals_by_ide[].ide"


def test_absent_and_null_stay_absent_and_integral_numbers_are_integers() -> None:
    typed = Typer(GITHUB["user_days"])(user(ai_credits_used=None, loc_added_sum=msgspec.Raw(b"12.0"), totals_by_ide=[]))
    assert typed == {**USER, "loc_added_sum": 12, "totals_by_ide": []}


@pytest.mark.parametrize("sent", ["12", "12.0", msgspec.Raw(b"12e0")])
def test_a_whole_number_as_text_is_that_number(sent: object) -> None:
    assert Typer(GITHUB["user_days"])(user(loc_added_sum=sent)) == {**USER, "loc_added_sum": 12}


def test_empty_cells_are_null_except_in_text() -> None:
    typed = Typer(GITHUB["ai_credit_report"])(msgspec.json.encode({**BILLED, "username": "", "aic_quantity": "", "input": "12.0"}))
    assert typed["username"] == "" and "aic_quantity" not in typed and typed["input"] == 12


def test_unknown_keys_are_drift_by_path_and_open_objects_report_none() -> None:
    typer = Typer(GITHUB["user_days"])
    typer(user(new=1, totals_by_cli={"session_count": 1, "extra": {}}, totals_by_ide=[{"ide": "x", "other": 1}], etl_id="ignored"))
    assert sorted(typer.drift) == ["new", "totals_by_cli.extra", "totals_by_ide[].other"]
    seats = Typer(GITHUB["seats"])
    typed = seats(
        msgspec.json.encode({"created_at": "2026-01-01T01:00:00+02:00", "assignee": {"id": 1, "login": "ann", "avatar_url": "u"}})
    )
    assert seats.drift == []
    assert typed["assignee"] == {"id": 1, "login": "ann"}
    assert typed["created_at"] == "2025-12-31 23:00:00"
