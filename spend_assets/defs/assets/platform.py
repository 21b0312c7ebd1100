"""The platform's own tables: which generation of which day exists, and what every attempt came to. dbt reads them as sources."""

from collections.abc import Sequence

import dagster as dg

from spend_assets.landing.platform import TABLES
from spend_assets.pipeline import Pipeline


def platform_tables(streams: Sequence[dg.AssetsDefinition]) -> dg.AssetsDefinition:
    upstream = [key for asset in streams for key in asset.keys]

    @dg.multi_asset(
        specs=[
            dg.AssetSpec(["raw", "platform", name], deps=upstream, group_name="platform", kinds={"parquet"}, description=text)
            for name, text in TABLES.items()
        ],
        name="platform_tables",
        pool="home",
    )
    def write(context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[Pipeline]) -> tuple[dg.MaterializeResult, ...]:
        rows = pipeline.write_platform_tables(say=context.log.info)
        return tuple(
            dg.MaterializeResult(asset_key=["raw", "platform", name], metadata={"dagster/row_count": rows[name]}) for name in TABLES
        )

    return write
