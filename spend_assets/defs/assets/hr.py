"""The HR roster, dropped into the inbox as a file."""

import dagster as dg

from spend_assets.defs.assets.streams import stream_asset
from spend_assets.landing.contracts import load_contracts


def assets(partitions: dg.DailyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    return [stream_asset(contract, partitions) for contract in load_contracts()["hr"].values()]
