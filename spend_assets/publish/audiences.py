"""Which table goes to which audience: read from the marts' own yml, by way of dbt's manifest."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spend_assets.publish.refusal import PublicationRefused
from spend_assets.settings import AUDIENCES, Retention

SCHEMAS = ("marts", "ops")


@dataclass(frozen=True, order=True)
class PublishedTable:
    """A mart with what its yml says under `config: meta:`. `pseudonymise` names person columns, `order_by` the columns to sort by first.

    `period` names the column that dates a row, where it is not day, week or month; `kept_days` the setting of [retention] after whose
    days all rows of a restricted table go. Rows of persons go by themselves. `follows_from` is telemetry where a table can be told of a day
    only as long as the telemetry of that day is kept.
    """

    schema: str
    name: str
    audiences: tuple[str, ...]
    k_rule: str
    pseudonymise: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    period: str = ""
    kept_days: str = ""
    follows_from: str = ""


def published_tables(manifest_path: Path) -> tuple[PublishedTable, ...]:
    """Every model of the schemas marts and ops, sorted by name.

    Raises PublicationRefused for a model that declares no audience or no k rule, an audience that does not exist, or person columns
    for anyone but restricted: nothing is published by accident.
    """
    manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    nodes = [n for n in manifest["nodes"].values() if n["resource_type"] in ("model", "seed", "snapshot") and n["schema"] in SCHEMAS]
    tables = sorted(_table(node) for node in nodes)
    if not tables:
        raise PublicationRefused("dbt's manifest has no model in the schemas marts and ops, so there is nothing to publish")
    names = [table.name for table in tables]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise PublicationRefused(
            f"two published tables are called {twice[0]}, one in each schema; each Parquet file needs a name of its own"
        )
    return tuple(tables)


def _table(node: Mapping[str, Any]) -> PublishedTable:
    name = node.get("alias") or node["name"]
    meta = node.get("config", {}).get("meta") or node.get("meta") or {}
    audiences = _names(meta.get("audience"), name, "audience")
    if not audiences:
        raise PublicationRefused(
            f"model {name} declares no audience; write `config: meta: audience:` in its yml, one of {', '.join(AUDIENCES)}"
        )
    unknown = [audience for audience in audiences if audience not in AUDIENCES]
    if unknown:
        raise PublicationRefused(f"model {name} names the audience {unknown[0]!r}; there are {', '.join(AUDIENCES)}")
    k_rule = str(meta.get("k_rule") or "").strip()
    if not k_rule:
        raise PublicationRefused(
            f"model {name} declares no k rule; write `config: meta: k_rule:` in its yml, also where none is needed and why"
        )
    pseudonymise = _names(meta.get("pseudonymise"), name, "pseudonymise")
    if pseudonymise and audiences != ("restricted",):
        raise PublicationRefused(
            f"model {name} has person columns, which only restricted files may hold, and is meant for {', '.join(audiences)}"
        )
    kept_days = str(meta.get("kept_days") or "")
    if kept_days and (audiences != ("restricted",) or kept_days not in Retention.model_fields):
        raise PublicationRefused(f"model {name}: meta kept_days is for restricted tables, and names a setting of [retention]")
    follows_from = str(meta.get("follows_from") or "")
    if follows_from not in ("", "telemetry"):
        raise PublicationRefused(f"model {name}: meta follows_from is telemetry or nothing, not {follows_from!r}")
    order_by = _names(meta.get("order_by"), name, "order_by")
    period = str(meta.get("period") or "")
    return PublishedTable(node["schema"], name, audiences, k_rule, pseudonymise, order_by, period, kept_days, follows_from)


def _names(value: object, model: str, field: str) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value or []
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise PublicationRefused(f"model {model}: meta {field} is a name or a list of names")
    return tuple(dict.fromkeys(items))
