"""Tokens, scopes, versions, limits, pages and links behave as GitHub's do."""

import json
from collections.abc import Iterator
from datetime import date, timedelta

import httpx
import pytest

from spend_assets.sandbox.run import Sandbox, SandboxConfig
from tests.sandbox.reader import Reader

CONFIG = SandboxConfig(people=60, days=20)
METRICS = "/enterprises/acme/copilot/metrics/reports/users-1-day?day=2026-10-20"
SEATS = "/enterprises/acme/copilot/billing/seats"
BILLING = "/enterprises/acme/settings/billing/ai_credit/usage?year=2026&month=10&day=20"


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Sandbox(CONFIG) as sandbox:
        yield Reader(sandbox)


def test_a_missing_or_wrong_token_is_401(reader: Reader) -> None:
    assert reader.client.get(METRICS).status_code == 401
    assert reader.ask(METRICS, "not-a-token").json()["message"] == "Bad credentials"


@pytest.mark.parametrize(("path", "token"), [(METRICS, "GITHUB_BILLING_TOKEN"), (SEATS, "GITHUB_BILLING_TOKEN"), (BILLING, "GITHUB_TOKEN")])
def test_a_missing_scope_is_403_and_named(reader: Reader, path: str, token: str) -> None:
    answer = reader.ask(path, token)
    assert answer.status_code == 403
    assert answer.headers["x-accepted-oauth-scopes"]
    assert answer.headers["x-oauth-scopes"]
    assert int(answer.headers["x-ratelimit-remaining"]) > 0


def test_a_token_with_one_scope_reads_only_its_routes(reader: Reader) -> None:
    token = reader.sandbox.issue_token("read:org")
    assert reader.ask("/orgs/acme-platform/teams", token).status_code == 200
    assert reader.ask("/orgs/acme-platform/copilot/metrics/reports/users-1-day?day=2026-10-20", token).status_code == 200
    assert reader.ask(METRICS, token).status_code == 403


def test_unknown_slugs_and_routes_are_404(reader: Reader) -> None:
    for path in ("/enterprises/other/copilot/billing/seats", "/orgs/other/teams", "/nothing", "/orgs/acme-platform/teams/none/members"):
        assert reader.ask(path).status_code == 404


def test_an_organisation_billed_through_an_enterprise_has_no_billing_of_its_own(reader: Reader) -> None:
    assert reader.ask("/organizations/acme-platform/settings/billing/ai_credit/usage", "GITHUB_BILLING_TOKEN").status_code == 404


@pytest.mark.parametrize(("version", "status"), [("2022-11-28", 200), ("2026-03-10", 200), ("2021-01-01", 410), ("latest", 400)])
def test_api_versions(reader: Reader, version: str, status: int) -> None:
    headers = {"Authorization": f"Bearer {reader.sandbox.tokens['GITHUB_TOKEN']}", "X-GitHub-Api-Version": version}
    assert reader.client.get("/user", headers=headers).status_code == status


def test_seats_are_paged_and_a_person_counts_once(reader: Reader) -> None:
    pages = list(reader.pages(SEATS, 7))
    seats = [seat for page in pages for seat in page["seats"]]
    assert len(pages) > 3
    assert len({seat["assignee"]["id"] for seat in seats}) == pages[0]["total_seats"] < len(seats)
    assert {seat["created_at"][-6:] for seat in seats} >= {"-06:00", "+03:00"}


def test_teams_hold_the_members_of_their_children(reader: Reader) -> None:
    teams = [team for page in reader.pages("/orgs/acme-platform/teams", 2) for team in page]
    child = next(team for team in teams if team["parent"])
    members = [user for page in reader.pages(f"/orgs/acme-platform/teams/{child['slug']}/members", 3) for user in page]
    above = [user for page in reader.pages(f"/orgs/acme-platform/teams/{child['parent']['slug']}/members", 100) for user in page]
    assert {user["id"] for user in members} <= {user["id"] for user in above if user["inherited"]}


def test_user_teams_leave_out_small_teams(reader: Reader) -> None:
    found = reader.report("user-teams-1-day", date(2026, 10, 20))
    assert found is not None
    counts: dict[int, int] = {}
    for line in found[0]:
        record = json.loads(line)
        counts[record["team_id"]] = counts.get(record["team_id"], 0) + 1
    assert counts and min(counts.values()) >= 5


def test_a_link_refuses_the_token_a_wrong_signature_and_age() -> None:
    with Sandbox(CONFIG) as sandbox:
        reader = Reader(sandbox)
        link = reader.ask(METRICS).json()["download_links"][0]
        assert reader.client.get(link, headers={"Authorization": "Bearer x"}).status_code == 400
        assert reader.client.get(link + "0").status_code == 403
        assert reader.client.get(link).status_code == 200
        sandbox.clock.advance(61)
        assert reader.client.get(link).status_code == 403


def test_one_export_at_a_time_at_most_31_days_and_none_without_rows() -> None:
    with Sandbox(CONFIG) as sandbox:
        reader = Reader(sandbox)
        path = f"{reader.billing}/reports"

        def order(start: date, end: date, kind: str = "ai_credit") -> httpx.Response:
            body = {"report_type": kind, "start_date": start.isoformat(), "end_date": end.isoformat()}
            return reader.ask(path, "GITHUB_BILLING_TOKEN", "POST", json=body)

        assert order(date(2026, 10, 1), date(2026, 11, 1)).status_code == 422
        assert order(date(2026, 10, 1), date(2026, 9, 1)).status_code == 422
        assert order(CONFIG.start, CONFIG.end, "all").status_code == 422
        assert reader.ask(path, "GITHUB_BILLING_TOKEN", "POST", json={}).status_code == 400
        first = order(CONFIG.start, CONFIG.end)
        assert first.status_code == 202 and first.json()["status"] == "processing"
        assert order(CONFIG.start, CONFIG.end).status_code == 409
        sandbox.clock.advance(300)
        listed = reader.ask(path, "GITHUB_BILLING_TOKEN").json()["usage_report_exports"]
        assert [export["status"] for export in listed] == ["completed"] and listed[0]["download_urls"]
        assert reader.export("ai_credit", CONFIG.start - timedelta(days=9), CONFIG.start - timedelta(days=5)) == []


@pytest.mark.parametrize("scale", [0.0, 1.0])
def test_the_hourly_budget_refuses_and_comes_back(scale: float) -> None:
    with Sandbox(SandboxConfig(people=20, days=5, hourly_limit=3, wait_scale=scale)) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.tokens['GITHUB_TOKEN']}"}
        client = Reader(sandbox).client
        remaining = [int(client.get("/user", headers=headers).headers["x-ratelimit-remaining"]) for _ in range(3)]
        assert remaining == [2, 1, 0]
        refused = client.get("/user", headers=headers)
        assert refused.status_code == 403 and refused.headers["x-ratelimit-remaining"] == "0"
        wait = int(refused.headers["x-ratelimit-reset"]) - sandbox.clock.now().timestamp()
        assert wait == (3600 if scale else 0)
        sandbox.clock.advance(wait)
        assert client.get("/user", headers=headers).status_code == 200


def test_an_organisation_of_its_own_is_served_without_an_enterprise() -> None:
    config = SandboxConfig(people=40, days=20, scope="org")
    with Sandbox(config) as sandbox:
        reader = Reader(sandbox)
        assert sandbox.enterprise is None and sandbox.orgs == ("acme",)
        day = date(2026, 10, 20)
        found = reader.credits(day)
        assert found is not None
        assert sum(credits or 0 for credits in found[0].values()) == sandbox.truth.daily(day, day)[0].metric_credits
        answer = reader.ask(
            "/organizations/acme/settings/billing/ai_credit/usage", "GITHUB_BILLING_TOKEN", params={"year": 2026, "month": 10, "day": 20}
        )
        assert answer.json()["organization"] == "acme" and answer.json()["usageItems"]
        assert reader.ask("/enterprises/acme/copilot/billing/seats").status_code == 404


def test_truth_is_off_unless_asked_for_and_has_a_token_of_its_own() -> None:
    assert Sandbox(CONFIG).truth_url is None
    with Sandbox(SandboxConfig(people=20, days=20, truth_port=0)) as sandbox:
        client = httpx.Client(base_url=sandbox.truth_url or "", trust_env=False)
        assert client.get("/truth/monthly").status_code == 401
        assert client.get("/truth/monthly", headers={"Authorization": f"Bearer {sandbox.tokens['GITHUB_TOKEN']}"}).status_code == 401
        client.headers["Authorization"] = f"Bearer {sandbox.truth_token}"
        months = client.get("/truth/monthly").json()
        assert months[-1]["consumption_usd"] == str(sandbox.truth.monthly()[-1].consumption_usd)
        for name in (
            "daily?from=2026-10-20&to=2026-10-21",
            "users?from=2026-10-20&to=2026-10-20",
            "seats?day=2026-10-20",
            "teams",
            "people",
            "faults",
        ):
            assert client.get(f"/truth/{name}").json()
        assert client.get("/truth/withheld").json() == []
        assert client.get("/truth/daily?from=yesterday").status_code == 400
        assert client.get("/truth/all").status_code == 404
