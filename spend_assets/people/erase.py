"""`spend person erase`: one person out of everything, kept out from now on, with a certificate that names nobody (security-privacy 25).

The list comes first, so that nothing brings the person back; then landing, input files, raw; then all that is derived is built anew into
new files; then what is archived goes. What is being done stands in people/erasure.json until the certificate is written: killed at any
instant, the same command does what is left.
"""

import secrets
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from spend_assets.alerts.store import forget_person
from spend_assets.home import exclusive
from spend_assets.landing.crash import STEPS, point
from spend_assets.landing.files import remove_temporaries, write_durably
from spend_assets.landing.rewrite import POINTS as REWRITE_POINTS
from spend_assets.landing.screen import mailbox, normal
from spend_assets.people.access_log import AccessLog
from spend_assets.people.dagster_runs import delete_runs_that_name
from spend_assets.people.directory import Identifier
from spend_assets.people.do_not_ingest import add_to_list, load_screen
from spend_assets.people.errors import PersonCommandRefused
from spend_assets.people.forget import Forgetting, landed_hashes
from spend_assets.people.lookup import looking_up
from spend_assets.people.me import remove_ended
from spend_assets.people.search import Needles, search
from spend_assets.pipeline import Pipeline
from spend_assets.publish.generations import withdraw_restricted
from spend_assets.publish.pseudonyms import load_pseudonyms

Say = Callable[[str], None]
POINTS = [
    *(f"people.job.{step}" for step in STEPS),
    *(f"people.list.{step}" for step in STEPS),
    *REWRITE_POINTS,
    "forget.landing",
    "forget.inputs",
    "raw.forget.after_rename",
    "forget.raw",
    "forget.memory",
    "forget.databases",
    "erase.forgotten",
    "erase.built",
    "erase.published",
    "erase.withdrawn",
    "erase.runs",
    "erase.searched",
    *(f"people.certificate.{step}" for step in STEPS),
]
"""The instants at which a test may kill an erasure (see landing/crash.py)."""


@dataclass(frozen=True)
class Job:
    """An erasure that is not finished. It holds the identifiers, and goes when the certificate is written."""

    erasure: str
    request: str
    subject: str
    key_id: str
    identifiers: tuple[Identifier, ...]
    landed: dict[str, str]
    """Hashes of the landed files as they were before."""


@dataclass(frozen=True)
class Certificate:
    """What was done: counts and hashes, and no name. `left`: places that still name the person, with their hits, if any."""

    erasure: str
    request: str
    finished_at: datetime
    key_id: str
    complete: bool
    identifiers: dict[str, int]
    hashes: list[str]
    landed_files: list[tuple[str, str]]
    """Hash before and after, of each landed file that was rewritten."""
    input_files: int
    restricted_publications: int
    dagster_runs: int
    log_entries: int
    own_figures: int
    searched_files: int
    not_searched: int
    """Identifiers too short or too common to be searched for."""
    left: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Erased:
    certificate: Certificate
    path: Path


def erase(pipeline: Pipeline, person: str, request: str, approved_by: str, say: Say) -> Erased:
    """Erase one person. Raises PersonCommandRefused; PublicationRefused where a check of the new build fails: run it again once mended."""
    home = pipeline.home
    job = _unfinished(home, person, request) or _begin(pipeline, person, request, approved_by, say)
    with exclusive(home, "person erase", say):
        remove_temporaries(home / "people", depth=2)
        hashes = add_to_list(pipeline.settings, job.erasure, job.identifiers, say)
        screen = load_screen(pipeline.settings, say)
        if screen is None:
            raise PersonCommandRefused("the do-not-ingest list is empty right after it was written; look at people/do-not-ingest.json")
        say("on the list; taking the person out of landing, input files and raw")
        applied = Forgetting(home, pipeline.clock, pipeline.contracts, screen).apply()
        _forget_builds(home, pipeline)
        log = AccessLog(home, pipeline.clock, load_pseudonyms(pipeline.settings, say))
        log_entries = log.forget(job.subject)
        alerts = forget_person(home, job.subject)
        say(f"alerts that named the person: {alerts} incident(s) taken away")
        own_figures = remove_ended(home, pipeline.clock.now(), job.subject)
        point("erase.forgotten")
    say("building and publishing anew, into new files")
    pipeline.build(say)
    point("erase.built")
    pipeline.publish(say)
    point("erase.published")
    with exclusive(home, "person erase", say):
        withdrawn = withdraw_restricted(home / "published", before=None)
        point("erase.withdrawn")
        pattern = Needles(job.identifiers).bare
        runs = delete_runs_that_name(home, lambda content: pattern.search(content) is not None)
        point("erase.runs")
        found = search(home, job.identifiers, skip=[_job_path(home)])
        point("erase.searched")
        after = landed_hashes(home, pipeline.clock, pipeline.contracts)
        certificate = Certificate(
            erasure=job.erasure,
            request=job.request,
            finished_at=pipeline.clock.now().astimezone(UTC).replace(microsecond=0),
            key_id=job.key_id,
            complete=not found.places,
            identifiers=dict(sorted(Counter(i.space for i in job.identifiers).items())),
            hashes=hashes,
            landed_files=sorted((old, after[name]) for name, old in job.landed.items() if after.get(name, old) != old),
            input_files=applied.input_files,
            restricted_publications=withdrawn,
            dagster_runs=runs,
            log_entries=log_entries,
            own_figures=own_figures,
            searched_files=found.files,
            not_searched=found.skipped,
            left=found.places,
        )
        path = certificates(home) / f"{job.erasure}.json"
        body = msgspec.json.format(msgspec.json.encode(certificate), indent=1)
        write_durably(path, lambda target: _put(target, body), "people.certificate")
        _job_path(home).unlink()
        return Erased(certificate, path)


def certificates(home: Path) -> Path:
    return home / "people" / "certificates"


def _job_path(home: Path) -> Path:
    return home / "people" / "erasure.json"


def _unfinished(home: Path, person: str, request: str) -> Job | None:
    """The erasure that was killed, if it is of this person. Raises PersonCommandRefused where it is of somebody else."""
    try:
        job = msgspec.json.decode(_job_path(home).read_bytes(), type=Job)
    except FileNotFoundError:
        return None
    text = person.strip().removeprefix("hr:")
    known = {normal(i.space, i.value) for i in job.identifiers}
    if job.request != request or not {mailbox(text) if "@" in text else text.casefold()} & known:
        raise PersonCommandRefused(
            f"the erasure under {job.request} is not finished; run it again with its --person and --request first: it does what is left"
        )
    return job


def _begin(pipeline: Pipeline, person: str, request: str, approved_by: str, say: Say) -> Job:
    with looking_up(pipeline, "person erase", say) as at:
        found = at.directory.person(person)
        subject = at.pseudonyms.of(found)
        entry = at.log.grant("erase", subject, request, approved_by)
        job = Job(
            erasure=f"E-{entry.at:%Y%m%d}-{secrets.token_hex(4)}",
            request=request,
            subject=subject,
            key_id=at.pseudonyms.key_id,
            identifiers=tuple(sorted(at.directory.identifiers(found))),
            landed=landed_hashes(pipeline.home, pipeline.clock, pipeline.contracts),
        )
        body = msgspec.json.encode(job)
        write_durably(_job_path(pipeline.home), lambda path: _put(path, body), "people.job")
        return job


def _forget_builds(home: Path, pipeline: Pipeline) -> None:
    """What a build leaves beside its verdict: logs and compiled tests, which may quote rows. The warehouse is built into a new file."""
    builds = home / "builds"
    shutil.rmtree(builds / "dbt", ignore_errors=True)
    for path in [builds / "dbt.log", builds / "last_failure.json", pipeline.warehouse.path]:
        path.unlink(missing_ok=True)
    pipeline.warehouse.path.with_name(f"{pipeline.warehouse.path.name}.wal").unlink(missing_ok=True)


def _put(path: Path, content: bytes) -> None:
    path.write_bytes(content)
