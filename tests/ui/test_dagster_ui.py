"""In Dagster's own UI, as a browser shows it: the whole graph, the checks with their results, the partitions."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from spend_assets.landing.contracts import load_contracts

from .fixtures import DAYS
from .processes import Ui

pytestmark = pytest.mark.browser
GROUPS = (*load_contracts(), "platform", "seeds", "staging", "intermediate", "marts", "published")
SHOWN = 30_000
"""Milliseconds that a page may take on a busy machine; expect() ends as soon as it is true."""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1600, "height": 1000})
    opened.set_default_timeout(SHOWN)
    expect.set_options(timeout=SHOWN)
    yield opened
    opened.close()


def test_the_lineage_page_shows_every_group_from_vendor_to_publication(page: Page, ui: Ui) -> None:
    page.set_viewport_size({"width": 3200, "height": 3200})  # what lies outside of the window is not drawn
    page.goto(f"{ui.url}/asset-groups")
    for group in GROUPS:
        expect(page.locator("foreignObject").get_by_text(group, exact=True)).to_be_visible()
    assert page.locator("foreignObject").count() == len(GROUPS), "another group stands in the graph; name it above"


@pytest.mark.parametrize(
    ("asset", "upstream", "downstream"),
    [
        ("raw/github_copilot/user_days", "raw/github_copilot/user_28_days", "staging/stg_github_copilot__user_days"),
        ("staging/stg_github_copilot__user_days", "raw/github_copilot/user_days", "intermediate/int_github_copilot_activity"),
        ("marts/spend_daily", "intermediate/int_spend_people", "published/current"),
    ],
)
def test_one_graph_leads_from_the_api_to_the_publication(page: Page, ui: Ui, asset: str, upstream: str, downstream: str) -> None:
    page.goto(f"{ui.url}/assets/{asset}")
    expect(page.get_by_text("Upstream assets")).to_be_visible()
    for neighbour in (upstream, downstream):
        expect(page.locator(f'a[href*="/assets/{neighbour}"]').first).to_be_visible()


def test_the_graph_shows_the_assets_of_a_group_when_it_is_opened(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/asset-groups?expanded={quote('global@global:github_copilot')}")
    for stream in load_contracts()["github_copilot"]:
        expect(page.locator("foreignObject").get_by_text(stream, exact=True)).to_be_attached()


@pytest.mark.parametrize(
    ("asset", "checks"),
    [
        ("raw/github_copilot/user_days", ("answered", "records_valid", "schema_known")),
        ("published/current", ("every_stream_answered",)),
    ],
)
def test_the_checks_stand_beside_their_asset_with_a_result(page: Page, ui: Ui, asset: str, checks: tuple[str, ...]) -> None:
    page.goto(f"{ui.url}/assets/{asset}?view=checks")
    expect(page.get_by_text(f"Checks ({len(checks)})")).to_be_visible()
    for name in checks:
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
    expect(page.get_by_text(re.compile("^(Succeeded|Failed)$"))).to_have_count(len(checks))
    expect(page.get_by_text("Evaluation result")).to_be_visible()


def test_a_check_of_a_mart_is_shown_as_one_that_blocks(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/assets/marts/spend_daily?view=checks")
    expect(page.get_by_text("This is a blocking asset check.")).to_be_visible()
    expect(page.get_by_text("Succeeded", exact=True)).to_have_count(2)


def test_user_days_have_a_partition_for_each_day_that_was_asked_for(page: Page, ui: Ui) -> None:
    page.goto(f"{ui.url}/assets/raw/github_copilot/user_days?view=partitions")
    expect(page.get_by_text(f"Materialized ({DAYS})")).to_be_visible()
    expect(page.get_by_text("Failed (0)")).to_be_visible()
