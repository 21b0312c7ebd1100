"""What Dagster sees: assets, checks, schedule, sensor, resources. No business logic lives here."""
