"""Seats, teams and members: pages, lists that shift while they are read, and which streams an account has."""

import json

import pytest

from spend_assets.answers import UnexpectedAnswer, VendorUnavailable

from .conftest import DAY, TOKEN
from .server import Reply

SEATS = "/enterprises/acme/copilot/billing/seats"
TEAMS = "/orgs/web/teams"


def seats(total, *people, link=""):
    page = {"total_seats": total, "seats": [{"assignee": {"id": person} if person else None, "n": 1} for person in people]}
    return Reply.of(page, Link=link) if link else Reply.of(page)


def following(server, page, path=SEATS):
    return f'<{server.url}{path}?page={page - 2}&per_page=100>; rel="prev", <{server.url}{path}?page={page}&per_page=100>; rel="next"'


def test_seats_with_several_grants_are_one_person_each(server, copilot, recorded):
    server.script[SEATS] = [Reply(body=recorded("enterprise_seats_with_duplicates.json"))]
    records = []
    outcome = copilot().fetch("seats", DAY, records.append)
    assert outcome.complete
    assert [json.loads(record)["assignee"]["id"] for record in records] == [1, 1, 2, 2]
    assert not any(b"\n" in record for record in records)
    assert server.asked[0].query == {"per_page": "100", "page": "1"}


def test_pages_are_followed_to_the_end(server, copilot):
    server.script[SEATS] = [seats(4, 1, 2, link=following(server, 2)), seats(4, 3, None)]
    records = []
    outcome = copilot().fetch("seats", DAY, records.append)
    assert (len(records), outcome.complete) == (4, True)
    assert [asked.query["page"] for asked in server.asked] == ["1", "2"]


def test_a_full_page_without_link_is_not_taken_for_the_last(server, copilot):
    full, rest = Reply.of([{"id": n, "slug": f"t{n}"} for n in range(100)]), Reply.of([{"id": 100, "slug": "t100"}])
    server.script[TEAMS] = [full, rest, full, rest]
    records = []
    copilot().fetch("teams", DAY, records.append)
    assert len(records) == 101


def test_a_team_that_goes_while_the_list_is_read_hides_no_other(server, copilot):
    """The second reading shows the team that had moved to the first page; the third agrees with it."""
    first, gone, moved, last = ({"id": n, "slug": f"t{n}"} for n in range(4))
    after = following(server, 2, TEAMS)
    server.script[TEAMS] = [
        Reply.of([first, gone], Link=after),
        Reply.of([last]),
        *[Reply.of([first, moved], Link=after), Reply.of([last])] * 2,
    ]
    records = []
    assert copilot().fetch("teams", DAY, records.append).complete
    assert [json.loads(record)["id"] for record in records] == [0, 2, 3]


def test_a_server_that_does_not_know_pages_is_no_endless_list(server, copilot):
    server.script[TEAMS] = [Reply.of([{"id": n, "slug": f"t{n}"} for n in range(100)])]
    with pytest.raises(UnexpectedAnswer, match="the same page again under another number"):
        copilot().fetch("teams", DAY, print)
    assert len(server.asked) == 2


def test_counts_and_ids_as_text_are_counts_and_ids(server, copilot):
    server.script[SEATS] = [
        Reply.of({"total_seats": "2", "seats": [{"assignee": {"id": "1"}}, {"assignee": {"id": 1.0}}, {"assignee": None}]})
    ]
    records = []
    assert copilot().fetch("seats", DAY, records.append).complete
    assert len(records) == 3


def test_a_shifted_page_is_read_once_more(server, copilot):
    server.script[SEATS] = [seats(3, 1, 2, link=following(server, 2)), seats(3, 2), seats(3, 1, 2, link=following(server, 2)), seats(3, 3)]
    records = []
    outcome = copilot().fetch("seats", DAY, records.append)
    assert [json.loads(record)["assignee"]["id"] for record in records] == [1, 2, 3]
    assert outcome.complete


def test_seats_that_stay_fewer_than_told_are_incomplete(server, copilot):
    server.script[SEATS] = [seats(3, 1, 2)]
    records = []
    outcome = copilot().fetch("seats", DAY, records.append)
    assert (len(records), outcome.complete, outcome.detail) == (2, False, "2 people on the pages, total_seats says 3")
    assert len(server.asked) == 2


def test_an_empty_body_is_not_zero_seats(server, copilot):
    server.script[SEATS] = [Reply(204)]
    with pytest.raises(VendorUnavailable, match="an empty body where a page was due"):
        copilot().fetch("seats", DAY, print)


def test_a_seat_of_another_shape_is_refused(server, copilot):
    server.script[SEATS] = [Reply.of({"total_seats": 1, "seats": [{"assignee": {"id": "abc"}}]})]
    with pytest.raises(UnexpectedAnswer, match="another shape than documented"):
        copilot().fetch("seats", DAY, print)


def test_team_members_carry_organisation_and_team(server, copilot):
    server.script[TEAMS] = [Reply(body=b'[{"id":7,"slug":"core"},{"id":8,"slug":"gone"}]')]
    server.script["/orgs/web/teams/core/members"] = [Reply(body=b'[{"id":1001,"login":"alice","score":1.10,"organization":"other"}]')]
    client, records = copilot(), []
    client.fetch("team_members", DAY, records.append)
    assert records == [b'{"organization":"web","team_id":7,"team_slug":"core","id":1001,"login":"alice","score":1.10}']
    records.clear()
    client.fetch("teams", DAY, records.append)
    assert records == [b'{"organization":"web","id":7,"slug":"core"}', b'{"organization":"web","id":8,"slug":"gone"}']
    assert {asked.headers["authorization"] for asked in server.asked} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("source", "streams"),
    [
        ({}, "user_days user_28_days user_teams seats ai_credit_usage ai_credit_report billing_report teams team_members"),
        ({"billing_token_env": None, "team_orgs": ()}, "user_days user_28_days user_teams seats"),
        ({"org": "web"}, "user_days user_28_days user_teams seats ai_credit_usage teams team_members"),
    ],
)
def test_streams_follow_from_the_settings(copilot, source, streams):
    client = copilot(**source)
    assert client.streams == tuple(streams.split())
    missing = {"ai_credit_report", "unknown"} - set(client.streams)
    for stream in missing:
        with pytest.raises(ValueError, match="is not configured for the stream"):
            client.fetch(stream, DAY, print)
