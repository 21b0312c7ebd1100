"""What was told of team weeks, person by person and day of telling: builds hold back changes by few persons (security-privacy 17)."""

from datetime import date
from pathlib import Path

import duckdb

from spend_assets.landing.files import write_durably


def memory_path(home: Path) -> Path:
    """SPEND_HOME/privacy/told.parquet. Holds persons' ids: for the pipeline alone, and part of what erasing a person rewrites."""
    return home / "privacy" / "told.parquet"


def remember(home: Path, warehouse_path: Path) -> None:
    """Keep what the publication that is about to be linked tells. A warehouse without team weeks leaves the memory as it is.

    Before the link: a run that is killed in between has remembered what nobody saw, and not the other way round.
    """
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("ATTACH ? AS warehouse (READ_ONLY)", [str(warehouse_path)])
        found = connection.execute(
            "SELECT 1 FROM duckdb_tables() "
            "WHERE database_name = 'warehouse' AND schema_name = 'intermediate' AND table_name = 'int_team_told'"
        ).fetchone()
        if found is None:
            return
        path = memory_path(home)
        query = (
            "SELECT told_as_of, week, series, team, vendor, contributor, published_team, published_vendor, "
            "consumption_usd, billed_usd, effective_usd, credits FROM warehouse.intermediate.int_team_told "
            "WHERE contributor IS NOT NULL"
        )
        connection.execute(f"CREATE TEMP TABLE told AS {query}")
        if path.exists():
            # Of earlier days it stays what was told then: a rebuild of a past day reads it. Of this day, only what is told now.
            connection.execute(
                "INSERT INTO told SELECT before.* FROM read_parquet(?) AS before "
                "ANTI JOIN told USING (told_as_of, week, series, published_team, published_vendor) "
                "WHERE before.told_as_of < (SELECT max(as_of) FROM warehouse.ops.build)",
                [str(path)],
            )
        write_durably(path, lambda fresh: _copy(connection, fresh), "memory")


def forget_before(home: Path, day: date) -> None:
    """Take out weeks that began before a day: what was told of them is kept without persons (kept.py)."""
    path = memory_path(home)
    if path.exists():
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.execute("CREATE TEMP TABLE told AS SELECT * FROM read_parquet(?) WHERE week >= ?", [str(path), day])
            write_durably(path, lambda fresh: _copy(connection, fresh), "memory")


def _copy(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    connection.execute("COPY (FROM told ORDER BY ALL) TO ? (FORMAT parquet, COMPRESSION zstd)", [str(path)])
