"""`spend doctor`: each stream with one request, and tokens that may do more than they need."""

from .server import Reply

METRICS = "/enterprises/acme/copilot/metrics/reports"
BILLING = "/enterprises/acme/settings/billing"


def scripted(server, scopes, billing_scopes):
    report = Reply.of({"download_links": [server.url + "/never"], "report_day": "2026-10-01"}, X_OAuth_Scopes=scopes)
    for path in ("users-1-day", "users-28-day/latest", "user-teams-1-day"):
        server.script[f"{METRICS}/{path}"] = [report]
    server.script["/enterprises/acme/copilot/billing/seats"] = [Reply.of({"total_seats": 3, "seats": []})]
    server.script[f"{BILLING}/ai_credit/usage"] = [Reply.of({"usageItems": []}, X_OAuth_Scopes=billing_scopes)]
    server.script[f"{BILLING}/reports"] = [Reply.of({"usage_report_exports": []})]
    server.script["/orgs/web/teams"] = [Reply.of([{"id": 1, "slug": "core"}])]
    server.script["/orgs/web/teams/core/members"] = [Reply.of([])]


def test_everything_works_with_the_narrowest_tokens(server, copilot):
    scripted(server, "read:enterprise, read:org", "manage_billing:enterprise")
    probes = {probe.stream: probe for probe in copilot().probe()}
    assert all(probe.works for probe in probes.values()), probes
    assert list(probes) == [*copilot().streams, "token", "billing token"]
    assert "as narrow as can be (read:enterprise, read:org)" in probes["token"].message
    assert {asked.method for asked in server.asked} == {"GET"}, "doctor starts no export"
    assert "/never" not in server.paths()


def test_a_broader_token_is_warned_of_and_the_narrow_one_named(server, copilot):
    scripted(server, "repo, admin:org, read:enterprise, workflow", "manage_billing:enterprise, write:packages")
    probes = {probe.stream: probe for probe in copilot().probe()}
    assert probes["token"].works is None
    assert (
        "GH may do more than is needed (admin:org, repo, workflow); the narrowest classic token that does has read:enterprise"
        in probes["token"].message
    )
    assert "GH_BILLING may do more than is needed (write:packages)" in probes["billing token"].message


def test_a_missing_permission_is_named_per_stream(server, copilot):
    scripted(server, "read:org", "")
    server.script["/enterprises/acme/copilot/billing/seats"] = [Reply(403, b'{"message":"Must have admin rights"}')]
    server.script[f"{METRICS}/users-1-day"] = [Reply(404, headers={"X-OAuth-Scopes": "read:org"})]
    probes = {probe.stream: probe for probe in copilot().probe()}
    assert probes["seats"].works is False
    assert "GH lacks the permission to read seats: classic scope read:enterprise" in probes["seats"].message
    assert probes["user_days"].works is False
    assert "'Copilot usage metrics' must be enabled everywhere" in probes["user_days"].message
    assert probes["user_teams"].works
    assert (probes["token"].works, probes["token"].message) == (False, "GH lacks the scope read:enterprise")
    assert "GH_BILLING lacks the scope manage_billing:enterprise" in probes["billing token"].message


def test_a_missing_secret_is_named_by_its_variable(copilot):
    probes = list(copilot(env={}).probe())
    assert not any(probe.works for probe in probes)
    assert "the environment variable GH is empty" in probes[0].message


def test_an_organisation_billed_elsewhere_is_no_failure(server, copilot):
    probes = {probe.stream: probe for probe in copilot(org="web").probe()}
    assert probes["ai_credit_usage"].works is None
    assert "configure the enterprise" in probes["ai_credit_usage"].message
