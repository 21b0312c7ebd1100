"""Usage metrics reports: envelope, signed links, parts, and every way that GitHub says "nothing yet"."""

import gzip
import json
from datetime import date

import pytest

from spend_assets.answers import UnexpectedAnswer, VendorUnavailable, Window

from .conftest import DAY
from .server import Reply

USERS = "/enterprises/acme/copilot/metrics/reports/users-1-day"
LATEST = "/enterprises/acme/copilot/metrics/reports/users-28-day/latest"


def envelope(server, *paths, day="2026-10-01"):
    return Reply.of({"download_links": [server.url + path for path in paths], "report_day": day})


def test_all_parts_are_read_in_order_and_records_stay_as_sent(server, copilot, recorded):
    record = recorded("example-user-record.2026-09.ndjson").strip()
    server.script[USERS] = [envelope(server, "/part/1", "/part/2")]
    server.script["/part/1"] = [Reply.packed(record + b"\n\n")]
    server.script["/part/2"] = [Reply(body=b'{"user_id":2,"ai_credits_used":251.68546999999998}\r\n{"user_id":3, "big":1e30}')]
    records = []
    outcome = copilot().fetch("user_days", DAY, records.append)
    assert records == [record, b'{"user_id":2,"ai_credits_used":251.68546999999998}', b'{"user_id":3, "big":1e30}']
    assert (outcome.kind, outcome.complete, outcome.params) == ("data", True, {"day": "2026-10-01"})
    assert server.asked[0].query == {"day": "2026-10-01"}
    assert server.asked[0].headers["x-github-api-version"] == "2026-03-10"
    assert server.asked[0].headers["accept"] == "application/vnd.github+json"


@pytest.mark.parametrize(
    ("day", "scope", "kind"),
    [
        (date(2025, 12, 11), {"org": "web"}, "not_available"),
        (date(2025, 12, 12), {"org": "web"}, "not_ready"),
        (date(2025, 12, 11), {}, "not_ready"),
    ],
    ids=["before reports of organisations", "their first day", "an enterprise"],
)
@pytest.mark.parametrize(
    "nothing", [Reply(404), Reply(204), Reply.of({"download_links": [], "report_day": None})], ids=["404", "204", "empty"]
)
def test_days_before_reports_of_organisations_are_not_missing(server, copilot, day, scope, kind, nothing):
    server.script["/orgs/web/copilot/metrics/reports/users-1-day"] = server.script[USERS] = [nothing]
    outcome = copilot(**scope).fetch("user_days", Window.of_day(day), print)
    assert (outcome.kind, outcome.of_window) == (kind, kind == "not_available")


def test_an_organisation_asks_its_own_endpoints(server, copilot, recorded):
    server.script["/orgs/web/copilot/metrics/reports/user-teams-1-day"] = [envelope(server, "/part/1")]
    server.script["/part/1"] = [Reply(body=recorded("example-user-teams.ndjson"))]
    records = []
    copilot(org="web").fetch("user_teams", DAY, records.append)
    assert [json.loads(record)["slug"] for record in records] == ["frontend", "backend", "frontend"]


def test_the_28_day_report_has_no_date_parameter(server, copilot):
    body = {"download_links": [server.url + "/part/1"], "report_start_day": "2026-09-04", "report_end_day": "2026-10-01"}
    server.script[LATEST] = [Reply.of(body)]
    server.script["/part/1"] = [Reply(body=b'{"user_id":1}\n')]
    records = []
    assert copilot().fetch("user_28_days", DAY, records.append).params == {}
    assert server.asked[0].query == {}
    assert records == [b'{"user_id":1}']


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404),
        Reply(204),
        Reply(body=b""),
        Reply(body=b"null"),
        Reply(body=b'""'),
        Reply.of({"download_links": [], "report_day": "2026-10-01"}),
    ],
    ids=["404", "204", "empty", "null", "empty string", "no links"],
)
def test_a_day_without_a_report_is_not_ready_and_not_zero(server, copilot, reply):
    server.script[USERS] = [reply]
    records = []
    outcome = copilot().fetch("user_days", DAY, records.append)
    assert (outcome.kind, outcome.complete, records) == ("not_ready", True, [])


def test_metrics_that_are_switched_off_are_not_available(server, copilot):
    server.script[USERS] = [Reply(422, b"{}")]
    assert copilot().fetch("user_days", DAY, print).kind == "not_available"


def test_an_expired_link_is_renewed_through_the_envelope(server, copilot):
    server.script[USERS] = [envelope(server, "/old/1", "/old/2"), envelope(server, "/new/1", "/new/2")]
    server.script["/old/1"] = [Reply(body=b'{"n":1}\n')]
    server.script["/old/2"] = [Reply(403, b"<Error>AuthenticationFailed</Error>")]
    server.script["/new/2"] = [Reply(body=b'{"n":2}\n')]
    records = []
    outcome = copilot().fetch("user_days", DAY, records.append)
    assert (records, outcome.complete) == ([b'{"n":1}', b'{"n":2}'], True)
    assert "/new/1" not in server.paths(), "a part that was had is not fetched again"


def test_a_part_that_stays_away_makes_the_answer_partial(server, copilot):
    server.script[USERS] = [envelope(server, "/part/1", "/gone")]
    server.script["/part/1"] = [Reply(body=b'{"n":1}\n')]
    records = []
    outcome = copilot().fetch("user_days", DAY, records.append)
    assert (outcome.kind, outcome.complete, records) == ("data", False, [b'{"n":1}'])
    assert outcome.detail == "1 of 2 download parts could not be had (link expired or file gone)"
    assert server.paths().count("/gone") == 3


def test_a_report_that_is_rebuilt_between_is_not_mixed(server, copilot):
    server.script[USERS] = [envelope(server, "/old/1", "/old/2"), envelope(server, "/new/1")]
    server.script["/old/1"] = [Reply(body=b'{"old":1}\n')]
    server.script["/new/1"] = [Reply(body=b'{"new":1}\n')]
    records = []
    outcome = copilot().fetch("user_days", DAY, records.append)
    assert (records, outcome.complete) == ([b'{"new":1}'], True)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'[{"n": 1.10},\n {"n": 2}]', [b'{"n": 1.10}', b'{"n": 2}']),
        (b'{\n "n": 1.10\n}\n', [b'{  "n": 1.10 }']),
        (b"[]", []),
        (b"", []),
        (b'{"n":1}\n{"n":\n{"n":3}\n', [b'{"n":1}', b'{"n":', b'{"n":3}']),
        (b'{"n":\n{"n":2}\n', [b'{"n":', b'{"n":2}']),
    ],
    ids=["array", "one object over lines", "empty array", "empty", "a broken line", "the first line broken"],
)
def test_other_shapes_of_a_file(server, copilot, body, expected):
    server.script[USERS] = [envelope(server, "/part/1")]
    server.script["/part/1"] = [Reply(body=body)]
    records = []
    copilot().fetch("user_days", DAY, records.append)
    assert records == expected


def test_a_file_that_is_gzip_by_itself_is_unpacked(server, copilot):
    server.script[USERS] = [envelope(server, "/part/1.gz")]
    server.script["/part/1.gz"] = [Reply(body=gzip.compress(b'{"n":1}\n') + gzip.compress(b'{"n":2}\n'))]
    records = []
    copilot().fetch("user_days", DAY, records.append)
    assert records == [b'{"n":1}', b'{"n":2}']


def test_truncated_parts_are_fetched_again_and_leave_nothing_behind(server, copilot, waits):
    whole = b"".join(b'{"n":%d}\n' % number for number in range(500))
    server.script[USERS] = [envelope(server, "/part/1")]
    server.script["/part/1"] = [
        Reply.packed(whole, cut=20),
        Reply(body=whole[:99], declared=len(whole)),
        Reply(body=b"no gzip", headers={"Content-Encoding": "gzip"}),
        Reply(503),
        Reply.packed(whole),
    ]
    records = []
    copilot().fetch("user_days", DAY, records.append)
    assert records == whole.split()
    assert len(waits) == 4


def test_a_part_that_never_comes_whole_fails_the_day_and_sinks_nothing(server, copilot):
    server.script[USERS] = [envelope(server, "/good", "/cut")]
    server.script["/good"] = [Reply(body=b'{"n":1}\n')]
    server.script["/cut"] = [Reply.packed(b'{"n":2}\n' * 100, cut=9)]
    records = []
    with pytest.raises(VendorUnavailable, match="ends early; gave up after 6 attempts"):
        copilot().fetch("user_days", DAY, records.append)
    assert records == []


def test_an_answer_for_another_day_is_refused(server, copilot):
    server.script[USERS] = [envelope(server, "/part/1", day="2026-09-30")]
    with pytest.raises(UnexpectedAnswer, match="answered for another day, 2026-09-30"):
        copilot().fetch("user_days", DAY, print)


def test_day_streams_take_one_day(copilot):
    with pytest.raises(ValueError, match="asked day by day"):
        copilot().fetch("user_days", Window(date(2026, 10, 1), date(2026, 10, 3)), print)
