"""What Dagster sees: assets, checks, schedule, sensor, resources. No business logic lives here."""

import warnings

import dagster as dg

# Backfill policies are marked beta in 1.13; one line per asset at every load would bury what matters.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
