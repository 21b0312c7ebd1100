"""What may no longer be kept goes before each build, and whoever was erased stays out."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import dagster as dg

from spend_assets.people.retention import apply_retention
from spend_assets.pipeline import Pipeline


def retention_asset(streams: Sequence[dg.AssetsDefinition]) -> dg.AssetsDefinition:
    @dg.asset(
        key=["people", "retention"],
        deps=[key for asset in streams for key in asset.keys],
        group_name="platform",
        kinds={"python"},
        owners=["team:data"],
        description="Takes away what is older than its days in [retention], and erased people out of what a backup brought back.",
        pool="home",
        config_schema={},
    )
    def retention(context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[Pipeline]) -> dg.MaterializeResult[Any]:
        return dg.MaterializeResult(metadata=asdict(apply_retention(pipeline, say=context.log.info)))

    return retention
