"""Hold focus_1.2.parquet against the FinOps Foundation's focus-validator, which lives in an environment of its own (docs/focus.md).

    python -m bench.focus --venv /path/to/validator --file data/published/current/parquet/finance/focus_1.2.parquet

Exit code 1 where a rule fails that is not reviewed, or where a reviewed one passes by now: then the review is out of date.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as Xml
from pathlib import Path

REVIEWED = {
    "EffectiveCost-C-005-C": "the rule takes every Purchase for one that covers future use; a seat of the running month covers none",
    "InvoiceId-C-000-O": "follows from InvoiceId-C-003-C",
    "InvoiceId-C-003-C": "follows from the two below: both conditions are empty in the rule model",
    "InvoiceId-C-004-C": "null for charges without an invoice; the rule model leaves the condition out and asks it of all",
    "InvoiceId-C-005-C": "not null for charges on an invoice; the rule model leaves the condition out and asks it of all",
}
"""Rules that fail on right data, each with why (model 1.2.0.1)."""


def failures(report: Path) -> tuple[set[str], int, int]:
    """Ids of the failed rules, and how many passed and were skipped, of a JUnit report."""
    failed: set[str] = set()
    passed = skipped = 0
    for case in Xml.parse(report).getroot().iter("testcase"):  # noqa: S314 (the validator wrote it)
        outcomes = {child.tag for child in case}
        if "skipped" in outcomes:
            skipped += 1
        elif outcomes & {"failure", "error"}:
            failed.add((case.get("name") or "").split(" ")[0])
        else:
            passed += 1
    return failed, passed, skipped


def validate(venv: Path, file: Path) -> tuple[set[str], int, int]:
    """Run the validator; it reads a list of currencies from its working directory, and its exit code says nothing."""
    (rules,) = venv.glob("lib/python3.*/site-packages/focus_validator/rules")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "focus_validator" / "rules").mkdir(parents=True)
        shutil.copy(rules / "currency_codes.csv", work / "focus_validator" / "rules")
        command = [
            str(venv / "bin" / "focus-validator"),
            "--data-file",
            str(file.resolve()),
            "--validate-version",
            "1.2",
            "--block-download",
        ]
        command += ["--output-type", "unittest", "--output-destination", str(work / "report.xml")]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
        if not (work / "report.xml").exists():
            raise SystemExit(f"focus-validator wrote no report:\n{done.stderr[-2000:]}")
        return failures(work / "report.xml")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venv", type=Path, required=True)
    parser.add_argument("--file", type=Path, required=True)
    options = parser.parse_args()
    failed, passed, skipped = validate(options.venv, options.file)
    print(f"{passed} rules passed, {len(failed)} failed, {skipped} are conditional and were skipped")
    for rule in sorted(failed - REVIEWED.keys()):
        print(f"not reviewed: {rule}")
    for rule in sorted(REVIEWED.keys() - failed):
        print(f"reviewed, but passes: {rule}")
    return int(failed != REVIEWED.keys())


if __name__ == "__main__":
    sys.exit(main())
