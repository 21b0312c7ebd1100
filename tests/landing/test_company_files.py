"""Files that people make come in whole or not at all, in the notation of their country, and add up or replace as their kind does."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from spend_assets.clock import FixedClock
from spend_assets.landing.contracts import ContractError, load_contracts
from spend_assets.landing.exports import ImportRefused
from spend_assets.landing.inbox import Imported, import_file, import_inbox
from spend_assets.landing.notation import UNTOLD, Told
from tests.landing.conftest import Home

INVOICES = "vendor,invoice_id,currency,period_start,period_end,issued_on,total\n"
LINES = "vendor,invoice_id,line_id,kind,amount\n"
FX = "day,from_currency,to_currency,rate,source\n"
OWNERS = "vendor,key_kind,key,environment,owner_team,owner_employee_id,valid_from,valid_to\n"
WORKFLOWS = "workflow_id,name,owner_team,task_class,delivery_window,valid_from\n"
GOALS = "goal_id,scope,scope_id,measure,direction,target,valid_from\n"


class Desk(Home):
    """A home that takes files by their text."""

    def take(self, name: str, text: str, stream: str | None = None, told: Told = UNTOLD) -> Imported:
        path = self.path.parent / name
        path.write_text(text, encoding="utf-8", newline="")
        return import_file(path, "acme", stream, store=self.store, raw=self.raw, told=told)

    def refused(self, name: str, text: str, stream: str | None = None, told: Told = UNTOLD) -> str:
        before = sorted((self.path / "landing").rglob("*"))
        with pytest.raises(ImportRefused) as caught:
            self.take(name, text, stream, told)
        assert sorted((self.path / "landing").rglob("*")) == before, "a refused file lands nothing"
        return str(caught.value)

    def now(self, stream: str, columns: str) -> list[tuple[Any, ...]]:
        """The rows of the generation that counts for the newest day."""
        (vendor,) = (vendor for vendor, streams in self.contracts.items() if stream in streams)
        current = self.raw.current(vendor, stream, "acme")
        newest = current[max(current)]
        paths = self.raw.paths(vendor, stream, "acme", {newest.day: newest.generation})
        return self.raw.query(
            f"select {columns} from read_parquet($paths::varchar[], union_by_name = true) where _generation = $generation order by all",
            {"paths": paths, "generation": newest.generation},
        )

    def landed(self) -> str:
        return "".join(gzip.decompress(path.read_bytes()).decode() for path in sorted((self.path / "landing").rglob("*.gz")))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    contracts = {vendor: load_contracts()[vendor] for vendor in ("company", "hr")}
    return Desk(tmp_path / "data", FixedClock(datetime(2026, 10, 10, 6, tzinfo=UTC)), contracts)


def invoice(number: str, total: str, issued: str = "2026-10-02") -> str:
    return f"cursor,{number},USD,2026-09-01,2026-10-01,{issued},{total}\n"


def as_json(number: str, total: str, lines: list[dict[str, Any]] | None, **more: Any) -> str:
    body = {"vendor": "cursor", "invoice_id": number, "currency": "USD", "period_start": "2026-09-01", "period_end": "2026-10-01"}
    body |= {"issued_on": "2026-10-02", **more} | ({} if lines is None else {"lines": "LINES"})
    # Money stands as a number in the text, and passes through no float here either.
    return json.dumps(body)[:-1].replace('"LINES"', json.dumps(lines)) + f', "total": {total}}}'


def test_one_file_written_three_ways_is_the_same_to_the_cent(desk: Desk) -> None:
    files = {
        "iso.csv": "2026-09-14T21:23:08Z,2026-10-14,2026-10-15,1234.50,197.10,ops\n",
        "eu.csv": "14.09.2026 21:23:08;14.10.2026;15.10.2026;1.234,50;197,10;ops\r\n",
        "us.csv": '09/14/2026 21:23:08,10/14/2026,10/15/2026,"1,234.50",197.10,ops\n',
    }
    header = "vendor,invoice_id,currency,period_start,period_end,issued_on,total,tax,note\n"
    seen = []
    for name, row in files.items():
        sign = ";" if name == "eu.csv" else ","
        text = header.replace(",", sign) + f"cursor{sign}{name}{sign}EUR{sign}" + row
        desk.take(name, ("\ufeff" if name == "eu.csv" else "") + text)
        seen += desk.now("invoices", f"period_start, period_end, issued_on, total, tax, note, invoice_id = '{name}'")
    (same,) = {row[:-1] for row in seen}
    assert same[2:] == (date(2026, 10, 15), Decimal("1234.50"), Decimal("197.10"), "ops")
    assert same[0] == datetime(2026, 9, 14, 21, 23, 8)
    assert '"1.234,50"' in desk.landed() and '"1,234.50"' in desk.landed(), "what was sent is kept as sent"


def test_a_file_that_can_be_read_in_two_ways_is_refused_until_its_way_is_told(desk: Desk) -> None:
    text = FX.replace(",", ";") + "03/04/2026;EUR;USD;1,083;ecb_day\n"
    message = desk.refused("fx.csv", text)
    assert message.startswith("fx.csv: 2 errors:")
    assert all(word in message for word in ("row 2, column 'day'", "--dates dmy", "row 2, column 'rate'", "--decimals comma", "fx_rates"))
    assert "1,083" not in message and "03/04" not in message, "values are never repeated"
    desk.take("fx.dmy.comma.csv", text)
    assert desk.now("fx_rates", "day, rate") == [(date(2026, 4, 3), Decimal("1.083"))]
    desk.take("fx.csv", text, told=Told("mdy", "point"))
    assert desk.now("fx_rates", "day, rate") == [(date(2026, 3, 4), Decimal("1083")), (date(2026, 4, 3), Decimal("1.083"))]
    assert "row 2, column 'day'" in desk.refused("fx.csv", text, told=Told("iso", "comma"))
    assert "options are for CSV" in desk.refused("i.dmy.json", as_json("1", "1", None), "company/invoices")


def test_every_fault_is_named_at_once_by_row_and_column(desk: Desk) -> None:
    rows = [
        "anthropic,id,k1,prod,red,,2026-01-01,\n",
        "anthropic,name,k2,production,red,,2026-13-01,\n",
        "Anthropic,id,k3,ci,,,2026-01-01,\n",
        "anthropic,id,k4,ci,red\n",
        "anthropic,id,k5,ci,,E1,2026-05-01,2026-05-01\n",
        "anthropic,id, K1 ,prod,red,,2026-01-01,\n",
        "anthropic,id,k1,prod,blue,,2026-03-01,\n",
        "anthropic,id,,prod,blue,,2026-03-01,\n",
        "anthropic,id,k6,prod,, ,2026-03-01,\n",
    ]
    message = desk.refused("owners.csv", OWNERS + "".join(rows))
    assert message.splitlines()[0] == "owners.csv: 9 errors:"
    assert [line.split(":")[0].strip() for line in message.splitlines()[1:-1]] == [
        "row 5",
        "row 3, column 'environment'",
        "row 3, column 'valid_from'",
        "row 4, column 'vendor'",
        "row 6, column 'valid_to'",
        "rows 2 and 7",
        "row 9, column 'key'",
        "row 10, columns owner_employee_id and owner_team",
        "rows 2 and 8",
    ]
    assert "prod, staging, dev, ci" in message and "github_copilot" in message and "end the earlier one" in message
    assert message.splitlines()[-1].strip() == "Nothing was imported; what company/key_owners said before stays in force"


def test_twenty_faults_are_enough(desk: Desk) -> None:
    message = desk.refused("fx.csv", FX + "2026-01-01,EUR,USD,x,ecb_day\n" * 30)
    assert "30 errors, of which the first 20" in message and len(message.splitlines()) == 22


@pytest.mark.parametrize("measure", ["tokens", "ai_credits_used", "active_users", "acceptance_rate", "spend_per_developer"])
def test_a_goal_on_use_is_refused_with_the_reason(desk: Desk, measure: str) -> None:
    good = "g1,team,red,cost_per_merged_change_usd,at_most,12.5,2026-07-01\n"
    message = desk.refused("goals.csv", GOALS + good + f"g2,team,red,{measure},at_least,5,2026-07-01\n")
    assert "row 3, column 'measure'" in message and "on an outcome or on a unit cost" in message and "lead_time_hours" in message
    assert desk.take("goals.csv", GOALS + good).records == 1
    assert desk.now("goals", "measure, target") == [("cost_per_merged_change_usd", Decimal("12.5"))]


def test_goals_and_budgets_are_never_on_a_person(desk: Desk) -> None:
    assert "never on a person" in desk.refused("g.csv", GOALS + "g,person,E1,merged_changes,at_least,5,2026-07-01\n")
    budget = "scope,scope_id,month,amount,currency\n"
    message = desk.refused("b.csv", budget + "person,E1,2026-10-02,5,usd\n")
    assert "never on a person" in message and "column 'month'" in message and "column 'currency'" in message and "EUR" in message


@pytest.mark.parametrize(
    ("window", "good"),
    [("Mon-Fri 06:00-18:00", True), ("Sat", True), ("", True), ("Mon-Sun 00:00-24:00", True), ("weekdays", False), ("Mon 6-18", False)],
)
def test_a_delivery_window_is_days_and_hours(desk: Desk, window: str, good: bool) -> None:
    text = WORKFLOWS + f"deps,Updates,red,automation,{window},2026-01-01\n"
    if good:
        assert desk.take("w.csv", text).stream == "workflows"
    else:
        assert "column 'delivery_window': expected days and UTC hours" in desk.refused("w.csv", text)


def test_formulas_stay_text(desk: Desk) -> None:
    desk.take("w.csv", WORKFLOWS + 'deps,"=HYPERLINK(""http://x"")",@red,docs,,2026-01-01\n')
    assert desk.now("workflows", "name, owner_team") == [('=HYPERLINK("http://x")', "@red")]


def test_a_second_invoice_of_a_day_adds_and_the_same_one_again_corrects(desk: Desk) -> None:
    desk.take("one.csv", INVOICES + invoice("A", "100") + invoice("B", "200"))
    desk.take("two.csv", INVOICES + invoice("C", "300"))
    assert desk.now("invoices", "invoice_id, total") == [("A", 100), ("B", 200), ("C", 300)], "both files came in at one instant"
    # Corrected: another total, and it was issued on another day than was said first.
    assert desk.take("three.csv", INVOICES + invoice("a", "101.50", "2026-10-01")).new
    desk.at(date(2026, 11, 4))
    desk.take("four.csv", INVOICES + invoice("D", "-5"))
    assert desk.now("invoices", "invoice_id, total") == [("B", 200), ("C", 300), ("D", -5), ("a", Decimal("101.5"))]
    desk.reopen()
    assert not desk.take("four.csv", INVOICES + invoice("D", "-5")).new, "nothing new is said"
    early = desk.raw.current("company", "invoices", "acme")[date(2026, 10, 10)]
    assert early.rows == 3, "what was known before stays known as it was"


def test_an_invoice_in_json_brings_its_lines_and_corrects_them(desk: Desk) -> None:
    line = {"line_id": 1, "kind": "seat", "amount": 80}
    imported = desk.take("a.json", as_json("A", "100.10", [line, {"line_id": 2, "kind": "usage", "amount": 20}]))
    assert (imported.stream, imported.records, imported.quarantined) == ("invoices", 3, 0)
    desk.take("lines.csv", LINES + "cursor,B,1,seat,7\ncursor,B,2,tax,1.33\n")
    desk.take("c.json", "[" + as_json("C", "1", []) + "," + as_json("D", "2", None) + "]")
    columns = "invoice_id, line_id, kind, amount"
    assert desk.now("invoice_lines", columns) == [
        ("A", "1", "seat", 80),
        ("A", "2", "usage", 20),
        ("B", "1", "seat", 7),
        ("B", "2", "tax", Decimal("1.33")),
    ]
    desk.take("a2.json", as_json("A", "80.10", [{**line, "amount": 80.1, "vendor": "cursor"}]))
    assert desk.now("invoice_lines", columns)[0] == ("A", "1", "seat", Decimal("80.1"))
    assert len(desk.now("invoice_lines", columns)) == 3, "a line that the correction does not have is gone"
    desk.take("a3.json", as_json("A", "80.10", None, void=True))
    assert len(desk.now("invoice_lines", columns)) == 3, "a header without lines says nothing of them"
    assert desk.now("invoices", "invoice_id, void")[0] == ("A", True)
    desk.take("a4.json", as_json("A", "80.10", []))
    assert desk.now("invoice_lines", "invoice_id") == [("B",), ("B",)]


def test_faults_inside_a_json_invoice_are_found_by_item_and_line(desk: Desk) -> None:
    bad = [{"line_id": "1", "kind": "seats", "amount": "1.234,5"}, {"line_id": "1", "kind": "seat", "amount": 1, "invoice_id": "Z"}]
    message = desk.refused("a.json", "[" + as_json("A", "1", None) + "," + as_json("B", "1", bad) + "]")
    for words in ("item 2, lines 1, column 'kind'", "item 2, lines 1, column 'amount'", "item 2, lines 2, 'invoice_id'"):
        assert words in message
    assert "item 1" in desk.refused("b.json", as_json("A", "1", None).replace("2026-09-01", "2026-12-01"))
    assert "expected a list" in desk.refused("c.json", as_json("A", "1", None)[:-1] + ', "lines": {"a": 1}}')
    assert "JSON" in desk.refused("d.json", as_json("A", "1", None)[:-5], "company/invoices")


def test_a_run_that_was_killed_between_header_and_lines_goes_on_there(desk: Desk) -> None:
    text = as_json("A", "80", [{"line_id": "1", "kind": "seat", "amount": 80}])
    desk.take("a.json", text.replace(', "lines"', ', "later"'))
    assert [attempt.outcome for attempt in desk.store.attempts("company", "invoice_lines", "acme")] == []
    desk.take("a.json", text)
    desk.take("a.json", text)
    assert desk.now("invoices", "invoice_id") == [("A",)]
    assert desk.now("invoice_lines", "invoice_id, amount") == [("A", 80)]


def test_rates_add_up_over_files_and_a_rate_is_corrected(desk: Desk) -> None:
    desk.take("july.csv", FX + "2026-07-01,EUR,USD,1.08,ecb_day\n2026-07-01,EUR,USD,1.09,month_average\n")
    desk.take("august.csv", FX + "2026-07-01,EUR,USD,1.10,ecb_day\n2026-08-03,EUR,USD,1.11,ecb_day\n")
    assert desk.now("fx_rates", "day::varchar, source, rate") == [
        ("2026-07-01", "ecb_day", Decimal("1.10")),
        ("2026-07-01", "month_average", Decimal("1.09")),
        ("2026-08-03", "ecb_day", Decimal("1.11")),
    ]
    assert "column 'rate'" in desk.refused("zero.csv", FX + "2026-07-01,EUR,USD,0,ecb_day\n")


def test_of_two_statements_that_come_in_at_once_the_last_one_counts(desk: Desk) -> None:
    folder = desk.path / "inbox" / "hr" / "acme" / "roster"
    folder.mkdir(parents=True)
    for round_, teams in enumerate(["red blue", "blue red", "red green"]):
        for name, team in zip(("a.csv", "b.csv"), teams.split(), strict=True):
            (folder / name).write_text(f"employee_id,email,team,valid_from\n1,a@x.com,{team},2026-01-01\n")
        report = import_inbox(desk.path / "inbox", desk.contract("roster"), store=desk.store, raw=desk.raw)
        assert (len(report.imported), report.refused) == (2, [])
        assert desk.now("roster", "team") == [(teams.split()[1],)], round_


def test_a_file_states_all_unless_its_kind_adds_up(desk: Desk) -> None:
    desk.take("w1.csv", WORKFLOWS + "deps,Updates,red,automation,,2026-01-01\ndocs,Docs,red,docs,,2026-01-01\n")
    desk.take("w2.csv", WORKFLOWS + "docs,Docs,blue,docs,,2026-01-01\n")
    assert desk.now("workflows", "workflow_id, owner_team") == [("docs", "blue")]
    assert "would take away" in desk.refused("w3.csv", WORKFLOWS)
    assert "UTF-8" in _refused_bytes(desk, (WORKFLOWS + "docs,Caf\u00e9,blue,docs,,2026-01-01\n").encode("cp1252"))


def test_each_entity_has_a_roster_of_its_own_in_the_way_of_its_country(desk: Desk) -> None:
    header = "employee_id,email,team,entity,valid_from,valid_to\n"
    files = {
        "acme-inc": header + "E1,a@x.com,red,Acme Inc,2026-01-01,2026-02-03\nE1,a@x.com,blue,Acme Inc,2026-02-03,\n",
        "acme-gmbh": header.replace(",", ";") + "E2;b@x.com;red;Acme GmbH;01.01.2026;31.12.2026\n",
        "acme-india": header + "E3,c@x.com,green,Acme India,01/02/2026,28/02/2026\n",
    }
    for account, text in files.items():
        folder = desk.path / "inbox" / "hr" / account / "roster"
        folder.mkdir(parents=True)
        (folder / "roster.csv").write_text(text)
    report = import_inbox(desk.path / "inbox", desk.contract("roster"), store=desk.store, raw=desk.raw)
    assert (len(report.imported), report.refused) == (3, [])
    rows = desk.raw.query(
        "select _account, team, valid_from, valid_to from read_parquet($pattern) order by all",
        {"pattern": str(desk.path / "raw" / "hr" / "roster" / "acme*" / "**" / "*.parquet")},
    )
    assert rows == [
        ("acme-gmbh", "red", date(2026, 1, 1), date(2026, 12, 31)),
        ("acme-inc", "blue", date(2026, 2, 3), None),
        ("acme-inc", "red", date(2026, 1, 1), date(2026, 2, 3)),
        ("acme-india", "green", date(2026, 2, 1), date(2026, 2, 28)),
    ]


def _refused_bytes(desk: Desk, body: bytes) -> str:
    path = desk.path.parent / "latin.csv"
    path.write_bytes(body)
    with pytest.raises(ImportRefused) as caught:
        import_file(path, "acme", store=desk.store, raw=desk.raw)
    return str(caught.value)


SPEND = """
vendor: maker
streams:
  spend:
    title: Spend report
    grain: One row per user.
    route: file
    window: day
    settle_days: 0
    refetch_days: 0
    late_change: none
    key: [day, user]
    day_field: day
    day_from: file_name
    recognised_by: [user, usd]
    fields:
      day: {type: date, required: true}
      user: {type: string, required: true}
      usd: {type: decimal}
  calls:
    title: Calls
    grain: One record per call.
    route: file
    window: day
    settle_days: 0
    refetch_days: 0
    late_change: none
    key: [id]
    day_field: at
    importable: true
    wrapped_in: data
    fields:
      id: {type: string, required: true}
      at: {type: timestamp, required: true}
      usd: {type: decimal}
  tools:
    title: Tools
    grain: One record per tool.
    route: file
    window: snapshot
    settle_days: 0
    refetch_days: 0
    late_change: none
    key: [tool]
    importable: true
    fields:
      tool: {type: string, required: true}
"""


@pytest.fixture
def maker(tmp_path: Path) -> Desk:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "maker.yml").write_text(SPEND)
    return Desk(tmp_path / "data", FixedClock(datetime(2026, 10, 10, 6, tzinfo=UTC)), load_contracts(tmp_path / "contracts"))


@pytest.mark.parametrize("name", ["spend-2026-10-03.csv", "2026-10-03.csv", "claude team 2026-10-03.csv"])
def test_a_file_without_dates_has_its_day_from_its_name(maker: Desk, name: str) -> None:
    imported = maker.take(name, "user,usd\nann,1.5\n,2\n")
    assert (imported.window.start, imported.records, imported.quarantined) == (date(2026, 10, 3), 2, 0)
    assert maker.now("spend", "usd, _day, day") == [(usd, date(2026, 10, 3), date(2026, 10, 3)) for usd in (Decimal("1.5"), 2)]
    maker.take("again-2026-10-03.comma.csv", "user;usd\nann;1.001,5\n")
    assert maker.now("spend", "user, usd") == [("ann", Decimal("1001.5"))], "an export is read as the vendor writes, unless it is told"
    maker.at(date(2026, 10, 11))
    assert maker.take("none-2026-10-03.csv", "user,usd\n").new
    assert maker.now("spend", "user") == [], "a day without rows is a day on which nothing was spent"


@pytest.mark.parametrize(
    "name", ["spend.csv", "spend-2026-10.csv", "spend-2026-13-40.csv", "spend-2026-10-11.csv", "2026-10-03-v2.csv", "x12026-10-03.csv"]
)
def test_a_name_without_a_day_that_is_over_is_refused(maker: Desk, name: str) -> None:
    assert "spend-2026-10-31.csv" in maker.refused(name, "user,usd\nann,1.5\n")
    assert "taken from the file's name" in maker.refused("s-2026-10-03.csv", "day,user,usd\n2026-10-03,ann,1.5\n")


def test_json_is_recognised_by_its_keys_and_dated_by_its_instants(maker: Desk) -> None:
    records = [{"id": 1, "at": "2026-10-03T23:30:00-02:00", "usd": 0.1}, {"id": 2, "at": "2026-10-05T00:00:00Z"}]
    imported = maker.take("c.json", json.dumps({"data": records, "page": 1}))
    assert (imported.stream, imported.records, imported.window.start) == ("calls", 2, date(2026, 10, 4)), "the UTC day"
    assert sorted(day.day for day in maker.raw.current("maker", "calls", "acme")) == [4, 5], "the day between stays unknown"
    assert maker.take("t.ndjson", '{"tool": "bash"}\n{"tool": "edit"}\n').stream == "tools"
    assert "no stream" in maker.refused("x.json", '{"thing": 1}')
    assert "imported from a JSON file" in maker.refused("t.csv", "tool\nbash\n", "tools")
    assert "imported from a CSV file" in maker.refused("s.json", '{"user": "ann"}', "maker/spend")


def test_a_contract_that_contradicts_itself_is_named(tmp_path: Path, project_root: Path) -> None:
    folder = project_root / "spend_assets" / "landing" / "contracts"
    good = (folder / "company.yml").read_text(encoding="utf-8")
    faults: dict[str, Callable[[str], str]] = {
        "adds": lambda text: text.replace("parts: {lines: invoice_lines}", "parts: {lines: budgets}"),
        "window": lambda text: text.replace("accumulates: [day, from", "window: day\n    accumulates: [day, from", 1),
        "named": lambda text: text.replace("one_of: [[owner_employee_id", "one_of: [[owner"),
    }
    for name, spoil in faults.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "company.yml").write_text(spoil(good), encoding="utf-8")
        with pytest.raises(ContractError, match=r"company\.yml, stream"):
            load_contracts(tmp_path / name)


def test_the_documentation_names_every_column_and_its_example_comes_in(desk: Desk, project_root: Path) -> None:
    text = (project_root / "docs" / "inbox.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1].split("/")[-1]: line for line in text.splitlines() if line.startswith("| `")}
    for vendor in ("company", "hr"):
        for stream, contract in desk.contracts[vendor].items():
            words = set(rows[stream].replace("\\*", "* ").replace(",", " ").replace("|", " ").split())
            for field in contract.fields:
                if field.name != "note":
                    assert f"{field.name}{'*' if field.required else ''}" in words, f"{stream}: {field.name}"
    assert desk.take("example.json", text.split("```json\n")[1].split("```")[0]).records == 3
    total, tax = desk.now("invoices", "total, tax")[0]
    assert sum(amount for (amount,) in desk.now("invoice_lines", "amount")) + tax == total
