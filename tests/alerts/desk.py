"""A home whose warehouse holds a few given anomalies, and receivers on loopback that remember what they were told."""

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from spend_assets.alerts.model import State
from spend_assets.alerts.store import Store
from spend_assets.alerts.watch import Watched, watch
from spend_assets.clock import FixedClock
from spend_assets.pipeline import Pipeline
from spend_assets.publish.pseudonyms import Pseudonyms
from spend_assets.publish.verdict import Check, Verdict, write_verdict
from spend_assets.settings import parse_settings
from tests.alerts.smtp_server import SmtpServer
from tests.vendors.server import Reply, ScriptedServer

KEY = "a key of the tests, as long as it must be"
SECRET = "a secret between us and the receiver, 32+"
TODAY = date(2026, 10, 15)
SLACK = "/services/T000/B000/very-secret-path"
ANOMALY = """anomaly_id varchar, first_day date, last_day date, level varchar, {who} vendor varchar, kind varchar, unit varchar,
    actual decimal(18,2), expected decimal(18,2), upper decimal(18,2), excess_usd decimal(28,12), volume_usd decimal(28,12),
    model_mix_usd decimal(28,12), z double, threshold double, data_complete boolean, status varchar, superseded_by varchar,
    reason varchar"""
STAGES = ("early_warning", "review", "policy")


def anomaly(**given: Any) -> dict[str, Any]:
    """A workflow that was caught in a loop yesterday, but for what is given."""
    row: dict[str, Any] = {
        "first_day": TODAY - timedelta(days=1),
        "level": "workflow",
        "entity": "deps",
        "vendor": "anthropic",
        "kind": "loop",
        "actual": 9,
        "expected": "0.4",
        "upper": "1.5",
        "excess_usd": "412.6",
        "threshold": 6.0,
        "status": "open",
        "data_complete": True,
        "unit": "usd",
        "reason": "A run cost six times the usual or more",
        **given,
    }
    row.setdefault("last_day", row["first_day"])
    identity = "|".join(str(row[name]) for name in ("level", "entity", "vendor", "kind", "first_day"))
    if row["level"] == "user":
        row.setdefault("anomaly_id", f"{row['entity']}|{identity}")
    row.setdefault("anomaly_id", hashlib.sha256(identity.encode()).hexdigest()[:16])
    return row


@dataclass
class Desk:
    home: Path
    slack: ScriptedServer
    smtp: SmtpServer
    hook: ScriptedServer
    clock: FixedClock = field(default_factory=lambda: FixedClock(datetime(2026, 10, 15, 6, tzinfo=UTC)))
    extra: dict[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    builds: int = 0
    _made: tuple[dict[str, Any], Pipeline] | None = None

    def __post_init__(self) -> None:
        self.slack.script[SLACK] = [Reply(200, b"ok")]
        self.hook.script["/hook"] = [Reply(204)]

    @property
    def env(self) -> dict[str, str]:
        return {
            "SLACK_PLATFORM_URL": self.slack.url + SLACK,
            "SLACK_PAYMENTS_URL": self.slack.url + SLACK + "-payments",
            "PAGER_URL": self.hook.url + "/hook",
            "PAGER_SECRET": SECRET,
        }

    def document(self) -> dict[str, Any]:
        local = ["127.0.0.0/8"]
        alerts = {
            "channels": [
                {"name": "platform", "kind": "slack", "url_env": "SLACK_PLATFORM_URL", "private_addresses": local},
                {"name": "payments", "kind": "slack", "url_env": "SLACK_PAYMENTS_URL", "private_addresses": local},
                {"name": "privacy", "kind": "mail", "to": ["privacy@acme.example"], "audience": "restricted"},
                {"name": "pager", "kind": "webhook", "url_env": "PAGER_URL", "secret_env": "PAGER_SECRET", "private_addresses": local},
            ],
            "routes": [{"team": "Payments", "channels": ["payments"]}, {"kind": "unit_error", "channels": ["pager", "platform"]}],
            "default": ["platform"],
            "mail": {"host": "127.0.0.1", "port": self.smtp.port, "tls": "none", "sender": "spend@acme.example"},
            **self.extra,
        }
        return {"platform": {"start_date": date(2026, 7, 1), "kind": "sandbox"}, "alerts": alerts}

    def pipeline(self) -> Pipeline:
        """Made anew only for other settings: reading every contract takes its time."""
        document = self.document()
        if self._made is None or self._made[0] != document:
            self._made = (document, Pipeline(parse_settings(document, home=self.home), self.clock, sleep=self.waits.append))
        return self._made[1]

    @property
    def today(self) -> date:
        return self.clock.now().date()

    def build(
        self, anomalies: Iterable[dict[str, Any]] = (), checks: Iterable[Check] = (), budgets: Iterable[tuple[Any, ...]] = ()
    ) -> None:
        """A finished build that shows these."""
        self.pipeline()  # makes the home
        self.builds += 1
        build_id = hashlib.sha256(str(self.builds).encode()).hexdigest()
        path = self.home / "warehouse.duckdb"
        path.unlink(missing_ok=True)
        with duckdb.connect(str(path)) as connection:
            for schema in ("ops", "marts", "intermediate", "staging"):
                connection.execute(f"create schema {schema}")
            connection.execute("create table ops.build as select ? as build_id, ?::date as as_of", [build_id, self.today])
            connection.execute(f"create table marts.anomalies ({ANOMALY.format(who='entity varchar,')})")
            connection.execute(f"create table marts.person_anomalies ({ANOMALY.format(who='person_key varchar, team varchar,')})")
            connection.execute(
                "create table marts.dim_workflow as select 'deps' as workflow_id, 'Payments' as owner_team, true as is_current"
            )
            for row in anomalies:
                _insert(connection, row)
            dates = ", ".join(f"{stage}_on date" for stage in STAGES)
            connection.execute(
                f"create table marts.budget_status (month date, scope varchar, scope_id varchar, vendor varchar, stage varchar, {dates}, "
                "action varchar)"
            )
            connection.execute(
                "create table marts.budgets_in_full "
                "(month date, scope varchar, scope_id varchar, vendor varchar, spent_share decimal(18,6))"
            )
            for month, scope, scope_id, vendor, reached, share, action in budgets:
                days = [reached.get(stage) for stage in STAGES]
                newest = next((stage for stage in reversed(STAGES) if stage in reached), "ok")
                status = [month, scope, scope_id, vendor, newest, *days, action]
                connection.execute("insert into marts.budget_status values (?, ?, ?, ?, ?, ?, ?, ?, ?)", status)
                connection.execute("insert into marts.budgets_in_full values (?, ?, ?, ?, ?)", [month, scope, scope_id, vendor, share])
            connection.execute(
                "create table intermediate.int_known_identifiers as select unnest(['anna', 'E7', 'ada@acme.example']) as identifier"
            )
            connection.execute("create table intermediate.int_person_days as select 'hr:E7' as person_id")
            connection.execute(
                """create table staging.stg_hr__roster as select * from (values
                    ('E7', 'ada@acme.example', date '2026-01-01', date '9999-12-31'),
                    ('E8', 'left@acme.example', date '2026-01-01', date '2026-09-30')
                ) as t (employee_id, email, valid_from, valid_to)"""
            )
        given = tuple(checks) or (Check("grain", "spend_daily", "error", True, True, 0, ""),)
        write_verdict(self.home, Verdict(build_id, self.today, given))

    def watch(self, **options: Any) -> Watched:
        return watch(self.pipeline(), self.said.append, self.env, **options)

    def morning(self, day: date) -> None:
        self.clock.instant = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)

    @property
    def state(self) -> State:
        return Store(self.home).read()

    def in_slack(self, channel: str = "platform") -> list[str]:
        """The messages of a Slack channel, each as one text."""
        path = SLACK if channel == "platform" else f"{SLACK}-{channel}"
        documents = [json.loads(asked.body) for asked in self.slack.asked if asked.path == path]
        return ["\n".join(block["text"]["text"] for block in document["blocks"]) for document in documents]

    def in_mail(self) -> list[tuple[list[str], str, str]]:
        """(to, subject, text) of each mail."""
        taken = [(mail.to, mail.message) for mail in self.smtp.taken]
        return [(to, " ".join(str(m["subject"]).split()), m.get_content().replace("\r\n", "\n")) for to, m in taken]

    def in_hook(self) -> list[dict[str, Any]]:
        """What the webhook was told, each with a signature that fits."""
        found = []
        for asked in self.hook.asked:
            parts = dict(part.split("=") for part in asked.headers["x-spend-signature"].split(","))
            wanted = hmac.new(SECRET.encode(), parts["t"].encode() + b"." + asked.body, hashlib.sha256).hexdigest()
            assert hmac.compare_digest(wanted, parts["v1"])
            document = json.loads(asked.body)
            assert asked.headers["x-spend-delivery"] == document["delivery_id"]
            found.append(document)
        return found

    def everything_said(self) -> str:
        """All that left the house or was written down by people's eyes: receivers, terminal, state."""
        bodies = [asked.body.decode() for server in (self.slack, self.hook) for asked in server.asked]
        return "\n".join([*bodies, *self.said, (self.home / "alerts" / "state.json").read_text()])


def _insert(connection: duckdb.DuckDBPyConnection, row: dict[str, Any]) -> None:
    table, row = "anomalies", dict(row)
    if row["level"] in ("user", "team"):
        table, entity = "person_anomalies", row.pop("entity")
        row |= {"person_key": entity, "team": "Payments"} if row["level"] == "user" else {"team": entity}
    names = ", ".join(row)
    connection.execute(f"insert into marts.{table} ({names}) values ({', '.join('?' * len(row))})", list(row.values()))


def pseudonym(person: str) -> str:
    return Pseudonyms(KEY).of(person)
