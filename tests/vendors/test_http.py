"""The client under a hostile or tired server: what it retries, how long it waits, what it refuses, and what it never tells."""

import email.utils
import logging
import socket
import traceback
from datetime import UTC, datetime, timedelta

import pytest

from spend_assets.answers import AccessDenied, UnexpectedAnswer, VendorError, VendorUnavailable
from spend_assets.settings import Limits, SettingsError
from spend_assets.vendors.http import Credential, HttpClient, Route

from .conftest import BILLING, DAY, NOW, TOKEN
from .server import Reply, ScriptedServer

THINGS = Route("GET", "/v1/{place}/things", "the permission to read things: scope read:things", "key")
MAKE = Route("POST", "/v1/things", "the permission to make things", "key")
PATH = "/v1/here/things"
SECRET = "s3cr3t-token"


@pytest.fixture
def client(server, waits):
    clients = []

    def make(*, base_url=None, limits=None, secret=SECRET, routes=(THINGS, MAKE), now=NOW, **other):
        client = HttpClient(
            account="acme",
            base_url=base_url or server.url,
            routes=routes,
            credentials={"key": Credential("THINGS_KEY", lambda: {"Authorization": f"Bearer {secret}"})},
            limits=Limits.model_validate({"timeout_seconds": 2.0, **(limits or {})}),
            now=lambda: now,
            sleep=waits.append,
            jitter=lambda: 0.0,
            **other,
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


def ask(client, **other):
    return client.ask(THINGS, {"place": "here"}, dict, day=DAY.start, **other)


# What is asked again, and when


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_passing_failures_are_asked_again(server, client, status):
    server.script[PATH] = [Reply(status), Reply.of({"ok": 1})]
    assert ask(client()).value == {"ok": 1}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422])
def test_lasting_failures_are_not(server, client, waits, status):
    server.script[PATH] = [Reply(status)]
    with pytest.raises(VendorError) as caught:
        ask(client())
    assert len(server.asked) == 1
    assert waits == []
    assert caught.value.status == status


def test_backoff_doubles_and_attempts_are_bounded(server, client, waits):
    server.script[PATH] = [Reply(500)]
    with pytest.raises(VendorUnavailable, match="status 500: the server failed; gave up after 6 attempts"):
        ask(client())
    assert (len(server.asked), waits) == (6, [0.5, 1.0, 2.0, 4.0, 8.0])


def test_broken_connections_and_bodies_are_asked_again(server, client):
    server.script[PATH] = [
        Reply(body=b'{"half":', declared=100),
        Reply(body=b'{"half":'),
        Reply.packed(b'{"n": 1}', cut=4),
        Reply.of({"ok": 1}),
    ]
    assert ask(client()).value == {"ok": 1}


def test_a_server_that_is_not_there_is_unavailable(client):
    closed = ScriptedServer()
    closed.close()
    with pytest.raises(VendorUnavailable, match=r"the connection failed \(ConnectError\)"):
        ask(client(base_url=closed.url))


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (429, {"Retry-After": "7"}, 7),
        (403, {"Retry-After": "7"}, 7),
        (503, {"Retry-After": "7"}, 7),
        (429, {"Retry-After": email.utils.format_datetime(NOW + timedelta(seconds=42), usegmt=True)}, 42),
        (429, {"Retry-After": "86400"}, 900),
        (503, {"Retry-After": "86400"}, 900),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 30)}, 31),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 3600)}, 900),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}, 60),
        (429, {}, 60),
    ],
)
def test_a_limit_is_waited_for_as_the_server_says(server, client, waits, status, headers, expected):
    server.script[PATH] = [Reply(status, b"{}", headers), Reply.of({"ok": 1})]
    assert ask(client()).value == {"ok": 1}
    assert waits == [expected]


def test_times_are_read_against_the_servers_own_date(server, client, waits):
    theirs = datetime(2030, 1, 1, tzinfo=UTC)
    headers = {"Date": email.utils.format_datetime(theirs, usegmt=True)}
    headers["Retry-After"] = email.utils.format_datetime(theirs + timedelta(seconds=5), usegmt=True)
    server.script[PATH] = [Reply(429, b"", headers), Reply.of({})]
    ask(client())
    assert waits == [5]


def test_a_secondary_limit_without_time_waits_a_minute_and_more(server, client, waits):
    body = b'{"message":"You have exceeded a secondary rate limit."}'
    server.script[PATH] = [Reply(403, body)]
    with pytest.raises(VendorUnavailable, match="status 403: the rate limit is used up"):
        ask(client())
    assert waits == [60, 120, 240, 480, 900]


# What an error says, and what it never says


@pytest.mark.parametrize(
    ("status", "text"),
    [(401, "the token in THINGS_KEY is not accepted"), (403, "the token in THINGS_KEY lacks the permission to read things: scope")],
)
def test_a_refusal_names_account_day_route_and_permission(server, client, status, text):
    server.script[PATH] = [Reply(status, b'{"message":"internal detail"}', {"X-RateLimit-Remaining": "4999"})]
    with pytest.raises(AccessDenied, match=text) as caught:
        ask(client())
    message = str(caught.value)
    assert message.startswith(f"GET /v1/{{place}}/things, account acme, day 2026-10-01, status {status}: ")
    assert "internal detail" not in message
    assert (caught.value.account, caught.value.route, caught.value.day) == ("acme", str(THINGS), DAY.start)


def test_neither_logs_nor_errors_tell_urls_or_secrets(server, copilot, caplog):
    """Fails when httpx's loggers are left at INFO, or when an error carries httpx's own message or context."""
    caplog.set_level(logging.DEBUG)
    reports = "/enterprises/acme/copilot/metrics/reports/users-1-day"
    signed = server.url + "/part?sig=SIGNATURE"
    server.script[reports] = [Reply.of({"download_links": [signed], "report_day": "2026-10-01"})]
    told = []
    for reply in (
        Reply(400),
        Reply(500),
        Reply(body=b"x", declared=9),
        Reply(302, headers={"Location": "http://192.0.2.1/?sig=SIGNATURE"}),
    ):
        server.script["/part"] = [reply]
        with pytest.raises(VendorError) as caught:
            copilot().fetch("user_days", DAY, print)
        told.append("".join(traceback.format_exception(caught.value)))
        assert caught.value.__context__ is None or caught.value.__suppress_context__
    server.script["/part"] = [Reply(body=b'{"n":1}')]
    copilot().fetch("user_days", DAY, told.append)
    text = "".join(map(str, told)) + caplog.text
    assert server.paths().count("/part") > 4
    for hidden in ("SIGNATURE", server.url, "127.0.0.1", TOKEN, BILLING):
        assert hidden not in text


@pytest.mark.parametrize("secret", ["tok\u00e9n-s3cr3t", "s3cr3t\nX-Evil: 1", "s3cr3t\x00"])
def test_a_token_that_no_header_can_carry_is_not_repeated(server, client, secret):
    with pytest.raises(SettingsError, match="THINGS_KEY") as caught:
        ask(client(secret=secret))
    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value))
    assert server.asked == []


def test_keys_are_read_when_a_request_is_made(server, copilot):
    env = {"GH": "first"}
    seats = "/enterprises/acme/copilot/billing/seats"
    server.script[seats] = [Reply.of({"total_seats": 0, "seats": []})]
    client = copilot(env=env)
    client.fetch("seats", DAY, print)
    env["GH"] = "second"
    client.fetch("seats", DAY, print)
    assert [asked.headers["authorization"] for asked in server.asked] == ["Bearer first", "Bearer second"]


# Where a request may go


def test_only_routes_of_the_table_are_sent(server, client):
    other = Route("DELETE", "/v1/{place}/things", "", "key")
    with pytest.raises(ValueError, match="outside the table is never sent"):
        client().ask(other, {"place": "here"}, dict)
    assert server.asked == []


@pytest.mark.parametrize("value", ["..", ".", ""])
def test_a_name_from_outside_cannot_climb(server, client, value):
    with pytest.raises(UnexpectedAnswer, match="cannot stand in an address"):
        client().ask(THINGS, {"place": value}, dict)
    assert server.asked == []


def test_a_redirect_on_the_same_origin_and_route_is_followed(server, client):
    server.script[PATH] = [Reply(301, headers={"Location": "/v1/there/things"})]
    server.script["/v1/there/things"] = [Reply.of({"ok": 1})]
    assert ask(client()).value == {"ok": 1}


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://127.0.0.1:1/v1/here/things", "to another origin"),
        ("/v2/other", "not among the routes"),
        ("http://u:p@127.0.0.1/", "user name"),
    ],
)
def test_other_redirects_are_refused(server, client, location, reason):
    server.script[PATH] = [Reply(302, headers={"Location": location})]
    with pytest.raises(UnexpectedAnswer, match=reason):
        ask(client())
    assert server.paths() == [PATH]


def test_a_post_is_never_redirected(server, client):
    server.script["/v1/things"] = [Reply(307, headers={"Location": PATH})]
    with pytest.raises(UnexpectedAnswer, match="not among the routes"):
        client().ask(MAKE, {}, dict, json={})
    assert server.paths() == ["/v1/things"]


def test_downloads_from_other_hosts_are_not_sent(server, client):
    elsewhere = server.url.replace("127.0.0.1", "localhost")
    with pytest.raises(UnexpectedAnswer, match="host localhost, which is in neither the vendor's list nor download_hosts"):
        client().download(THINGS, elsewhere + "/file")
    assert server.asked == []
    server.script["/file"] = [Reply(body=b"text")]
    client(download_patterns=("localhost",)).download(THINGS, elsewhere + "/file").close()
    assert server.paths() == ["/file"]


def test_downloads_are_redirected_on_their_own_origin_only(server, client):
    http = client(download_patterns=("localhost",))
    server.script["/moved"] = [Reply(302, headers={"Location": "/file"})]
    server.script["/file"] = [Reply(body=b"text")]
    http.download(THINGS, server.url + "/moved").close()
    server.script["/away"] = [Reply(302, headers={"Location": server.url.replace("127.0.0.1", "localhost") + "/file"})]
    with pytest.raises(UnexpectedAnswer, match="to another origin"):
        http.download(THINGS, server.url + "/away")
    assert server.paths() == ["/moved", "/file", "/away"]


def test_redirects_in_circles_end(server, client):
    server.script[PATH] = [Reply(302, headers={"Location": PATH})]
    with pytest.raises(UnexpectedAnswer, match="in circles"):
        ask(client())


def test_page_links_stay_on_the_base_url_and_do_not_repeat(client):
    http, seen = client(), set()
    link = f'<{http.base_url}/organizations/7/things?page=2&per_page=100>; rel="next", <{http.base_url}/x?page=9>; rel="last"'
    assert http.next_page(THINGS, {"link": link}, seen) == {"page": "2", "per_page": "100"}
    assert http.next_page(THINGS, {"link": f'<{http.base_url}/x?page=9>; rel="last"'}, seen) is None
    with pytest.raises(UnexpectedAnswer, match="repeats"):
        http.next_page(THINGS, {"link": link}, seen)
    for elsewhere in ("https://api.github.com.evil.example/x?page=3", "http://127.0.0.1:9/x?page=3", "http://[::1/x"):
        with pytest.raises(UnexpectedAnswer, match="page link refused"):
            http.next_page(THINGS, {"link": f'<{elsewhere}>; rel="next"'}, seen)


def test_downloads_carry_no_token_and_no_cookie(server, client):
    server.script[PATH] = [Reply.of({}, Set_Cookie="session=1; Path=/")]
    server.script["/file"] = [Reply(body=b"text")]
    http = client()
    ask(http)
    with http.download(THINGS, server.url + "/file?sig=1") as body:
        assert body.read() == b"text"
    assert not {"authorization", "cookie"} & set(server.asked[-1].headers)


def test_loopback_ignores_the_proxy_and_other_hosts_honour_it(server, client, monkeypatch):
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, server.url)
    elsewhere = ScriptedServer()
    elsewhere.script[PATH] = [Reply.of({"ok": 1})]
    assert ask(client(base_url=elsewhere.url)).value == {"ok": 1}
    elsewhere.close()
    assert server.asked == []
    with pytest.raises(VendorUnavailable, match="ProxyError"):
        ask(client(base_url="https://api.vendor.example", limits={"attempts": 1}))
    assert [asked.method for asked in server.asked] == ["CONNECT"]


# Bounds


@pytest.mark.parametrize(
    ("limits", "reply", "bound"),
    [
        ({"part_packed_bytes": 1000}, Reply(body=b"x\n" * 600), "part_packed_bytes = 1000"),
        ({"part_unpacked_bytes": 1000}, Reply.packed(b"x\n" * 600), "part_unpacked_bytes = 1000"),
        ({"unpack_ratio": 200}, Reply.packed(b"\n" * 3_000_000), "unpack_ratio = 200"),
        ({"line_bytes": 1000}, Reply.packed(b"x" * 1001), "line_bytes = 1000"),
        ({"line_bytes": 1000}, Reply(body=b"a\n" + b"x" * 1001 + b"\nb"), "line_bytes = 1000"),
    ],
    ids=["packed", "unpacked", "ratio", "one long line", "a long line between"],
)
def test_bodies_have_bounds(server, client, waits, limits, reply, bound):
    server.script["/file"] = [reply]
    with pytest.raises(UnexpectedAnswer, match=bound):
        client(limits=limits).download(THINGS, server.url + "/file")
    assert waits == [], "a breach is not asked for again"


def test_a_json_answer_is_bounded_even_over_many_lines(server, client):
    server.script[PATH] = [Reply(body=b"[" + b"1,\n" * 1000 + b"1]")]
    with pytest.raises(UnexpectedAnswer, match="a JSON answer is longer than line_bytes = 1000"):
        ask(client(limits={"line_bytes": 1000}))


def test_records_may_not_nest_deeper_than_depth(server, copilot):
    server.script["/enterprises/acme/copilot/metrics/reports/users-1-day"] = [
        Reply.of({"download_links": [server.url + "/part"], "report_day": "2026-10-01"})
    ]
    brackets_in_text = rb'"]}}] \" ' + b"{" * 99 + b'"'
    nested = b'{"a":' * 64 + brackets_in_text + b"}" * 64
    server.script["/part"] = [Reply(body=nested)]
    client, records = copilot(), []
    client.fetch("user_days", DAY, records.append)
    assert records == [nested]
    server.script["/part"] = [Reply(body=b'{"b":' + nested + b"}")]
    with pytest.raises(UnexpectedAnswer, match="nests deeper than depth = 64"):
        client.fetch("user_days", DAY, records.append)


def test_a_body_that_trickles_for_ever_is_given_up(server, client):
    ticks = iter(range(0, 10_000, 30))
    server.script["/file"] = [Reply(body=b"x\n" * 10)]
    with pytest.raises(VendorUnavailable, match="longer than 20 times timeout_seconds"):
        client(monotonic=lambda: float(next(ticks)) * 2).download(THINGS, server.url + "/file")


def test_a_server_that_falls_silent_times_out(client):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(VendorUnavailable, match=r"the connection failed \(ReadTimeout\)"):
            ask(client(base_url=url, limits={"timeout_seconds": 0.05, "attempts": 2}))


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip"])
def test_only_gzip_is_unpacked(server, client, encoding):
    server.script[PATH] = [Reply(body=b"{}", headers={"Content-Encoding": encoding})]
    with pytest.raises(UnexpectedAnswer, match="packed in a way that was not asked for"):
        ask(client())
    assert server.asked[0].headers["accept-encoding"] == "gzip"


def test_a_long_wait_is_said_without_address_or_secret(server, client, waits, caplog):
    server.script[PATH] = [Reply(429, b"{}", {"Retry-After": "60"}), Reply.of({"ok": 1})]
    with caplog.at_level(logging.WARNING):
        ask(client())
    assert waits == [60]
    [said] = [record.getMessage() for record in caplog.records]
    assert "waiting 60 s" in said
    assert "GET /v1/{place}/things" in said
    assert server.url not in said
    assert SECRET not in said
