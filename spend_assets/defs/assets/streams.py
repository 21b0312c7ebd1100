"""One Dagster asset per vendor stream. Each asks landing which windows are due and reports what came of them."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from spend_assets.answers import Window
from spend_assets.landing.contracts import StreamContract, load_contracts
from spend_assets.landing.ingest import StreamReport
from spend_assets.pipeline import Pipeline, Say

REFETCH_TAG = "spend/refetch"
"""A run's tag: the streams whose settled days are asked for again, as vendor/stream with commas, or "true" for all."""
CHECKS = {
    "answered": "The vendor answered every window that was due; otherwise the message says what is missing and the days are marked.",
    "records_valid": "No record of the newest generations was quarantined.",
    "schema_known": "No field arrived that the contract does not know.",
}


def stream_assets(partitions: dg.DailyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """An asset for every stream of every contract, in the order of the files."""
    return [
        stream_asset(contract, partitions, [asset_key(streams[name]) for name in contract.after])
        for streams in load_contracts().values()
        for contract in streams.values()
    ]


def asset_key(contract: StreamContract) -> dg.AssetKey:
    return dg.AssetKey(["raw", contract.vendor, contract.stream])


def stream_asset(
    contract: StreamContract, partitions: dg.DailyPartitionsDefinition, deps: Sequence[dg.AssetKey] = ()
) -> dg.AssetsDefinition:
    """The asset of one stream. Dated streams carry the daily partitions, snapshots of the present carry none."""
    key = asset_key(contract)
    dated = contract.window != "snapshot"

    @dg.asset(
        key=key,
        deps=list(deps),
        partitions_def=partitions if dated else None,
        backfill_policy=dg.BackfillPolicy.single_run() if dated else None,
        group_name=contract.vendor,
        kinds={"python", "parquet"},
        owners=["team:data"],
        description=f"{contract.title}. {contract.grain}\n\nSource: `{contract.route}`. Late change: {contract.late_change}.",
        check_specs=[dg.AssetCheckSpec(name, asset=key, description=text) for name, text in CHECKS.items()],
        pool="home",
        config_schema={},
    )
    def stream(context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[Pipeline]) -> Iterator[dg.MaterializeResult[Any]]:
        span = None
        if dated:
            window = context.partition_time_window
            span = Window(window.start.date(), window.end.date())
        named = context.run.tags.get(REFETCH_TAG, "").split(",")
        refetch = "true" in named or f"{contract.vendor}/{contract.stream}" in named
        report = pipeline.ingest(contract.vendor, contract.stream, span, refetch=refetch, say=context.log.info)
        context.log.info(
            f"{report.asked} windows asked, {report.landed} landed anew, {report.records} records, {len(report.failures)} failures"
        )
        yield dg.MaterializeResult(metadata=_metadata(report), check_results=_checks(pipeline, contract, report, context.log.info))

    return stream


def _metadata(report: StreamReport) -> dict[str, int]:
    return {
        "windows_asked": report.asked,
        "windows_landed": report.landed,
        "windows_unchanged": report.unchanged,
        "windows_not_ready": report.not_ready,
        "records": report.records,
    }


def _checks(pipeline: Pipeline, contract: StreamContract, report: StreamReport, say: Say) -> list[dg.AssetCheckResult]:
    quarantined, drifted = pipeline.findings(contract.vendor, contract.stream, say)
    where = "ops.quarantine and ops.drift in the restricted file"
    return [
        dg.AssetCheckResult(
            check_name="answered",
            passed=not report.failures,
            severity=dg.AssetCheckSeverity.ERROR,
            metadata={"failures": len(report.failures), "messages": "\n".join(report.failures[:20])},
        ),
        dg.AssetCheckResult(
            check_name="records_valid",
            passed=not quarantined,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"quarantined": quarantined, "rows": where},
        ),
        dg.AssetCheckResult(
            check_name="schema_known",
            passed=not drifted,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"unknown_fields": ", ".join(drifted[:50]), "rows": where},
        ),
    ]
