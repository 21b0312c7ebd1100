"""`spend person ...`: calls one function and prints what came of it."""

import argparse
from collections.abc import Callable

from spend_assets.people.erase import erase
from spend_assets.people.me import own_figures
from spend_assets.people.reveal import reveal
from spend_assets.pipeline import Pipeline

Say = Callable[[str], None]
EXIT_LEFT = 3
"""Erased, and places are left that still name the person."""


def run_person_command(pipeline: Pipeline, options: argparse.Namespace, say: Say) -> int:
    """Returns the exit code. Raises PersonCommandRefused."""
    commands = {"reveal": _reveal, "me": _me, "erase": _erase}
    return commands[options.person_command](pipeline, options, say)


def _reveal(pipeline: Pipeline, options: argparse.Namespace, say: Say) -> int:
    revealed = reveal(pipeline, options.pseudonym, options.request, options.approved_by, say)
    for kind, value in revealed.known_by:
        print(f"{kind}: {value}")
    say(f"logged. Under {options.request} this can be asked again until {revealed.ends_at:%Y-%m-%d %H:%M} UTC")
    return 0


def _me(pipeline: Pipeline, options: argparse.Namespace, say: Say) -> int:
    figures = own_figures(pipeline, options.person, options.request, options.approved_by, say)
    print(figures.page)
    print(figures.file)
    say(f"logged. Hand both to that person; they are deleted on {figures.ends_at:%Y-%m-%d %H:%M} UTC")
    return 0


def _erase(pipeline: Pipeline, options: argparse.Namespace, say: Say) -> int:
    erased = erase(pipeline, options.person, options.request, options.approved_by, say)
    print(erased.path)
    certificate = erased.certificate
    say(f"{len(certificate.landed_files)} landed files rewritten, {certificate.searched_files} files searched")
    for place, hits in certificate.left.items():
        say(f"still named: {place} ({hits})")
    if certificate.complete:
        return 0
    say(
        "the erasure is not complete: mark the fields that these places come from in their contract (`person:`), and `spend run` takes "
        "the rest away; delete other files by hand"
    )
    return EXIT_LEFT
