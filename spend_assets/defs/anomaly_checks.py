"""Every kind of anomaly as a check on the table that it concerns. They warn; nothing waits for them."""

from collections.abc import Iterator

import dagster as dg

from spend_assets.alerts.kinds import LEVELS, SHOWN_DAYS, Found, kinds_found
from spend_assets.pipeline import Pipeline


def anomaly_checks() -> dg.AssetChecksDefinition:
    keys = {level: dg.AssetKey(["marts", place.concerns]) for level, place in LEVELS.items()}
    specs = [
        dg.AssetCheckSpec(
            f"no_{kind}",
            asset=keys[level],
            description=f"No {kind} of a {level} in the last {SHOWN_DAYS} days (docs/detection.md). Rows: mart {place.rows}.",
            additional_deps=[dg.AssetKey(["marts", place.rows])],
        )
        for level, place in LEVELS.items()
        for kind in place.kinds
    ]

    @dg.multi_asset_check(specs=specs, name="anomalies_by_kind", pool="home", config_schema={})
    def by_kind(context: dg.AssetCheckExecutionContext, pipeline: dg.ResourceParam[Pipeline]) -> Iterator[dg.AssetCheckResult]:
        found = kinds_found(pipeline, say=context.log.info)
        for level, place in LEVELS.items():
            for kind in place.kinds:
                one = found.get((level, kind), Found())
                yield dg.AssetCheckResult(
                    check_name=f"no_{kind}",
                    asset_key=keys[level],
                    passed=not one.anomalies,
                    severity=dg.AssetCheckSeverity.WARN,
                    metadata={
                        "anomalies": one.anomalies,
                        "of_them_open": one.open,
                        "last_day": str(one.last_day or "none"),
                        "excess_usd": f"{one.excess_usd:.2f}",
                        "rows": f"select * from {place.rows} where kind = '{kind}', in the files of its audience",
                    },
                )

    return by_kind
