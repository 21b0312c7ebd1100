"""GitHub Copilot: one asset per stream."""

import dagster as dg

from spend_assets.defs.assets.streams import asset_key, stream_asset
from spend_assets.landing.contracts import load_contracts


def assets(partitions: dg.DailyPartitionsDefinition) -> list[dg.AssetsDefinition]:
    """user_days comes after user_28_days, which shows the settled days that must be fetched again; all else stands alone."""
    streams = load_contracts()["github_copilot"]
    after = {"user_days": [asset_key(streams["user_28_days"])], "team_members": [asset_key(streams["teams"])]}
    return [stream_asset(contract, partitions, after.get(name, ())) for name, contract in streams.items()]
