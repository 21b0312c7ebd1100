"""The stored verdict: what the checks said about one build. Publication reads it and nothing else (DESIGN law 10)."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from spend_assets.landing.files import write_durably
from spend_assets.publish.refusal import PublicationRefused

BAD = frozenset({"error", "fail", "runtime error"})
SKIPPED = "dbt says skipped"
NAMED = 10
"""Failed checks that a refusal names; the rest are counted."""


@dataclass(frozen=True)
class Check:
    """One check of one build. `severity` is dbt's (error or warn); only a blocking check can refuse publication."""

    name: str
    asset: str
    severity: str
    blocking: bool
    passed: bool
    failures: int
    detail: str
    remedy: str = ""
    """What the check's own description says to do, where it failed."""


@dataclass(frozen=True)
class Verdict:
    build_id: str
    as_of: date
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """The blocking checks that did not pass."""
        return tuple(check for check in self.checks if check.blocking and not check.passed)

    @property
    def passed(self) -> bool:
        return bool(self.checks) and not self.failed

    def require_passed(self) -> None:
        """Raises PublicationRefused that names the failed checks."""
        if not self.checks:
            raise PublicationRefused("no check ran for this build, so nothing says that it may be published; run `spend run` again")
        if self.failed:
            # What comes after a failed check is skipped: it is no cause, so it is counted and not named.
            broken = [check for check in self.failed if check.detail != SKIPPED] or list(self.failed)
            names = ", ".join(f"{check.name} ({check.failures})" for check in broken[:NAMED])
            more = f" and {len(broken) - NAMED} more" if len(broken) > NAMED else ""
            skipped = len(self.failed) - len(broken)
            after = f"; {skipped} after it could not run" if skipped else ""
            told = "".join(f". {check.name}: {check.remedy}" for check in broken[:NAMED] if check.remedy)
            raise PublicationRefused(
                f"{len(broken)} of {len(self.checks)} checks failed for build {self.build_id[:12]}: {names}{more}{after}{told}. "
                "Readers keep the last publication; mend the cause and run again"
            )


def require_passed(verdict: Verdict | None, build_id: str) -> Verdict:
    """The verdict, where it is there, of this very build, and passed; else PublicationRefused."""
    if verdict is None:
        raise PublicationRefused("there is no stored verdict for this build: its checks did not run to the end; run `spend run` again")
    if verdict.build_id != build_id:
        raise PublicationRefused(
            f"the stored verdict is stale: it judges build {verdict.build_id[:12]} and this is {build_id[:12]}; run `spend run` again"
        )
    verdict.require_passed()
    return verdict


def verdict_path(home: Path) -> Path:
    return home / "builds" / "verdict.json"


def write_verdict(home: Path, verdict: Verdict) -> None:
    """Replace SPEND_HOME/builds/verdict.json in one step."""
    document = {
        "build_id": verdict.build_id,
        "as_of": verdict.as_of.isoformat(),
        "passed": verdict.passed,
        "checks": [asdict(check) for check in verdict.checks],
    }
    text = json.dumps(document, indent=1) + "\n"
    write_durably(verdict_path(home), lambda path: _write(path, text), "verdict")


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def read_verdict(home: Path) -> Verdict | None:
    """The stored verdict, or None where none was written. A damaged file is refused, never taken for a pass."""
    path = verdict_path(home)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        document = json.loads(text)
        verdict = Verdict(
            build_id=str(document["build_id"]),
            as_of=date.fromisoformat(document["as_of"]),
            checks=tuple(Check(**check) for check in document["checks"]),
        )
        stored = document["passed"]
    except (ValueError, KeyError, TypeError):
        raise PublicationRefused("builds/verdict.json is damaged; run `spend run` again, which writes it anew") from None
    if stored is not verdict.passed:
        raise PublicationRefused("builds/verdict.json contradicts itself: `passed` does not follow from its checks; run `spend run` again")
    return verdict


def verdict_from_artifacts(target: Path, build_id: str, as_of: date) -> Verdict:
    """The verdict on one `dbt build`, from the manifest.json and run_results.json in its target folder.

    Each data test is a check, blocking where its severity is error. A model or seed that did not build is a failed
    blocking check, and so is a data test of the project that the build left out: a partial build is no verdict.
    """
    manifest: Mapping[str, Any] = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    results: Mapping[str, Any] = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
    known: dict[str, Mapping[str, Any]] = {**manifest["nodes"], **manifest.get("unit_tests", {})}
    # A test of models that are off in this build (the project says so, as for a history that is judged apart) is not left out.
    left_out = {
        node_id
        for node_id, node in manifest["nodes"].items()
        if node["resource_type"] == "test" and node.get("config", {}).get("enabled", True)
    }
    checks = []
    for result in results["results"]:
        node_id, status = result["unique_id"], result["status"]
        left_out.discard(node_id)
        node = known.get(node_id)
        if node is None:
            # dbt reports its hooks beside the nodes; one that broke leaves the build unproven.
            if status in BAD:
                checks.append(Check(node_id, "", "error", True, False, 1, "the hook failed"))
            continue
        is_test = node["resource_type"] in ("test", "unit_test")
        if is_test or status not in ("success", "no-op"):
            checks.append(_check(node, status, int(result.get("failures") or 0), is_test))
    for node_id in left_out:
        checks.append(Check(manifest["nodes"][node_id]["name"], "", "error", True, False, 1, "left out of this build"))
    return Verdict(build_id, as_of, tuple(sorted(checks, key=lambda check: (check.name, check.asset))))


def _check(node: Mapping[str, Any], status: str, failures: int, is_test: bool) -> Check:
    severity = str(node.get("config", {}).get("severity") or "error").lower() if is_test else "error"
    passed = status in ("pass", "success")
    # A check that broke or was skipped says nothing about the data, so it blocks whatever its severity; a warning never does.
    blocking = severity == "error" if passed else status != "warn"
    attached = node.get("attached_node") or next(iter(node.get("depends_on", {}).get("nodes", [])), "")
    detail = "" if passed else f"dbt says {status}"
    remedy = " ".join(str(node.get("description") or "").split()).rstrip(".") if is_test and not passed else ""
    asset = attached.rsplit(".", 1)[-1]
    return Check(node["name"], asset, severity, blocking, passed, 0 if passed else max(failures, 1), detail, remedy)
