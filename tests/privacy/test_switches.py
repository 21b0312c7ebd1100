"""Each rule is needed: with it switched off, an attack that fails otherwise succeeds. The SQL that dbt ran, one text of it replaced."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.privacy import attacks, finance_attacks
from tests.privacy.project import Published, variant
from tests.privacy.story import Story
from tests.privacy.test_attacks import one_small_vendor

pytestmark = pytest.mark.long

Attack = Callable[[Story, Published], Iterable[str]]
GROUP = (">= 5)", ">= 1)")
DOMINANCE = ("cast('0.15' as decimal(3, 2))", "cast('0.00' as decimal(3, 2))")
DECIDING = (
    "int_privacy_days",
    "int_privacy_vendors",
    "int_privacy_scopes",
    "int_privacy_told_days",
    "int_privacy_models",
    "int_privacy_units",
)
EVERYWHERE = (*DECIDING, "int_privacy_team_cells")


SWITCHES: dict[str, tuple[dict[str, tuple[str, str]], Attack]] = {
    "k persons": (dict.fromkeys(EVERYWHERE, GROUP), lambda story, told: attacks.small_cells(told, story.old)),
    "k persons a day": ({"int_privacy_told_days": GROUP}, lambda story, told: attacks.small_cells(told, story.old)),
    "k persons a model": ({"int_privacy_models": GROUP}, lambda story, told: attacks.small_cells(told, story.old)),
    "k persons a team": (
        dict.fromkeys(("int_privacy_units", "int_privacy_team_cells"), GROUP),
        lambda story, told: attacks.small_cells(told, story.old),
    ),
    "dominance": (dict.fromkeys(EVERYWHERE, DOMINANCE), lambda story, told: attacks.dominated_cells(told, story.old)),
    "settled weeks only": (
        {"int_privacy_weeks": ("having min(case when vendor_weeks.is_settled then 1 else 0 end) = 1", "")},
        lambda story, told: attacks.running_weeks(told),
    ),
    "who is left by the stages of budgets": (
        {"budget_status": ("and not coalesce(stages.is_folded, false)", "")},
        lambda story, told: finance_attacks.read_by_stages(told, story.old),
    ),
    "calm vendors only while a week runs": (
        {"int_privacy_told_days": ("then 1 else 0 end) = 1 and count(*) >= 14", "then 1 else 0 end) >= 0")},
        lambda story, told: attacks.subtracted_days([told, story.later], story.new),
    ),
}


@pytest.mark.parametrize("rule", SWITCHES)
def test_without_the_rule_an_attack_succeeds(rule: str, story: Story, tmp_path: Path) -> None:
    patches, attack = SWITCHES[rule]
    assert list(attack(story, story.first)) == []
    assert list(attack(story, variant(story.first, tmp_path, patches))) != []


def test_without_complementary_suppression_a_small_vendor_follows(story: Story, tmp_path: Path) -> None:
    lines = one_small_vendor()
    told = variant(story.first, tmp_path, {"int_privacy_team_cells": ("when step_1_fails.week is null then 1", "when true then 1")}, lines)
    assert list(attacks.subtracted_teams(told, lines)) != []


def test_without_the_memory_a_change_by_one_person_shows(story: Story, tmp_path: Path) -> None:
    told = variant(story.later, tmp_path, {"int_team_told": ("changes.persons_changed < 5", "changes.persons_changed < 0")})
    assert list(attacks.changed_cells(story.first, story.old, told, story.new)) != []
