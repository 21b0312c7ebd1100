"""Landing and raw: what a vendor sent, kept as sent, and the typed days made of it. Knows no vendor client and no Dagster."""
