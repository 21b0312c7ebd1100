"""The command line. Thin: it reads arguments, calls one function, prints, and turns known errors into one clear line."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from spend_assets.alerts.arguments import alerts_parser
from spend_assets.alerts.errors import AlertRefused
from spend_assets.answers import VendorError
from spend_assets.clock import today
from spend_assets.clock_choice import clock_for
from spend_assets.close.refusal import CloseRefused
from spend_assets.dbt_build import DbtError
from spend_assets.home import HomeError, restrict_umask
from spend_assets.landing.contracts import load_contracts
from spend_assets.landing.exports import ImportRefused
from spend_assets.landing.files import StorageFull
from spend_assets.people.arguments import person_parser
from spend_assets.people.errors import PersonCommandRefused
from spend_assets.publish.refusal import PublicationRefused
from spend_assets.settings import SettingsError, home_path, load_settings

if TYPE_CHECKING:
    from spend_assets.pipeline import Pipeline

KNOWN_ERRORS = (
    *(SettingsError, HomeError, VendorError, ImportRefused, PublicationRefused),
    *(StorageFull, DbtError, PersonCommandRefused, AlertRefused, CloseRefused, ValueError),
)
EXIT_FAILED, EXIT_PUBLISHED_WITH_FAILURES = 1, 3
HISTORY_FILES = {
    "usage": "what each person used: day, vendor, user_id, team_id, amount_usd, loaded_day",
    "users": "who they are: user_id, team_id, start_day, end_day",
    "workflows": "what each workflow ran: day, workflow_id, team_id, model, runs, tasks_ok, cost_usd",
    "out": "the findings, as Parquet: day, level, entity, vendor, kind, score",
}


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write it as 2026-10-31") from None


def month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no month; write it as 2026-10") from None


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="spend", description="An open data platform for AI-agent spend.")
    commands = top.add_subparsers(dest="command", required=True, metavar="command")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    command("init", "Write an annotated spend.toml and .env.example here.")
    run = command("run", "Ingest what is due, build, check, publish.")
    run.add_argument("--from", dest="first", type=day, help="first day (default: 31 days back)")
    run.add_argument("--to", dest="last", type=day, help="last day, included (default: yesterday)")
    run.add_argument(
        "--refetch", nargs="*", metavar="vendor/stream", help="ask again also for days that are settled, of these streams (default: of all)"
    )
    command("status", "What is published, what is missing or failed, since when.")
    command("doctor", "Try each configured source with one cheap call and say what works.")
    files = command("import", "Bring in a file: a vendor's export, the HR roster, invoices, contracts, ... (docs/inbox.md).")
    files.add_argument("file", type=Path)
    files.add_argument("--account", required=True)
    files.add_argument("--stream", help="vendor/stream, for example github_copilot/ai_credit_report (default: recognised by its columns)")
    files.add_argument("--dates", choices=("iso", "dmy", "mdy"), help="how dates are written where the file cannot tell: dmy is 31/12/2026")
    files.add_argument("--decimals", choices=("point", "comma"), help="which sign is the decimal one, where the file cannot tell")
    command("publish", "Publish the current build again (refused unless its stored verdict passed).")
    close = command("close", "Close a month: soft with accruals, or final when nothing is missing (docs/close.md).")
    close.add_argument("month", type=month, help="for example 2026-10")
    how = close.add_mutually_exclusive_group(required=True)
    how.add_argument("--soft", action="store_true", help="accrue what is not settled or not invoiced; again as often as you like")
    how.add_argument("--final", action="store_true", help="once, with settled days and explained invoices; it cannot be taken back")
    known = command("as-of", "Build what was known on a past day into a file of its own.")
    known.add_argument("day", type=day)
    person_parser(command("person", "Commands on one person: reveal, me, erase. Each needs a request and an approval, and is logged."))
    history = command("detect", "Judge a history of use in Parquet files with the platform's own detection (docs/detection.md).")
    for name, text in HISTORY_FILES.items():
        history.add_argument(f"--{name}", type=Path, required=True, metavar="FILE", help=text)
    alerts_parser(command("alerts", "Incidents and the messages about them: list, send, ack, silence, test, digest, backtest."), day)
    box = command("sandbox", "Serve a simulated organisation behind GitHub's API on loopback.")
    box.add_argument("--people", type=int, default=200)
    box.add_argument("--days", type=int, default=120)
    box.add_argument("--seed", type=int, default=7)
    box.add_argument("--port", type=int, default=8900)
    box.add_argument("--end", type=day, help="last day of simulated use (default 2026-10-31)")
    box.add_argument("--faults", choices=("none", "default", "heavy"), default="default")
    box.add_argument(
        "--wait-scale", type=float, default=0.02, help="share of real time that it makes a client wait (default 0.02, at most 1)"
    )
    box.add_argument("--config", type=Path, help="write a spend.toml that points at it here")
    box.add_argument("--truth", action="store_true", help="also serve the truth of every total, on a port of its own")
    demo = command("demo", "Replay 90 days of a simulated organisation of 200 people, from API to published files.")
    demo.add_argument("--people", type=int, default=200)
    demo.add_argument("--days", type=int, default=90)
    demo.add_argument("--seed", type=int, default=2)
    ui = command("ui", "Open Dagster's UI on 127.0.0.1.")
    ui.add_argument("--port", type=int, default=3000)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    restrict_umask()
    options = parser().parse_args(arguments)
    try:
        return int(COMMANDS[options.command](options) or 0)
    except KNOWN_ERRORS as error:
        print(f"spend {options.command}: {error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("stopped; run the same command again to go on where it was", file=sys.stderr)
        return 130


def stream_names(asked: Sequence[str] = ()) -> list[str]:
    """The streams asked for, each as vendor/stream; all there are, where none is named. Raises ValueError for a name that is none."""
    known = [f"{contract.vendor}/{contract.stream}" for streams in load_contracts().values() for contract in streams.values()]
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no stream; known are {', '.join(known)}")
    return list(asked) or known


def _pipeline() -> "Pipeline":
    # Imported where it is needed: DuckDB, httpx and dagster-duckdb take seconds that `spend status` need not wait for.
    from spend_assets.pipeline import Pipeline

    settings = load_settings(os.environ)
    return Pipeline(settings, clock_for(settings, os.environ))


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _init(_options: argparse.Namespace) -> int:
    from spend_assets.starter import write_starter

    start = (datetime.now(UTC).date() - timedelta(days=90)).isoformat()
    for path in write_starter(Path.cwd(), start):
        print(f"wrote {path.name}")
    print("next: fill in spend.toml, set the variables of .env.example, then `spend doctor`")
    return 0


def _run(options: argparse.Namespace) -> int:
    from spend_assets.defs.schedules import DAILY_JOB, REACH_DAYS
    from spend_assets.home import note_failure, prepare_home
    from spend_assets.runs import run_days

    settings = load_settings(os.environ)
    now = today(clock_for(settings, os.environ))
    last = options.last or now - timedelta(days=1)
    first = max(options.first or now - timedelta(days=REACH_DAYS), settings.platform.start_date)
    if first > last:
        raise ValueError(f"there is no day from {first} to {last}; start_date is {settings.platform.start_date}, today is {now} (UTC)")
    refetch = () if options.refetch is None else stream_names(options.refetch)
    home = prepare_home(settings)
    result = run_days(home, first, last, refetch=refetch)
    for failure in result.failures:
        _say(failure)
    _tell()
    if result.succeeded:
        return 0
    note_failure(home, result.run_id, DAILY_JOB, "\n".join(result.failures))
    return EXIT_PUBLISHED_WITH_FAILURES if result.published else EXIT_FAILED


def _tell() -> None:
    """After a run without Dagster's daemon there is no sensor: alerts go out here. What is wrong with them does not undo the run."""
    from spend_assets.alerts.watch import watch

    try:
        watch(_pipeline(), _say)
    except KNOWN_ERRORS as error:
        _say(f"alerts: {error}")


def _status(_options: argparse.Namespace) -> int:
    from spend_assets.status import status_lines

    print("\n".join(status_lines(home_path(os.environ))))
    return 0


def _doctor(_options: argparse.Namespace) -> int:
    from spend_assets.doctor import examine

    healthy, lines = examine(load_settings(os.environ), os.environ)
    print("\n".join(lines))
    return 0 if healthy else EXIT_FAILED


def _import(options: argparse.Namespace) -> int:
    from spend_assets.landing.notation import Told

    told = Told(options.dates, options.decimals)
    file = _pipeline().import_file(options.file, options.account, options.stream, _say, told=told)
    state = "landed" if file.new else "was known already"
    days = f"{file.window.start} to {file.window.end} (not included)"
    print(f"{file.vendor}/{file.stream} {file.account}: {file.records} records of {days} {state}")
    if file.quarantined:
        print(f"{file.quarantined} record(s) do not fit the contract and are in quarantine: see ops.quarantine after the next run")
    print("next: `spend run` builds and publishes what was imported")
    return 0


def _publish(_options: argparse.Namespace) -> int:
    publication = _pipeline().publish(say=_say)
    print(f"published {publication.publication_id}")
    return 0


def _close(options: argparse.Namespace) -> int:
    closed = _pipeline().close(options.month, _say, final=options.final)
    print(f"{closed.folder} {'written' if closed.new else 'stands as it was'}")
    if options.soft:
        print(f"accrued {closed.accrued_usd:,.2f} USD, give or take {closed.band_usd:,.2f} USD")
    return 0


def _as_of(options: argparse.Namespace) -> int:
    print(_pipeline().build_as_of(options.day, say=_say))
    return 0


def _person(options: argparse.Namespace) -> int:
    from spend_assets.people.commands import run_person_command

    return run_person_command(_pipeline(), options, _say)


def _detect(options: argparse.Namespace) -> int:
    from spend_assets.detect import detect

    findings = detect(options.usage, options.users, options.workflows, options.out)
    print(f"{findings} finding(s) in {options.out}")
    return 0


def _alerts(options: argparse.Namespace) -> int:
    from spend_assets.alerts.commands import run_alerts_command

    return run_alerts_command(_pipeline(), options, _say)


def _sandbox(options: argparse.Namespace) -> int:
    from spend_assets.sandbox.run import serve

    serve(
        people=options.people,
        days=options.days,
        seed=options.seed,
        port=options.port,
        end=options.end,
        faults=options.faults,
        truth=options.truth,
        config_path=options.config,
        wait_scale=options.wait_scale,
    )
    return 0


def _demo(options: argparse.Namespace) -> int:
    from spend_assets.demo import demo

    return demo(home_path(os.environ), people=options.people, days=options.days, seed=options.seed)


def _ui(options: argparse.Namespace) -> int:
    from spend_assets.ui import serve_ui

    return serve_ui(load_settings(os.environ), options.port)


COMMANDS = {
    "init": _init,
    "run": _run,
    "status": _status,
    "doctor": _doctor,
    "import": _import,
    "publish": _publish,
    "as-of": _as_of,
    "close": _close,
    "person": _person,
    "detect": _detect,
    "alerts": _alerts,
    "sandbox": _sandbox,
    "demo": _demo,
    "ui": _ui,
}
