"""The arguments of `spend person`."""

import argparse


def person_parser(person: argparse.ArgumentParser) -> None:
    commands = person.add_subparsers(dest="person_command", required=True, metavar="command")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, description=text)
        why = one.add_mutually_exclusive_group(required=True)
        why.add_argument("--request", dest="request", metavar="TICKET", help="the request that this answers, for example DSR-2026-014")
        if name != "erase":
            why.add_argument("--incident", dest="request", metavar="TICKET", help="the incident that needs it, for example INC-1042")
        one.add_argument("--approved-by", required=True, metavar="NAME", help="who approved it; kept as a keyed hash")
        return one

    reveal = command("reveal", "Show whom a pseudonym of the restricted files stands for.")
    reveal.add_argument("pseudonym", help="as in the file, for example p_0123456789abcdef0123")
    for name, text in (
        ("me", "Write one person's own figures as a page and a file, for that person."),
        ("erase", "Erase one person everywhere, keep them out from now on, and write a certificate."),
    ):
        command(name, text).add_argument("--person", required=True, help="employee id, mail address or login")
