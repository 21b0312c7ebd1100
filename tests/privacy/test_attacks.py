"""Attacks on really published files. All fail; test_switches.py shows that each rule is needed for it."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

from spend_assets.publish.pseudonyms import SANDBOX_KEY, Pseudonyms
from tests.privacy import attacks, company, finance_attacks
from tests.privacy.company import Line
from tests.privacy.project import variant
from tests.privacy.story import FIRST_TOLD, LATER_TOLD, Story


def test_no_cell_holds_few_people(story: Story) -> None:
    assert list(attacks.small_cells(story.first, story.old)) == []
    assert len(attacks.team_rows(story.first)) > 100 and len(attacks.day_rows(story.first)) > 200, "there is something to attack"


def test_no_cell_is_one_persons(story: Story) -> None:
    assert list(attacks.dominated_cells(story.first, story.old)) == []


def test_no_team_follows_from_teams_and_vendors(story: Story) -> None:
    assert list(attacks.subtracted_teams(story.first, story.old)) == []


def test_no_day_follows_from_days_weeks_months_and_the_publication_before(story: Story) -> None:
    assert list(attacks.subtracted_days([story.first, story.later], story.new)) == []


def test_no_change_of_a_team_is_that_of_a_few(story: Story) -> None:
    assert list(attacks.changed_cells(story.first, story.old, story.later, story.new)) == []


def test_no_team_is_told_of_a_running_week(story: Story) -> None:
    assert list(attacks.running_weeks(story.first)) == []
    assert attacks.team_rows(story.first)


def test_what_is_held_back_is_not_lost(story: Story) -> None:
    """Every settled week of the later publication adds up to what was used in it, to the last digit."""
    told: dict[date, Decimal] = {}
    for cell, amount in attacks.team_rows(story.later).items():
        told[cell[0]] = told.get(cell[0], Decimal(0)) + amount
    used: dict[date, Decimal] = {}
    for line in story.new:
        if line.person:
            used[attacks.monday(line.day)] = used.get(attacks.monday(line.day), Decimal(0)) + attacks.worth(line)
    assert told == used


def test_a_team_that_shrinks_and_grows_tells_nothing_of_who_left_and_came(story: Story, tmp_path: Path) -> None:
    """Of tools five people are left in one week and six in the next: the differences of weeks, vendors and teams are of nobody alone."""
    tools = [person.key for person in company.people() if person.team == "tools"]
    gone = {date(2026, 8, 17): set(tools[4:]), date(2026, 8, 24): set(tools[5:]), date(2026, 8, 31): set(tools[6:])}
    lines = [line for line in story.old if line.person not in gone.get(attacks.monday(line.day), set())]
    told = variant(story.first, tmp_path, {}, lines)
    cells = {cell[0] for cell in attacks.team_rows(told) if cell[2] == "tools"}
    assert date(2026, 8, 17) not in cells and date(2026, 8, 10) in cells
    assert list(attacks.small_cells(told, lines)) == []
    assert list(attacks.subtracted_teams(told, lines)) == []
    assert list(attacks.subtracted_days([told], lines)) == []


def test_no_stage_of_a_budget_tells_of_few(story: Story) -> None:
    """Of four cost centres one is of four people: its stage is not told, nor that of the next smallest, from which it would follow."""
    assert list(finance_attacks.read_by_stages(story.first, story.old)) == []
    rows = story.first.rows("finance", "select scope_id, stage from marts.budget_status where scope = 'cost_center' and vendor = '(all)'")
    assert {name for name, stage in rows if stage == "review"} == {"retail", "engineering"}
    assert {name for name, stage in rows if stage == "(suppressed)"} == {"labs", "office"}


def test_what_finance_has_of_teams_and_days_is_a_sum_of_what_all_may_read(story: Story) -> None:
    for told in (story.first, story.later):
        assert list(finance_attacks.charged_beside_teams(told)) == []
        assert list(finance_attacks.budgets_beside_days(told)) == []
    assert story.later.rows("finance", "select 1 from marts.chargeback_monthly where cost_center = 'retail'")
    assert story.later.rows("finance", "select 1 from marts.budget_status where scope = 'vendor' and spent_usd is not null")


def one_small_vendor() -> list[Line]:
    """Three teams on two vendors, but of tools only three people are on Cursor: they merge, and the other teams could be subtracted."""
    lines = []
    for number, person in enumerate(person for person in company.people() if person.team in ("payments", "search", "tools")):
        for vendor in ("github_copilot", "cursor"):
            if vendor == "github_copilot" or person.team != "tools" or number % 3 == 0:
                lines += [
                    Line(day, vendor, "acme", "human_usage", "auto", person.key, person.team, Decimal(3) + number % 4, None)
                    for day in company.days()
                ]
    return lines


def test_one_small_vendor_of_one_team_cannot_be_subtracted(story: Story, tmp_path: Path) -> None:
    lines = one_small_vendor()
    told = variant(story.first, tmp_path, {}, lines)
    assert attacks.team_rows(told)
    assert list(attacks.small_cells(told, lines)) == []
    assert list(attacks.subtracted_teams(told, lines)) == []


def guesses(person: str) -> Iterator[str]:
    """What a reader of the restricted file tries who knows everybody's ids: plain hashes, and keys that come to mind."""
    mail = next(p.mail for p in company.people() if p.key == person)
    for word in (person, person.removeprefix("hr:"), mail):
        for name in ("md5", "sha1", "sha256", "blake2b"):
            yield hashlib.new(name, word.encode()).hexdigest()[:20]
        for key in ("", "spend", "secret", "acme", "pseudonym", "SPEND_PSEUDONYM_KEY"):
            yield hmac.new(key.encode(), word.encode(), hashlib.sha256).hexdigest()[:20]


def test_pseudonyms_cannot_be_guessed_without_the_key(story: Story) -> None:
    seen = {key for (key,) in story.first.rows("restricted", "select distinct principal_key from marts.spend_daily")}
    persons = [person.key for person in company.people()]
    assert len([key for key in seen if key.startswith("p_")]) == len(persons)
    assert not seen & {f"p_{guess}" for person in persons for guess in guesses(person)}
    assert {Pseudonyms(SANDBOX_KEY).of(person) for person in persons} <= seen, "who has the key can: the sandbox's is public"


def test_what_was_told_is_remembered_with_the_day_on_which_it_was_told_first(story: Story) -> None:
    """Cells that nobody changed keep the day of the first publication: a rebuild of that day decides as it was decided then."""
    days = dict(story.later.structure("select told_as_of, count(distinct week) from intermediate.int_team_told group by all order by all"))
    assert list(days) == [FIRST_TOLD, LATER_TOLD]
    assert days[FIRST_TOLD] == 6, "every week that the first publication told"
