"""The published files, and the check that turns a run red when a stream did not answer although the rest was published."""

from typing import Any

import dagster as dg

from spend_assets.pipeline import Pipeline

KEY = dg.AssetKey(["published", "current"])


def publication_assets(models: dg.AssetsDefinition) -> tuple[dg.AssetsDefinition, dg.AssetChecksDefinition]:
    marts = [key for key in models.keys if key.path[0] in ("marts", "ops")]

    @dg.asset(
        key=KEY,
        deps=marts,
        group_name="published",
        kinds={"duckdb", "parquet"},
        owners=["team:data"],
        description="Read-only files per audience behind an atomically replaced link. Refused unless this build's verdict passed.",
        pool="home",
        config_schema={},
    )
    def current(context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[Pipeline]) -> dg.MaterializeResult[Any]:
        publication = pipeline.publish(say=context.log.info)
        return dg.MaterializeResult(metadata={"publication_id": publication.publication_id, "rows": publication.tables})

    @dg.asset_check(
        asset=KEY, description="Fails the run after publication where a vendor's stream failed; its days are marked.", config_schema={}
    )
    def every_stream_answered(context: dg.AssetCheckExecutionContext, pipeline: dg.ResourceParam[Pipeline]) -> dg.AssetCheckResult:
        failures = pipeline.open_failures(say=context.log.info)
        if failures:
            raise dg.Failure("published, but these streams failed and their days are marked:\n" + "\n".join(failures), allow_retries=False)
        return dg.AssetCheckResult(passed=True)

    return current, every_stream_answered
