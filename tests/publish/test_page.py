"""The pages: self-contained, escaped, and honest about what a figure is."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from .world import World

PAGES = ("index.html", "finance.html", "restricted.html")


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "td":
            self.cells[-1] += data


def parsed(world: World, page: str) -> tuple[str, Reader]:
    text = (world.current / page).read_text(encoding="utf-8")
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == [], "every element is closed"
    return text, reader


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_nothing_and_allows_only_its_own_style(published_world: World, page: str) -> None:
    text, reader = parsed(published_world, page)
    assert {tag for tag, _ in reader.tags} <= set(
        "html head meta title style body main h1 h2 p nav a section div table thead tbody tr th td".split()  # noqa: SIM905
    )
    assert all(name not in ("src", "style") and not name.startswith("on") for _, attributes in reader.tags for name in attributes)
    assert all("://" not in (attributes.get("href") or "") for _, attributes in reader.tags)
    policy = next(a["content"] for tag, a in reader.tags if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    assert base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode() in policy


def test_hostile_names_are_shown_as_text(published_world: World) -> None:
    text, reader = parsed(published_world, "index.html")
    assert "</script><img src=x onerror=alert(1)>" in reader.cells
    assert "<img" not in text
    assert "<script" not in text


def test_hostile_names_in_any_cell_are_escaped(world: World) -> None:
    world.build(extra="""; UPDATE marts.data_health SET stream = '=HYPERLINK("x")<b>&"'""")
    world.publish()
    text, reader = parsed(world, "index.html")
    assert '=HYPERLINK("x")<b>&"' in reader.cells
    assert "=HYPERLINK(&quot;x&quot;)&lt;b&gt;&amp;&quot;" in text


def test_the_kinds_of_money_stand_apart_and_are_explained(published_world: World) -> None:
    text, reader = parsed(published_world, "index.html")
    assert "Credits and consumption are neither an invoice nor a measure of productivity." in text
    for header in ("Consumption (USD)", "Billed (USD)", "Effective (USD)"):
        assert f'<th scope="col" class="number">{header}</th>' in text
    rows = published_world.query(
        "aggregate",
        "SELECT strftime(day, '%Y-%m') AS month, round(sum(consumption_usd), 2)::VARCHAR FROM marts.spend_by_vendor_daily "
        "GROUP BY month ORDER BY month DESC",
    )
    assert [cell.replace(",", "") for cell in reader.cells[:6][:3]] == [rows[0][0], "github_copilot", rows[0][1]]
    assert reader.cells[4] == "unknown", "no row says what was effective: unknown, not zero"


def test_suppressed_teams_and_gaps_are_explained(published_world: World) -> None:
    text, reader = parsed(published_world, "index.html")
    assert "(suppressed)" in reader.cells
    assert "nothing is left out of the total" in text
    assert "1,234,567.89" in reader.cells
    assert "10.12" in reader.cells, "half to even, like the ledger's own rounding"
    position = reader.cells.index("missing")
    assert reader.cells[position - 3 : position + 4] == ["github_copilot", "acme", "user_days", "missing", "1", "2026-09-01", "2026-09-01"]


def test_a_page_shows_only_what_its_audience_has(published_world: World) -> None:
    index, _ = parsed(published_world, "index.html")
    finance, reader = parsed(published_world, "finance.html")
    restricted, _ = parsed(published_world, "restricted.html")
    assert "Seat-months" in finance and "Seat-months" not in index
    assert "landed" in restricted and "landed" not in index
    assert not re.search(r"p_[0-9a-f]{20}", restricted), "no page lists persons, pseudonymous or not"
    assert "0.50" in reader.cells
    assert "This publication has no table quarantine." in restricted


def test_every_page_says_what_it_shows_and_links_to_the_others(published_world: World) -> None:
    for page in PAGES:
        text, reader = parsed(published_world, page)
        assert "As known on 2026-10-01 (UTC)" in text
        assert published_world.current.resolve().name in text
        targets = {attributes["href"] for tag, attributes in reader.tags if tag == "a"}
        assert targets == {*PAGES, "manifest.json"}
        assert all((published_world.current / str(target)).exists() for target in targets)
