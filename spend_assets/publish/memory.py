"""What was told of team weeks, person by person: the next build holds back changes by few persons (security-privacy 17)."""

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
        query = (
            "SELECT told_as_of, week, series, team, vendor, contributor, published_team, published_vendor, "
            "consumption_usd, billed_usd, effective_usd, credits FROM warehouse.intermediate.int_team_told "
            "WHERE contributor IS NOT NULL ORDER BY ALL"
        )
        write_durably(memory_path(home), lambda path: _copy(connection, query, path), "memory")


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"COPY ({query}) TO ? (FORMAT parquet, COMPRESSION zstd)", [str(path)])
