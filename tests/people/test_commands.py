"""reveal and me over a finished home: who a pseudonym is, and one person's own figures."""

import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest

from spend_assets.cli import main

from .conftest import Opened

WHY = ["--incident", "INC-7", "--approved-by", "Mara Voss"]


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["person", *arguments]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


def test_a_pseudonym_of_the_published_file_is_revealed(opened: Opened, capsys: pytest.CaptureFixture[str]) -> None:
    rows = opened.query("select count(*) from marts.spend_per_user_daily where person_key = '" + opened.who.person + "'")
    assert rows[0][0]
    assert main(["person", "reveal", opened.who.pseudonym, *WHY]) == 0
    said = capsys.readouterr()
    assert f"employee id: {opened.who.employee}\n" in said.out
    assert f"mail: {opened.who.value('email')}\n" in said.out and f"login: {opened.who.value('login')}\n" in said.out
    assert len(said.out.splitlines()) == len(set(said.out.splitlines())) == len({(i.space, i.value) for i in opened.who.identifiers})
    log = (opened.home / "people" / "log.jsonl").read_bytes()
    assert opened.who.pseudonym.encode() in log and not any(word in log.lower() for word in opened.who.words)


def test_nothing_is_shown_without_request_and_approval(opened: Opened, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["reveal", "p_1"], ["reveal", "p_1", "--incident", "INC-1"], ["me", "--person", "x", "--approved-by", "Mara"]):
        with pytest.raises(SystemExit):
            main(["person", *arguments])
    assert "nobody in the warehouse has this pseudonym" in refused(["reveal", "p_00000000000000000000", *WHY], capsys)
    assert "number of a ticket" in refused(["reveal", opened.who.pseudonym, "--incident", "Ada did it", "--approved-by", "Mara"], capsys)


def test_access_ends(opened: Opened, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["person", "reveal", opened.who.pseudonym, "--incident", "INC-8", "--approved-by", "Mara Voss"]) == 0
    monkeypatch.setenv("SPEND_NOW", "2026-12-31T00:00:00Z")
    assert "access under INC-8 ended on" in refused(
        ["reveal", opened.who.pseudonym, "--incident", "INC-8", "--approved-by", "Mara Voss"], capsys
    )


def test_a_weak_key_reveals_nobody(opened: Opened, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEND_PSEUDONYM_KEY", "short")
    assert "fewer than 32 characters" in refused(["reveal", opened.who.pseudonym, *WHY], capsys)


@pytest.mark.parametrize("space", ["hr", "email", "login"])
def test_one_person_gets_their_own_figures_and_nobody_elses(opened: Opened, capsys: pytest.CaptureFixture[str], space: str) -> None:
    asked = opened.who.value(space)
    assert (
        main(["person", "me", "--person", asked.upper() if space == "email" else asked, "--request", "DSR-7", "--approved-by", "Mara"]) == 0
    )
    page, file = (Path(line) for line in capsys.readouterr().out.splitlines())
    assert {oct(path.stat().st_mode)[-3:] for path in (page, file)} == {"600"} and oct(page.parent.stat().st_mode)[-3:] == "700"
    with file.open() as opened_file:
        rows = list(csv.DictReader(opened_file))
    own = f"select count(*), sum(consumption_usd) from marts.spend_daily where principal_key = '{opened.who.person}'"
    ((count, consumption),) = opened.query(own)
    assert len(rows) == count
    assert sum((Decimal(row["consumption_usd"] or 0) for row in rows), Decimal(0)) == consumption
    text = page.read_text()
    assert "default-src 'none'" in text and "<script" not in text
    people = opened.query("select employee_id, email, github_login from staging.stg_hr__roster")
    others = {str(value) for row in people for value in row if value} - {i.value for i in opened.who.identifiers}
    assert not any(re.search(rf"\b{re.escape(other)}\b", text + file.read_text()) for other in others)


def test_who_is_asked_for_must_be_one_person(opened: Opened, capsys: pytest.CaptureFixture[str]) -> None:
    why = ["--request", "DSR-7", "--approved-by", "Mara"]
    assert "nobody is known by what --person names" in refused(["me", "--person", "nobody@acme.example", *why], capsys)
    assert "--person is empty" in refused(["erase", "--person", " ", *why], capsys)


def test_a_broken_log_stops_every_command(opened: Opened, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["person", "reveal", opened.who.pseudonym, *WHY]) == 0
    log = opened.home / "people" / "log.jsonl"
    whole = log.read_bytes()
    log.write_bytes(whole.replace(b'"INC-7"', b'"INC-9"', 1))
    assert "is broken at entry 1" in refused(["reveal", opened.who.pseudonym, *WHY], capsys)
    assert "is broken at entry 1" in refused(["me", "--person", opened.who.employee, *WHY], capsys)
    log.write_bytes(whole)
