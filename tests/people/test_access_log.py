"""The log of person commands: a chain that shows every change, keys without names, access that ends."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from spend_assets.clock import FixedClock
from spend_assets.people.access_log import AccessLog
from spend_assets.people.errors import PersonCommandRefused
from spend_assets.publish.pseudonyms import Pseudonyms

ADA, BO = "p_ada", "p_bo"
START = datetime(2026, 9, 1, 8, tzinfo=UTC)


class Log(AccessLog):
    def reopened(self) -> "Log":
        return Log(self.folder.parent, self.clock, self.pseudonyms)

    def lines(self) -> list[bytes]:
        return self.path.read_bytes().splitlines(keepends=True)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    made = Log(tmp_path, FixedClock(START), Pseudonyms("k" * 40))
    made.grant("reveal", ADA, "INC-1", "Mara Voss")
    made.grant("me", BO, "DSR-2", "Mara Voss")
    made.grant("reveal", ADA, "INC-3", "Tom Ito")
    return made


def at(log: AccessLog, instant: datetime) -> None:
    assert isinstance(log.clock, FixedClock)
    log.clock.instant = instant


def test_it_holds_keys_and_no_names(log: Log) -> None:
    content = log.path.read_text()
    assert "Mara" not in content and "Voss" not in content
    entries = log.reopened().entries()
    assert [(e.number, e.kind, e.subject, e.request) for e in entries] == [
        (1, "reveal", ADA, "INC-1"),
        (2, "me", BO, "DSR-2"),
        (3, "reveal", ADA, "INC-3"),
    ]
    assert entries[0].approver == entries[1].approver != entries[2].approver, "an approver can be checked against the key"
    assert log.approver_key("mara voss ") == entries[0].approver


def _change(log: Log) -> None:
    log.path.write_bytes(log.path.read_bytes().replace(b"DSR-2", b"DSR-9"))


def _swap_subject(log: Log) -> None:
    log.path.write_bytes(log.path.read_bytes().replace(b"p_bo", b"p_cy"))


def _take_out(log: Log) -> None:
    log.path.write_bytes(b"".join(log.lines()[:1] + log.lines()[2:]))


def _take_out_first(log: Log) -> None:
    log.path.write_bytes(b"".join(log.lines()[1:]))


def _cut_off(log: Log) -> None:
    log.path.write_bytes(b"".join(log.lines()[:2]))


def _remove(log: Log) -> None:
    log.path.unlink()


def _put_in(log: Log) -> None:
    log.path.write_bytes(b"".join([log.lines()[0], *log.lines()]))


def _garble(log: Log) -> None:
    log.path.write_bytes(b"".join([log.lines()[0], b"garbled\n", *log.lines()[2:]]))


@pytest.mark.parametrize(
    ("tamper", "entry"),
    [(_change, 2), (_swap_subject, 2), (_take_out, 2), (_take_out_first, 1), (_cut_off, 3), (_remove, 1), (_put_in, 2), (_garble, 2)],
)
def test_a_broken_chain_stops_every_command_and_says_where(log: Log, tamper: Callable[[Log], None], entry: int) -> None:
    tamper(log)
    with pytest.raises(PersonCommandRefused, match=f"broken at entry {entry}:"):
        log.reopened().grant("reveal", ADA, "INC-4", "Mara Voss")


def test_a_command_killed_while_writing_leaves_no_broken_log(log: Log) -> None:
    whole = log.path.read_bytes()
    log.path.write_bytes(whole + b'{"approver":"a_1')
    assert len(log.reopened().entries()) == 3
    assert log.reopened().grant("me", BO, "DSR-5", "Mara Voss").number == 4
    assert [json.loads(line)["number"] for line in log.lines()] == [1, 2, 3, 4]


def test_a_command_killed_before_the_head_goes_on(log: Log) -> None:
    head = log.head_path.read_bytes()
    log.grant("me", BO, "DSR-5", "Mara Voss")
    log.head_path.write_bytes(head)
    assert log.reopened().grant("me", BO, "DSR-6", "Mara Voss").number == 5
    assert len(log.reopened().entries()) == 5


def test_access_ends_seven_days_after_it_began(log: Log) -> None:
    at(log, START + timedelta(days=6, hours=23))
    assert log.grant("reveal", ADA, "INC-1", "Mara Voss").ends_at == START + timedelta(days=7), "looking again does not prolong it"
    at(log, START + timedelta(days=7))
    with pytest.raises(PersonCommandRefused, match="access under INC-1 ended on 2026-09-08"):
        log.grant("reveal", ADA, "INC-1", "Mara Voss")
    assert log.grant("reveal", ADA, "INC-7", "Mara Voss").ends_at == START + timedelta(days=14)


@pytest.mark.parametrize("request_", ["", "Ada Smith did it", "ada@acme.example", "x" * 70])
def test_a_request_is_the_number_of_a_ticket(log: Log, request_: str) -> None:
    with pytest.raises(PersonCommandRefused, match="number of a ticket"):
        log.grant("reveal", ADA, request_, "Mara Voss")
    with pytest.raises(PersonCommandRefused, match="--approved-by is empty"):
        log.grant("reveal", ADA, "INC-1", " ")


def test_an_erased_person_leaves_the_log_and_the_chain_stays_whole(log: Log) -> None:
    assert log.forget(ADA) == 2
    assert ADA not in log.path.read_text()
    assert [e.subject for e in log.reopened().entries()] == [None, BO, None]
    assert log.reopened().grant("me", BO, "DSR-8", "Mara Voss").number == 4


def test_old_entries_go_from_the_front_and_the_rest_is_still_checked(log: Log) -> None:
    at(log, START + timedelta(days=30))
    log.grant("me", BO, "DSR-9", "Mara Voss")
    assert log.expire(START + timedelta(days=1)) == 3
    assert [e.number for e in log.reopened().entries()] == [4]
    log.path.write_bytes(log.path.read_bytes().replace(b"DSR-9", b"DSR-1"))
    with pytest.raises(PersonCommandRefused, match="broken at entry 4"):
        log.reopened().entries()


def test_all_entries_may_grow_old(log: Log) -> None:
    assert log.expire(START + timedelta(days=1)) == 3
    assert log.reopened().entries() == []
    assert log.reopened().grant("me", BO, "DSR-9", "Mara Voss").number == 4
    assert [e.number for e in log.reopened().entries()] == [4]
