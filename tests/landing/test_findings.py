"""What a run that published must still own up to: the days whose newest attempt failed."""

from datetime import date

from spend_assets.answers import AccessDenied, Outcome, VendorUnavailable, Window
from spend_assets.landing.findings import open_failures
from tests.landing.conftest import Home

DENIED = AccessDenied("missing scope read:enterprise", account="acme", route="GET /x", status=403)


def refuse(_window: Window) -> tuple[Outcome, list[bytes]]:
    raise DENIED


def answer(_window: Window) -> tuple[Outcome, list[bytes]]:
    return Outcome("data"), []


def failures(home: Home, stream: str) -> list[str]:
    return open_failures(home.store, home.raw, home.contract(stream))


def test_failed_days_are_named_once_per_reason_until_they_are_answered(home: Home) -> None:
    span = Window(date(2026, 9, 20), date(2026, 9, 23))
    home.ingest("user_days", refuse, span)
    assert failures(home, "user_days") == [
        "github_copilot/user_days acme: 3 day(s), 2026-09-20 to 2026-09-22, failed: missing scope read:enterprise"
    ]
    home.at(date(2026, 10, 11))
    home.ingest("user_days", answer, Window(date(2026, 9, 20), date(2026, 9, 22)))
    assert failures(home, "user_days") == [
        "github_copilot/user_days acme: 1 day(s), 2026-09-22 to 2026-09-22, failed: missing scope read:enterprise"
    ]


def test_of_a_snapshot_only_the_newest_day_can_still_be_mended(home: Home) -> None:
    def down(_window: Window) -> tuple[Outcome, list[bytes]]:
        raise VendorUnavailable("no answer", account="acme", route="GET /x")

    home.ingest("seats", down)
    assert len(failures(home, "seats")) == 1
    home.at(date(2026, 10, 11))
    home.ingest("seats", answer)
    assert failures(home, "seats") == []
