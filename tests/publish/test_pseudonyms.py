"""Persons are pseudonyms in the restricted file, and the key stays where it belongs."""

import hashlib
import hmac
from pathlib import Path

import pytest

from spend_assets.publish.pseudonyms import SANDBOX_KEY, Pseudonyms, load_pseudonyms
from spend_assets.publish.refusal import PublicationRefused

from .world import World

KEY = "k" * 32


def test_persons_become_keyed_hashes_and_all_else_stays(published_world: World) -> None:
    found = {row[0] for row in published_world.query("restricted", "SELECT DISTINCT principal_key FROM marts.spend_daily")}
    expected = {"(pool)", "dependabot[bot]"}
    for number in range(5000):
        prefix = {2: "hr:", 3: "github:", 4: "login:person"}.get(number % 5)
        if prefix:
            digest = hmac.new(SANDBOX_KEY.encode(), f"{prefix}{number}".encode(), hashlib.sha256).hexdigest()
            expected.add(f"p_{digest[:20]}")
    assert found == expected


def test_amounts_stay_with_their_person(published_world: World) -> None:
    pseudonym = Pseudonyms(SANDBOX_KEY).of("hr:1002")
    assert published_world.query("restricted", f"SELECT consumption_usd FROM marts.spend_daily WHERE principal_key = '{pseudonym}'") == [
        (1002,)
    ]


def test_no_published_byte_holds_an_id_or_the_key(published_world: World) -> None:
    for name, content in published_world.bytes_of().items():
        for secret in (b"hr:100", b"github:100", b"login:person", SANDBOX_KEY.encode()):
            assert secret not in content, name
    assert SANDBOX_KEY not in (published_world.current / "manifest.json").read_text()


def test_ids_in_a_column_that_is_not_declared_refuse_publication(world: World) -> None:
    world.build(extra="; CREATE TABLE marts.seats AS SELECT 'github:77' AS seat", meta={"marts.seats": {"audience": "restricted"}})
    with pytest.raises(PublicationRefused, match=r"seats\.seat holds ids of persons"):
        world.publish()


def test_another_key_gives_other_pseudonyms_and_another_publication(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first = world.publish()
    monkeypatch.setenv("SPEND_PSEUDONYM_KEY", KEY)
    second = world.publish()
    assert second.new
    assert second.publication_id != first.publication_id
    pseudonym = Pseudonyms(KEY).of("hr:1002")
    assert world.query("restricted", f"SELECT count(*) FROM marts.spend_daily WHERE principal_key = '{pseudonym}'") == [(1,)]
    assert KEY not in " ".join(world.log)


def test_a_short_key_is_refused_without_repeating_it(world: World) -> None:
    with pytest.raises(PublicationRefused, match="SPEND_PSEUDONYM_KEY has fewer than 32") as caught:
        load_pseudonyms(world.settings, world.log.append, {"SPEND_PSEUDONYM_KEY": "secret-but-short"})
    assert "secret-but-short" not in str(caught.value)


def test_a_real_home_makes_its_key_once_and_keeps_it_to_itself(tmp_path: Path) -> None:
    world = World(tmp_path / "home", kind="real")
    first = load_pseudonyms(world.settings, world.log.append, {})
    second = load_pseudonyms(world.settings, world.log.append, {})
    path = world.home / "pseudonym.key"
    assert first.key_id == second.key_id
    assert first.key_id != Pseudonyms(SANDBOX_KEY).key_id
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(world.log) == 1
    assert path.read_text().strip() not in world.log[0]
    assert [p.name for p in world.home.iterdir()] == ["pseudonym.key"]
    path.chmod(0o640)
    with pytest.raises(PublicationRefused, match=r"others may read pseudonym\.key"):
        load_pseudonyms(world.settings, world.log.append, {})
