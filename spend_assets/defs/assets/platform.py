"""The platform's own tables: which generation of which day exists, and what every attempt came to. dbt reads them as sources."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from spend_assets.pipeline import Pipeline


def platform_tables(streams: Sequence[dg.AssetsDefinition]) -> dg.AssetsDefinition:
    @dg.asset(
        key=["raw", "platform"],
        deps=[key for asset in streams for key in asset.keys],
        group_name="platform",
        kinds={"python", "parquet"},
        owners=["team:data"],
        description="Generations, attempts, quarantine, drift, accounts and streams, as Parquet that dbt reads beside the vendors' data.",
        pool="home",
        config_schema={},
    )
    def platform(context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[Pipeline]) -> dg.MaterializeResult[Any]:
        rows = pipeline.write_platform_tables(say=context.log.info)
        return dg.MaterializeResult(metadata={f"{name}_rows": count for name, count in rows.items()})

    return platform
