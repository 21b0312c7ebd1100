"""The delivery client against answers written down: pages, windows, slices, what is left out, and what is refused."""

import json
from datetime import UTC, date, datetime

import pytest

from spend_assets.answers import AccessDenied, UnexpectedAnswer, VendorUnavailable, Window
from spend_assets.settings import Limits
from spend_assets.sources import GitHubSource
from spend_assets.vendors.git_delivery import GitDelivery

from .server import Reply

REPO = "/repos/acme/web"
NOW = datetime(2026, 10, 5, 6, tzinfo=UTC)
WINDOW = Window(date(2026, 10, 1), date(2026, 10, 4))
TOKENS = {"GH": "ghp_secret", "GH_TASKS": "ghp_tasks_secret"}


@pytest.fixture
def delivery(server):
    clients = []

    def make(now=lambda: NOW, env=None, **more):
        defaults = {"account": "acme", "base_url": server.url, "org": "acme", "token_env": "GH", "repositories": ["acme/web"]}
        settings = GitHubSource.model_validate({**defaults, **more})
        client = GitDelivery(settings, Limits(timeout_seconds=2.0), now=now, env=env or TOKENS, sleep=lambda seconds: None)
        clients.append(client)
        return client

    server.script[REPO] = [Reply.of({"id": 1, "full_name": "acme/web", "archived": False, "url": "https://api.github.com/repos/acme/web"})]
    yield make
    for client in clients:
        client.close()


def fetch(client, stream, window=WINDOW):
    records = []
    outcome = client.fetch(stream, window, records.append)
    return [json.loads(record) for record in records], outcome


def pull(number, updated, **more):
    return {"id": 9000 + number, "number": number, "updated_at": updated, **more}


def following(server, path, page):
    return f'<{server.url}{path}?page={page}&per_page=2>; rel="next"'


ALWAYS = (
    "repositories pull_requests reviews pr_timeline pr_commits deployments deployment_statuses deployment_pulls workflow_runs incidents"
)


@pytest.mark.parametrize(
    ("settings", "streams"),
    [({"repositories": []}, ""), ({}, ALWAYS), ({"agent_tasks_token_env": "GH_TASKS"}, f"{ALWAYS} agent_tasks")],
)
def test_streams_follow_from_the_settings(delivery, settings, streams):
    client = delivery(**settings)
    assert client.streams == tuple(streams.split())
    with pytest.raises(ValueError, match="is not configured for the stream"):
        client.fetch("agent_tasks" if "agent_tasks" not in client.streams else "spend", WINDOW, print)


def test_the_list_is_read_until_the_window_begins_and_each_pull_request_once(server, delivery):
    path = f"{REPO}/pulls"
    server.script[path] = [
        # 4 changed after the window; while the pages were read a new one came on top and pushed 3 onto the second page.
        Reply.of([pull(4, "2026-10-04T00:00:00Z"), pull(3, "2026-10-03T23:59:59Z")], Link=following(server, path, 2)),
        Reply.of([pull(3, "2026-10-03T23:59:59Z"), pull(2, "2026-10-01T00:00:00Z")], Link=following(server, path, 3)),
        Reply.of([pull(1, "2026-09-30T23:59:59Z"), pull(0, "2026-09-01T00:00:00Z")], Link=following(server, path, 4)),
        Reply(500),
    ]
    for number in (2, 3):
        server.script[f"{path}/{number}"] = [Reply.of(pull(number, "2026-10-05T01:00:00Z", additions=7, comments_url="x", html_url="page"))]
    records, outcome = fetch(delivery(), "pull_requests")
    assert [(record["number"], record["day"], record["repository"]) for record in records] == [
        (2, "2026-10-01", "acme/web"),
        (3, "2026-10-03", "acme/web"),
    ]
    assert records[0] == {"day": "2026-10-01", "repository": "acme/web", **pull(2, "2026-10-05T01:00:00Z", additions=7, html_url="page")}
    assert outcome.complete
    assert outcome.params == {"updated_from": "2026-10-01", "updated_before": "2026-10-04"}
    asked = [request for request in server.asked if request.path == path]
    assert [request.query["page"] for request in asked] == ["1", "2", "3"]
    assert asked[0].query == {"state": "all", "sort": "updated", "direction": "desc", "per_page": "100", "page": "1"}
    assert {request.headers["authorization"] for request in server.asked} == {"Bearer ghp_secret"}


def test_the_window_that_ends_today_takes_what_changed_since_midnight(server, delivery):
    """It has left its old day, and no window can be asked for its new one before tomorrow."""
    server.script[f"{REPO}/pulls"] = [Reply.of([pull(3, "2026-10-05T05:00:00Z"), pull(2, "2026-10-04T10:00:00Z")])]
    for number in (2, 3):
        server.script[f"{REPO}/pulls/{number}/reviews"] = [Reply.of([{"id": number}])]
    until_today, until_yesterday = Window(date(2026, 10, 4), date(2026, 10, 5)), Window(date(2026, 10, 3), date(2026, 10, 4))
    client = delivery()
    records, _ = fetch(client, "reviews", until_today)
    assert [(record["id"], record["day"], record["pull_request_updated_at"]) for record in records] == [
        (2, "2026-10-04", "2026-10-04T10:00:00+00:00"),
        (3, "2026-10-04", "2026-10-05T05:00:00+00:00"),
    ]
    assert fetch(client, "reviews", until_yesterday)[0] == []


def test_a_list_that_is_not_sorted_is_read_to_its_end(server, delivery):
    path = f"{REPO}/deployments"
    old, new = "2026-09-01T00:00:00Z", "2026-10-02T10:00:00Z"
    server.script[path] = [
        Reply.of(
            [{"id": 1, "sha": "a", "created_at": "2026-10-01T00:00:00Z"}, {"id": 2, "sha": "b", "created_at": new}],
            Link=following(server, path, 2),
        ),
        Reply.of([{"id": 3, "sha": "c", "created_at": old}], Link=following(server, path, 3)),
        Reply.of([{"id": 4, "sha": "d", "created_at": new}]),
    ]
    records, _ = fetch(delivery(), "deployments")
    assert [record["id"] for record in records] == [1, 2, 4]


def test_sibling_streams_and_older_windows_share_one_list(server, delivery):
    path = f"{REPO}/pulls"
    server.script[path] = [Reply.of([pull(3, "2026-10-03T10:00:00Z"), pull(2, "2026-09-29T10:00:00Z")])]
    for number in (2, 3):
        server.script[f"{path}/{number}"] = [Reply.of(pull(number, "2026-10-03T10:00:00Z"))]
        for child in (f"{path}/{number}/reviews", f"{path}/{number}/commits", f"{REPO}/issues/{number}/timeline"):
            server.script[child] = [Reply.of([])]
    client = delivery()
    earlier = Window(date(2026, 9, 28), date(2026, 10, 1))
    for stream in ("pull_requests", "reviews", "pr_timeline", "pr_commits"):
        for window in (earlier, WINDOW):
            fetch(client, stream, window)
    assert server.paths().count(path) == 1
    assert server.paths().count(REPO) == 1
    # A window that had not ended when the list was read needs a new one.
    later = delivery(now=lambda: datetime(2026, 10, 5, 23, tzinfo=UTC))
    fetch(later, "reviews", Window(date(2026, 10, 5), date(2026, 10, 6)))
    assert server.paths().count(path) == 2


def test_a_list_that_is_hours_old_is_read_again(server, delivery):
    path = f"{REPO}/pulls"
    server.script[path] = [Reply.of([])]
    instants = [NOW, NOW.replace(hour=8)]
    client = delivery(now=lambda: instants[0])
    fetch(client, "reviews")
    fetch(client, "reviews")
    assert server.paths().count(path) == 1
    instants.pop(0)
    fetch(client, "reviews")
    assert server.paths().count(path) == 2


def test_of_a_commit_only_two_trailers_of_its_message_are_kept(server, delivery):
    message = (
        "Add retries\n\nA secret plan.\n\nagent-logs-url: https://github.com/acme/web/sessions/12ab?token=x#y\n"
        "Agent-Logs-Url: http://elsewhere/x\nCo-authored-by: Copilot <198982749+Copilot@users.noreply.github.com>\n"
        "* squashed\nCO-AUTHORED-BY: Ada <ADA@acme.example>\nCo-authored-by: nobody\nco-authored-by: Ada <ada@acme.example>"
    )
    signature = {"name": "Ada Secret", "email": "ada@acme.example", "date": "2026-10-02T09:00:00+02:00"}
    server.script[f"{REPO}/pulls"] = [Reply.of([pull(3, "2026-10-03T10:00:00Z")])]
    server.script[f"{REPO}/pulls/3/commits"] = [
        Reply.of(
            [
                {
                    "sha": "abc",
                    "commit": {"message": message, "author": signature, "committer": signature, "verification": {"verified": True}},
                    "author": None,
                    "committer": {"login": "web-flow", "id": 19864447, "type": "User", "name": "Web Secret"},
                    "parents": [{"sha": "def"}],
                    "files": [{"patch": "secret"}],
                },
                {"sha": "def", "commit": {"message": ""}, "author": {}, "committer": {}, "parents": []},
            ]
        )
    ]
    records, _ = fetch(delivery(), "pr_commits")
    assert records[0] == {
        "day": "2026-10-03",
        "repository": "acme/web",
        "pull_request_id": 9003,
        "pull_request_number": 3,
        "pull_request_updated_at": "2026-10-03T10:00:00+00:00",
        "sha": "abc",
        "authored_at": "2026-10-02T09:00:00+02:00",
        "committed_at": "2026-10-02T09:00:00+02:00",
        "author": None,
        "committer": {"id": 19864447, "login": "web-flow", "type": "User"},
        "parents": 1,
        "verified": True,
        "co_authors": [{"email": "198982749+copilot@users.noreply.github.com"}, {"email": "ada@acme.example"}],
        "agent_logs": [{"log_page": "https://github.com/acme/web/sessions/12ab"}],
    }
    assert (records[1]["sha"], records[1]["co_authors"], records[1]["agent_logs"]) == ("def", [], [])


def test_comments_on_a_timeline_are_left_out(server, delivery):
    server.script[f"{REPO}/pulls"] = [Reply.of([pull(3, "2026-10-03T10:00:00Z")])]
    events = [
        {"id": n, "event": name, "created_at": "2026-10-02T00:00:00Z"} for n, name in enumerate(("ready_for_review", "commented", "closed"))
    ]
    server.script[f"{REPO}/issues/3/timeline"] = [Reply.of([*events, {"sha": "a", "message": "x"}])]
    records, _ = fetch(delivery(), "pr_timeline")
    assert [record["event"] for record in records] == ["ready_for_review", "closed"]


def test_a_pull_request_that_is_gone_since_the_list_is_no_failure(server, delivery):
    server.script[f"{REPO}/pulls"] = [Reply.of([pull(3, "2026-10-03T10:00:00Z")])]
    server.script[f"{REPO}/pulls/3"] = [Reply(404)]
    assert fetch(delivery(), "pull_requests")[0] == []
    server.script[f"{REPO}/pulls/3"] = [Reply(200)]
    with pytest.raises(VendorUnavailable, match=r"an empty body where an object was due \(repository acme/web\)"):
        fetch(delivery(), "pull_requests")


@pytest.mark.parametrize("version", ["2022-11-28", "2026-03-10"])
def test_the_deployed_commit_finds_its_pull_request_in_both_versions(server, delivery, version):
    server.script[f"{REPO}/deployments"] = [
        Reply.of(
            [
                {"id": n, "sha": sha, "created_at": "2026-10-02T10:00:00Z", "payload": "secret"}
                for n, sha in ((5, "aa"), (6, "aa"), (7, "gone"))
            ]
        )
    ]
    merged = {"id": 9003, "number": 3, "title": "secret", "merged_at": "2026-10-02T09:00:00Z"}
    server.script[f"{REPO}/commits/aa/pulls"] = [Reply.of([merged if version == "2026-03-10" else {**merged, "merge_commit_sha": "aa"}])]
    server.script[f"{REPO}/commits/gone/pulls"] = [Reply.of({"message": "No commit found"}, status=422)]
    client = delivery(delivery_api_version=version)
    records, outcome = fetch(client, "deployment_pulls")
    assert outcome.complete
    assert [(record["deployment_id"], record["pull_request_id"]) for record in records] == [(5, 9003), (6, 9003)]
    assert {record["merge_commit_sha"] for record in records} == ({None} if version == "2026-03-10" else {"aa"})
    assert "secret" not in json.dumps(records)
    assert server.paths().count(f"{REPO}/commits/aa/pulls") == 1
    assert {request.headers["x-github-api-version"] for request in server.asked} == {version}
    assert "payload" not in fetch(client, "deployments")[0][0]


def runs(total, *numbers, at="2026-10-02T10:00:00Z"):
    return Reply.of({"total_count": total, "workflow_runs": [{"id": n, "created_at": at, "repository": {"id": 1}} for n in numbers]})


def test_a_search_of_a_thousand_runs_is_cut_until_it_shows_all(server, delivery):
    path = f"{REPO}/actions/runs"
    server.script[path] = [
        runs(2400),
        runs(900, 1, at="2026-10-01T01:00:00Z"),
        runs(1500),
        runs(1000),
        runs(2, 2, 3, at="2026-10-02T11:59:59Z"),
        runs(1, 4, at="2026-10-02T12:00:00Z"),
        runs(1, 5, at="2026-10-03T00:00:00Z"),
    ]
    server.script[path][1:2] = [runs(1, 1, at="2026-10-01T01:00:00Z")]
    records, outcome = fetch(delivery(), "workflow_runs")
    assert [request.query["created"] for request in server.asked if request.path == path] == [
        "2026-10-01..2026-10-03",
        "2026-10-01..2026-10-01",
        "2026-10-02..2026-10-03",
        "2026-10-02..2026-10-02",
        "2026-10-02T00:00:00Z..2026-10-02T11:59:59Z",
        "2026-10-02T12:00:00Z..2026-10-02T23:59:59Z",
        "2026-10-03..2026-10-03",
    ]
    assert [(record["id"], record["day"], record["repository"]) for record in records] == [
        (1, "2026-10-01", "acme/web"),
        (2, "2026-10-02", "acme/web"),
        (3, "2026-10-02", "acme/web"),
        (4, "2026-10-02", "acme/web"),
        (5, "2026-10-03", "acme/web"),
    ]
    assert outcome.complete


def test_runs_that_stay_fewer_than_told_mark_the_window(server, delivery):
    path = f"{REPO}/actions/runs"
    server.script[path] = [runs(3, 1, 2), runs(3, 1, 3)]
    records, outcome = fetch(delivery(), "workflow_runs")
    assert [record["id"] for record in records] == [1, 2, 3]
    assert (outcome.complete, outcome.detail) == (False, "acme/web from 2026-10-01T00:00Z: 2 of 3 workflow runs could be had")


def test_a_run_outside_the_slice_is_not_taken(server, delivery):
    server.script[f"{REPO}/actions/runs"] = [runs(1, 1, at="2026-10-04T00:00:00Z")]
    assert fetch(delivery(), "workflow_runs")[0] == []


def test_a_pull_request_with_the_label_is_no_incident(server, delivery):
    issue = {"id": 1, "number": 7, "updated_at": "2026-10-02T10:00:00Z", "title": "secret", "body": "secret"}
    issues = [issue, {**issue, "id": 2, "pull_request": {"url": "x"}}, {**issue, "id": 3, "updated_at": "2026-10-04T00:00:00Z"}]
    server.script[f"{REPO}/issues"] = [Reply.of(issues)]
    records, _ = fetch(delivery(incident_label="sev one"), "incidents")
    assert records == [{"day": "2026-10-02", "repository": "acme/web", "id": 1, "number": 7, "updated_at": "2026-10-02T10:00:00Z"}]
    assert server.asked[-1].query["labels"] == "sev one"
    assert server.asked[-1].query["since"] == "2026-10-01T00:00:00Z"
    assert (server.asked[-1].query["sort"], server.asked[-1].query["direction"]) == ("updated", "desc")


def test_a_repository_without_issues_has_no_incidents(server, delivery):
    server.script[f"{REPO}/issues"] = [Reply.of({"message": "Issues are disabled for this repo"}, status=410)]
    assert fetch(delivery(), "incidents")[1].complete


TASKS = "/agents/repos/acme/web/tasks"


def test_archived_tasks_are_asked_for_too_and_their_usage_keeps_every_digit(server, delivery):
    server.script[TASKS] = [
        Reply.of({"tasks": [{"id": "t1", "created_at": "2026-10-01T00:00:00Z", "updated_at": "2026-10-02T00:00:00Z"}]}),
        Reply.of({"tasks": [{"id": "t2", "created_at": "2026-10-03T00:00:00Z"}]}),
    ]
    server.script[f"{TASKS}/t1"] = [Reply(body=b'{"id":"t1","sessions":[{"usage":{"type":"ai_credits","amount":1234567890123456.0}}]}')]
    server.script[f"{TASKS}/t2"] = [Reply(body=b'{"id":"t2","sessions":[{"usage":{"type":"premium_requests","amount":1.50}}]}')]
    lines = []
    outcome = delivery(agent_tasks_token_env="GH_TASKS").fetch("agent_tasks", WINDOW, lines.append)
    assert outcome.complete
    assert lines[0] == (
        b'{"day":"2026-10-02","repository":"acme/web","id":"t1","sessions":[{"usage":{"type":"ai_credits","amount":1234567890123456.0}}]}'
    )
    assert b'"amount":1.50' in lines[1]
    asked = [request for request in server.asked if request.path == TASKS]
    assert [request.query["is_archived"] for request in asked] == ["false", "true"]
    assert {request.headers["authorization"] for request in asked} == {"Bearer ghp_tasks_secret"}


@pytest.mark.parametrize("status", [401, 403, 404])
def test_agent_tasks_that_are_refused_everywhere_are_not_available(server, delivery, status):
    server.script[TASKS] = [Reply(status)]
    records, outcome = fetch(delivery(agent_tasks_token_env="GH_TASKS"), "agent_tasks")
    assert (records, outcome.kind) == ([], "not_available")
    assert f"acme/web (status {status}): the token in GH_TASKS lacks" in outcome.detail


def test_agent_tasks_that_are_refused_somewhere_are_named(server, delivery):
    server.script["/repos/acme/api"] = [Reply.of({"id": 2, "full_name": "acme/api"})]
    server.script["/agents/repos/acme/api/tasks"] = [Reply.of({"tasks": []})]
    server.script[TASKS] = [Reply(403)]
    _, outcome = fetch(delivery(agent_tasks_token_env="GH_TASKS", repositories=["acme/web", "acme/api"]), "agent_tasks")
    assert (outcome.kind, outcome.complete) == ("data", True)
    assert outcome.detail == "agent tasks are refused for 1 of 2 repositories: acme/web (status 403)"


def test_all_repositories_of_an_organisation_are_read_and_one_that_is_named_twice_once(server, delivery):
    path = "/orgs/acme/repos"
    server.script[path] = [
        Reply.of([{"id": 1, "full_name": "acme/web"}, {"id": 2, "full_name": "acme/Api"}], Link=following(server, path, 2)),
        Reply.of([{"id": 3, "full_name": "acme/old", "archived": True}]),
    ] * 2
    records, _ = fetch(delivery(repositories=["acme/web", "acme/*"]), "repositories", Window.of_day(NOW.date()))
    assert [(record["repository"], record["day"]) for record in records] == [
        ("acme/Api", "2026-10-05"),
        ("acme/old", "2026-10-05"),
        ("acme/web", "2026-10-05"),
    ]
    assert all("url" not in record for record in records)


def test_a_repository_that_is_deleted_while_the_list_is_read_hides_no_other(server, delivery):
    path = "/orgs/acme/repos"
    first = [{"id": n, "full_name": f"acme/{n}"} for n in (1, 2)], [{"id": 4, "full_name": "acme/4"}]
    then = [{"id": n, "full_name": f"acme/{n}"} for n in (2, 3)], [{"id": 4, "full_name": "acme/4"}]
    server.script[path] = [
        reply for one, two in (first, then, then) for reply in (Reply.of(one, Link=following(server, path, 2)), Reply.of(two))
    ]
    records, _ = fetch(delivery(repositories=["acme/*"]), "repositories", Window.of_day(NOW.date()))
    assert [record["id"] for record in records] == [2, 3, 4]


def test_repositories_that_are_not_there_are_told(server, delivery):
    today = Window.of_day(NOW.date())
    records, outcome = fetch(delivery(repositories=["acme/web", "acme/gone"]), "repositories", today)
    assert ([record["repository"] for record in records], outcome.kind) == (["acme/web"], "data")
    assert outcome.detail.startswith("status 404 for acme/gone: correct `repositories`")
    assert fetch(delivery(repositories=["acme/gone"]), "repositories", today)[1].kind == "not_available"
    probe = next(delivery(repositories=["acme/web", "acme/gone"]).probe())
    assert (probe.works, "404 for acme/gone" in probe.message) == (False, True)


def test_a_renamed_repository_is_followed_to_its_new_name(server, delivery):
    server.script["/repos/acme/before"] = [Reply(301, headers={"Location": f"{server.url}/repositories/1"})]
    server.script["/repositories/1"] = [Reply.of({"id": 1, "full_name": "acme/web"})]
    server.script[f"{REPO}/issues"] = [Reply.of([{"id": 1, "updated_at": "2026-10-02T10:00:00Z"}])]
    records, _ = fetch(delivery(repositories=["acme/before"]), "incidents")
    assert [record["repository"] for record in records] == ["acme/web"]


def test_errors_name_the_repository_and_no_address(server, delivery):
    with pytest.raises(AccessDenied) as missing:
        fetch(delivery(repositories=["acme/gone"]), "pull_requests")
    assert "(or the name in spend.toml is wrong) (repository acme/gone)" in str(missing.value)
    server.script[f"{REPO}/pulls"] = [Reply(403)]
    with pytest.raises(AccessDenied) as denied:
        fetch(delivery(), "pull_requests")
    assert "'Pull requests: read' (repository acme/web)" in str(denied.value)
    server.script[f"{REPO}/pulls"] = [Reply.of([{"id": "x"}])]
    with pytest.raises(UnexpectedAnswer, match="another shape than documented"):
        fetch(delivery(), "pull_requests")
    for error in (missing.value, denied.value):
        assert server.url not in str(error)
        assert "ghp_secret" not in str(error)


def test_a_base_url_may_contain_a_path(server, delivery):
    server.script[f"/api/v3{REPO}"] = [Reply.of({"id": 1, "full_name": "acme/web"})]
    path = f"/api/v3{REPO}/issues"
    server.script[path] = [
        Reply.of([{"id": 1, "updated_at": "2026-10-02T10:00:00Z"}], Link=f'<{server.url}{path}?page=2>; rel="next"'),
        Reply.of([{"id": 2, "updated_at": "2026-10-02T10:00:00Z"}]),
    ]
    records, _ = fetch(delivery(base_url=f"{server.url}/api/v3"), "incidents")
    assert [record["id"] for record in records] == [1, 2]
