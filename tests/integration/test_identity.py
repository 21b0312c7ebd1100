"""Who spent it: dollars per person and day against the sandbox's truth, on unseen seeds; and seats and keys in the wrong hands."""

import csv
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from spend_assets.dbt_build import run_dbt
from spend_assets.pipeline import Pipeline
from spend_assets.sandbox.anthropic_people import AnthropicPeople
from spend_assets.sandbox.company_files import write_company_files
from spend_assets.sandbox.run import Sandbox, SandboxConfig
from spend_assets.settings import parse_settings
from tests.integration.lab import PSEUDONYM_KEY, Lab, hurried

pytestmark = pytest.mark.long

ZERO = Decimal(0)
COMPANIES = [
    pytest.param((40, 21, 74_116), id="40 people"),
    # Long enough that strangers register logins again that others gave up.
    pytest.param((26, 46, 91_743), id="re-used logins"),
]
FINDINGS = (
    "leavers_do_not_spend",
    "keys_keep_to_one_environment",
    "human_seats_run_no_schedules",
    "use_has_a_seat",
    "seats_are_used",
    "one_person_per_login",
)
Key = tuple[str, str, date, str]
Row = dict[str, Any]
Text = dict[str, str]


@dataclass
class People:
    """A built home with its sandbox. `left`: an employee whom HR lets go in the middle, while Cursor and a key of theirs go on."""

    lab: Lab
    left: str
    left_on: date
    key_name: str

    def finding(self, name: str, warehouse: Path | None = None) -> list[Row]:
        path = next((self.lab.home / "builds" / "identity" / "compiled").rglob(f"{name}.sql"))
        with duckdb.connect(str(warehouse or self.lab.pipeline.warehouse.path), read_only=True) as connection:
            result = connection.execute(path.read_text(encoding="utf-8"))
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


@pytest.fixture(scope="module", params=COMPANIES)
def people(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    size, days, seed = request.param
    config = SandboxConfig(people=size, days=days, seed=seed, faults={"renamed_login": 0.08})
    home = tmp_path_factory.mktemp("identity") / "home"
    with pytest.MonkeyPatch.context() as env, Sandbox(config) as sandbox:
        for name, token in (sandbox.tokens | {"SPEND_PSEUDONYM_KEY": PSEUDONYM_KEY}).items():
            env.setenv(name, token)
        document = tomllib.loads(sandbox.settings())
        # Pull requests say nothing of who spent what.
        del document["sources"]["github"][0]["repositories"]
        lab = Lab(sandbox, Pipeline(parse_settings(document, home=home), sandbox.clock, sleep=hurried))
        lab.at(config.end + timedelta(days=9))
        found = People(lab, "", config.start + timedelta(days=7), "")
        _drop_files(found)
        assert lab.ingest() == []
        _build(lab)
        yield found


def _build(lab: Lab) -> None:
    lab.pipeline.write_platform_tables(lab.said.append)
    with lab.pipeline.building(lab.said.append) as build:
        select = ["--select", "+unmatched_spend", *(f"+{name}" for name in FINDINGS), "--indirect-selection", "empty"]
        target = lab.home / "builds" / "identity"
        run_dbt(["build", *lab.pipeline.dbt_arguments(build), *select], build.warehouse, target)


def _drop_files(people: People) -> None:
    """HR's and the company's files, changed in three places: somebody left, and has a key; and that key is for another environment."""
    lab, world = people.lab, people.lab.sandbox.world
    lab.drop_roster()
    write_company_files(world, lab.home / "inbox", world.clock.now(), lab.sandbox.vendors)
    config = lab.sandbox.config
    spent: dict[str, Decimal] = defaultdict(Decimal)
    for cell in lab.sandbox.cells(people.left_on, config.end):
        if cell.vendor == "cursor" and cell.employee_id:
            spent[cell.employee_id] += cell.consumption_usd or ZERO
    others = {p.employee_id for p in world.organisation.people if p.gone or len(p.spans) > 1 or p.spans[0].start >= config.start}
    people.left = max((employee for employee in spent if employee not in others), key=lambda employee: spent[employee])

    def leave(row: Text) -> Text:
        return row | {"valid_to": row["valid_to"] or str(people.left_on)}

    def leaves(row: Text) -> bool:
        return row["employee_id"] == people.left

    folder = lab.home / "inbox"
    _rewrite(folder / "hr" / "acme" / "roster" / "roster.csv", leaves, leave)
    owners = folder / "company" / "acme" / "key_owners" / "key_owners.csv"
    spends = {cell.principal for cell in lab.sandbox.cells(config.end - timedelta(days=6), config.end)}
    keys = AnthropicPeople(world.organisation).keys
    working = {key.name for key in keys if (key.service_account or key.id) in spends}
    with owners.open(encoding="utf-8", newline="") as file:
        people.key_name = next(row["key"] for row in csv.DictReader(file) if row["owner_team"] and row["key"] in working)
    mine = {"owner_employee_id": people.left, "owner_team": "", "environment": "staging"}
    _rewrite(owners, lambda row: row["key"] == people.key_name, lambda row: row | mine)


def _rewrite(path: Path, which: Callable[[Text], bool], change: Callable[[Text], Text]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(change(row) if which(row) else row for row in rows)


def truth(lab: Lab) -> dict[Key, Decimal]:
    """Dollars by vendor, account, day and employee; of OpenAI billed ones, as it knows no others."""
    employees = {user_id: employee for employee, user_id in lab.sandbox.truth.people().items()}
    sums: dict[Key, Decimal] = defaultdict(Decimal)
    for user in lab.sandbox.truth.users():
        if user.user_id in employees:
            sums["github_copilot", "acme", user.day, employees[user.user_id]] += user.money.gross
    for cell in lab.sandbox.cells(lab.sandbox.config.start, lab.last_day()):
        if cell.employee_id:
            amount = cell.billed_usd if cell.consumption_usd is None else cell.consumption_usd
            sums[cell.vendor, cell.account, cell.day, cell.employee_id] += amount or ZERO
    return sums


def found(lab: Lab) -> dict[Key, Decimal]:
    rows = lab.query(
        "select vendor, account, day, substr(principal_key, 4), sum(coalesce(consumption_usd, billed_usd)) "
        "from intermediate.int_spend_people where principal_key like 'hr:%' and series <> 'human_seat' "
        f"and day between '{lab.sandbox.config.start}' and '{lab.last_day()}' group by all"
    )
    return {row[:4]: row[4] or ZERO for row in rows}


def test_every_provable_dollar_finds_its_person_and_no_other(people: People, capsys: pytest.CaptureFixture[str]) -> None:
    expected, actual = truth(people.lab), found(people.lab)
    assert len({employee for *_, employee in expected}) > 15
    right: dict[str, Decimal] = defaultdict(Decimal)
    whole: dict[str, Decimal] = defaultdict(Decimal)
    wrong = []
    for key in sorted(expected.keys() | actual.keys(), key=str):
        there, here = expected.get(key, ZERO), actual.get(key, ZERO)
        whole[key[0]] += there
        right[key[0]] += min(there, here)
        if here > there:
            wrong.append((key, there, here))
    given = sum(actual.values(), ZERO)
    with capsys.disabled():
        precision = sum(right.values(), ZERO) / given
        print(f"\nseed {people.lab.sandbox.config.seed}: precision {precision:.6f} of ${given:.2f} that were given to people")
        for vendor in sorted(whole):
            print(f"  {vendor}: recall {right[vendor] / whole[vendor]:.4f} of ${whole[vendor]:.2f} that people spent")
    assert wrong == []
    assert sum(right.values(), ZERO) >= Decimal("0.98") * sum(whole.values(), ZERO)
    assert all(right[vendor] >= Decimal("0.95") * whole[vendor] for vendor in whole)


def test_strangers_and_shared_accounts_stay_unmatched(people: People) -> None:
    """Second accounts, one of which registers a login that an employee gave up, and whatever no vendor names."""
    lab = people.lab
    strangers = {account.user_id for account in lab.sandbox.world.identities.accounts if account.kind in ("second", "shared")}
    spent = {user.user_id for user in lab.sandbox.truth.users() if user.user_id in strangers and user.money.gross}
    matched = dict(lab.query("select distinct github_id, employee_id from intermediate.int_principal_links where github_id is not null"))
    assert spent
    assert {matched[user_id] for user_id in spent} == {None}
    reasons = {reason for (reason,) in lab.query("select distinct reason from marts.unmatched_spend")}
    assert {"unknown_identity", "machine_without_owner"} <= reasons
    unmatched = lab.query(
        "select sum(consumption_usd) from marts.unmatched_spend where reason = 'unknown_identity' and vendor = 'github_copilot'"
    )
    of_strangers = lab.query(
        "select sum(consumption_usd) from intermediate.int_spend_people "
        "where vendor = 'github_copilot' and is_person and principal_key not like 'hr:%'"
    )
    assert unmatched == of_strangers


def test_a_renamed_login_keeps_its_person(people: People) -> None:
    renamed = [account for account in people.lab.sandbox.world.identities.accounts if account.kind == "person" and len(account.logins) > 1]
    assert renamed
    rows = people.lab.query(
        "select distinct github_id, principal, employee_id from intermediate.int_principal_links where github_id is not null"
    )
    for account in renamed:
        assert account.person
        assert {employee for github_id, _, employee in rows if github_id == account.user_id} <= {account.person.employee_id}


def test_every_row_has_a_cost_center_as_near_as_it_is_known(people: People) -> None:
    """Where nobody is matched there is none; people and owned keys have theirs, and what the bill says stays."""
    lab = people.lab
    assert lab.query(
        "select count(*) from intermediate.int_spend_people p join intermediate.int_spend s using (spend_key) "
        "where s.cost_center <> '(none)' and p.cost_center <> s.cost_center"
    ) == [(0,)]
    methods = {method for (method,) in lab.query("select distinct cost_center_method from intermediate.int_spend_people")}
    assert {"vendor", "key_owner", "person", "none"} <= methods
    # Who has left belongs to no team and no cost centre any more.
    assert lab.query(
        "select distinct cost_center, team from intermediate.int_spend_people "
        f"where vendor = 'cursor' and principal_key = 'hr:{people.left}' and day >= '{people.left_on}'"
    ) == [("(none)", "(no team)")]


def test_a_leavers_seat_and_key_are_found_with_their_cost(people: People) -> None:
    lab = people.lab
    cells = lab.sandbox.cells(people.left_on, lab.last_day())
    seat = sum((c.consumption_usd or ZERO for c in cells if c.vendor == "cursor" and c.employee_id == people.left), ZERO)
    keys = {
        principal
        for (principal,) in lab.query(f"select principal from intermediate.int_key_owners where owner_employee_id = '{people.left}'")
    }
    key = sum((c.consumption_usd or ZERO for c in cells if c.vendor == "anthropic" and c.principal in keys), ZERO)
    rows = people.finding("leavers_do_not_spend")
    assert keys
    assert _sum(r for r in rows if r["vendor"] == "cursor" and r["evidence"] == "seat or login") >= seat > 0
    assert _sum(r for r in rows if r["evidence"] == "key, by the list of owners") == key > 0


def test_a_key_that_its_workspace_has_for_another_environment_is_found(people: People) -> None:
    owned = people.lab.query(f"select distinct principal from intermediate.int_key_owners where owner_employee_id = '{people.left}'")
    rows = people.finding("keys_keep_to_one_environment")
    tagged = {row["principal"] for row in rows if row["evidence"] == "tag of the workspace" and row["environment"] == "staging"}
    assert tagged <= {principal for (principal,) in owned}
    assert tagged


def test_idle_seats_are_found_with_what_the_contract_asks(people: People) -> None:
    rows = [row for row in people.finding("seats_are_used") if row["vendor"] == "github_copilot" and row["plan"] == "business"]
    assert [row["contract_amount"] for row in rows] == [19 * row["idle_seats"] for row in rows]
    assert people.finding("one_person_per_login") == []


def test_use_without_a_seat_and_schedules_on_a_seat_are_found(people: People, tmp_path: Path) -> None:
    """On written rows, as the sandbox's people all stop on the day before its seats are read."""
    month = [date(2026, 9, 1) + timedelta(days=n) for n in range(30)]
    spend = [("cursor", "team", day, "hr:E1", "machine_usage", "background_agent", "auto@x") for day in month[:25]]
    spend += [("cursor", "team", day, "hr:E2", "machine_usage", "cli", "ada@x") for day in month if day.weekday() < 5]
    spend += [("cursor", "team", day, "hr:E3", "human_usage", "ide", "eve@x") for day in month[:20]]
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema intermediate; create schema marts")
        connection.execute(
            "create table intermediate.int_spend_people (vendor varchar, account varchar, day date, principal_key varchar, series varchar, "
            "surface varchar, principal varchar, is_person boolean default true, auth_kind varchar default 'seat', "
            "consumption_usd decimal(28, 12) default 1, billed_usd decimal(28, 12) default 0)"
        )
        columns = "vendor, account, day, principal_key, series, surface, principal"
        connection.executemany(f"insert into intermediate.int_spend_people ({columns}) values (?, ?, ?, ?, ?, ?, ?)", spend)
        connection.execute(
            "create table marts.dim_calendar as select distinct day, isodow(day) >= 6 as is_weekend from intermediate.int_spend_people"
        )
        connection.execute("create table intermediate.int_identity_links (vendor varchar, identifier_kind varchar, identifier varchar)")
        connection.execute("insert into intermediate.int_identity_links values ('(all)', 'mailbox', 'ada@acme.example')")
        connection.execute(
            "create table intermediate.int_agent_sessions as "
            "select 'traces' as account, timestamp '2026-09-03 03:00' as first_at, 'codex' as emitter, "
            "'Ada+ci@acme.example' as principal_email, 'run 7' as ci_run_id, cast(null as varchar) as ci_pipeline, "
            "cast(null as varchar) as environment, cast(0.25 as decimal(28, 12)) as estimated_usd"
        )
        # A declared workflow on the login of a person; what ran on a machine's key is no finding.
        connection.execute(
            "create table intermediate.int_work_costs as "
            "select 'cursor' as vendor, 'team' as account, date '2026-09-04' as day, 'triage' as workflow_id, 's1' as session_key, "
            "'machine' as principal_kind, payer_kind, person_id, cast(0.5 as decimal(28, 12)) as estimated_usd "
            "from (values ('login', 'hr:E1'), ('machine', null)) as payers (payer_kind, person_id)"
        )
        connection.execute(
            "create table intermediate.int_person_activity as select 'cursor' as vendor, 'team' as account, date '2026-09-02' as day, "
            "'hr:E4' as person_id, true as is_active"
        )
        # E1 and E2 hold seats on both lists, E3 on the first only, E4 on none.
        seats = [("cursor", "team", month[1], f"hr:E{n}") for n in (1, 2, 3)] + [("cursor", "team", month[9], f"hr:E{n}") for n in (1, 2)]
        connection.execute("create table marts.seats (vendor varchar, account varchar, day date, person_key varchar)")
        connection.executemany("insert into marts.seats values (?, ?, ?, ?)", seats)
    scheduled = {(row["vendor"], row["place"]): row for row in people.finding("human_seats_run_no_schedules", path)}
    assert set(scheduled) == {("cursor", "background_agent"), ("cursor", "triage"), ("otlp", "codex")}
    assert (scheduled["cursor", "background_agent"]["days_found"], scheduled["cursor", "background_agent"]["consumption_usd"]) == (25, 25)
    assert scheduled["otlp", "codex"]["estimated_usd"] == Decimal("0.25")
    assert (scheduled["cursor", "triage"]["principals_found"], scheduled["cursor", "triage"]["estimated_usd"]) == (1, Decimal("0.5"))
    (row,) = people.finding("use_has_a_seat", path)
    # E4 on the first list's day, E3 on the second's.
    assert (row["principals_found"], row["days_found"], row["consumption_usd"]) == (2, 2, 1)


def _sum(rows: Iterable[Row]) -> Decimal:
    return sum((row["consumption_usd"] or ZERO for row in rows), ZERO)
