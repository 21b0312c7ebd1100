"""The arguments of `spend alerts`."""

import argparse
from collections.abc import Callable
from datetime import date


def alerts_parser(alerts: argparse.ArgumentParser, day: Callable[[str], date]) -> None:
    commands = alerts.add_subparsers(dest="alerts_command", required=True, metavar="command")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text)

    command("list", "Incidents, what is silenced, what did not arrive.").add_argument(
        "--all", action="store_true", help="those that are over too"
    )
    command("send", "Look at the newest build and send what is due. Runs do this by themselves; again sends nothing twice.")
    ack = command("ack", "Somebody takes care of an incident.")
    ack.add_argument("number", type=int)
    ack.add_argument("--note", default="", metavar="TICKET", help="where it is taken care of, for example OPS-12; no names")
    quiet = command("silence", "No message for what fits, until a day. Incidents are still recorded.")
    quiet.add_argument("number", type=int, nargs="?", help="an incident: silences the same kind on the same scope")
    for name, text in (
        ("level", "vendor, workflow, team, key, user, check, ..."),
        ("entity", "the workflow, team, vendor or check; of a person the pseudonym"),
        ("vendor", "vendor id"),
        ("kind", "as `spend alerts list` shows it"),
    ):
        quiet.add_argument(f"--{name}", default="", help=text)
    quiet.add_argument("--days", type=int, default=14, help="how long, from today (default 14)")
    quiet.add_argument("--until", type=day, help="instead of --days: the day from which messages come again")
    quiet.add_argument("--note", default="", metavar="TICKET", help="why; no names")
    quiet.add_argument("--remove", type=int, metavar="SILENCE", help="take a silence back")
    test = command("test", "Send a test message to each channel and say what came of it.")
    test.add_argument("--channel", help="only this one")
    replay = command("backtest", "Replay a past period: how many messages these settings would have sent. Sends nothing.")
    replay.add_argument("--from", dest="first", type=day, required=True, help="first day")
    replay.add_argument("--to", dest="last", type=day, required=True, help="last day, included")
    replay.add_argument("--exact", action="store_true", help="build each morning as it was known; takes a build per morning")
    command("digest", "Print what the digest would say now.").add_argument(
        "--send", action="store_true", help="send it now instead of waiting for its day"
    )
