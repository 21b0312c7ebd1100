"""GitHub's recorded delivery objects through client, landing and dbt; every value read off the samples."""

from datetime import datetime

HELLO, TEST = "codertocat/hello-world", "test/repo"


def test_pull_requests_keep_what_happened_and_who_waited(recorded):
    """Codertocat's own is closed without a merge, and its one review is his own. The bot's was merged after a day; the bot itself and a
    person approved, the person a day after the creation. The third is open, and says nothing of a merge.
    """
    assert recorded(
        "select repository, pull_request_number, state, author_kind, first_review_at, merged_at, approvals, merge_commit_sha, lines_added, "
        "lines_deleted, commits, commits_are_whole, is_to_default_branch, head_branch "
        "from intermediate.int_pull_requests where account = 'octo' order by pull_request_number"
    ) == [
        (HELLO, 2, "closed", "person", None, None, 0, None, 1, 1, 1, False, True, "changes"),
        (
            *(TEST, 999, "merged", "bot", datetime(2026, 10, 29), datetime(2026, 10, 29), 1, "abc123"),
            *(10, 5, 1, False, True, "renovate/deps"),
        ),
        (TEST, 1000, "open", "person", None, None, 0, None, 100, 20, 5, False, True, "feature/new"),
    ]
    assert recorded(
        "select reviewer_login, state, is_human, is_author from intermediate.int_pull_request_reviews "
        "where account = 'octo' order by review_id"
    ) == [
        ("renovate[bot]", "approved", False, True),
        ("human-reviewer", "approved", True, False),
        ("codertocat", "commented", True, True),
    ]
    assert recorded("select label from staging.stg_git_delivery__pull_request_labels where account = 'octo'") == [("bug",)]


def test_the_deployment_ended_well_and_leads_to_its_pull_request(recorded):
    assert recorded(
        "select deployment_id, is_production, outcome, created_at, finished_at from intermediate.int_deployments where account = 'octo'"
    ) == [(145988746, True, "success", datetime(2026, 10, 28, 15, 20, 53), datetime(2026, 10, 28, 15, 20, 55))]
    assert recorded(
        "select deployment_id, pull_request_id, was_merged from intermediate.int_deployment_pull_requests where account = 'octo'"
    ) == [(145988746, 279147437, False)]


def test_the_run_keeps_its_outcome_its_log_and_the_pull_request_that_github_lists(recorded):
    assert recorded(
        "select run_id, repository, event, outcome, attempts, workflow_path, pull_request_id, pull_request_evidence, agent, log_page "
        "from intermediate.int_workflow_runs where account = 'octo'"
    ) == [
        (
            *(
                289782451,
                "octo-org/octo-repo",
                "repository_dispatch",
                "success",
                1,
                ".github/workflows/test.yml",
                279147437,
                "listed",
                None,
            ),
            "https://github.com/octo-org/octo-repo/actions/runs/289782451",
        )
    ]


def test_an_issue_with_the_label_is_an_incident_and_a_pull_request_is_not(recorded):
    assert recorded(
        "select issue_id, repository, created_at, closed_at, is_open from intermediate.int_incidents where account = 'octo'"
    ) == [(444500041, HELLO, datetime(2026, 10, 28, 15, 20, 18), None, True)]


def test_delivery_brings_no_money(recorded):
    assert recorded("select count(*) from intermediate.int_spend where vendor = 'git_delivery'") == [(0,)]
    assert recorded(
        "select stream, count(*) from marts.data_health "
        "where vendor = 'git_delivery' and data_status = 'complete' and day between '2026-10-28' and '2026-10-30' "
        "group by stream order by stream"
    ) == [
        (stream, 3)
        for stream in (
            *("deployment_pulls", "deployment_statuses", "deployments", "incidents", "pr_commits", "pr_timeline", "pull_requests"),
            *("reviews", "workflow_runs"),
        )
    ]
