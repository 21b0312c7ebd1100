"""The warehouse's marts into ordered Parquet files: typed, pseudonymous, each row with its publication_id and as_of."""

import re
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from spend_assets.publish.audiences import PublishedTable
from spend_assets.publish.files import quoted
from spend_assets.publish.kept import kept_file, period_of
from spend_assets.publish.pseudonyms import PERSON_PREFIXES, Pseudonyms
from spend_assets.publish.refusal import PublicationRefused
from spend_assets.settings import Retention

TYPES = re.compile(r"^(VARCHAR|BIGINT|DECIMAL\(\d+,\d+\)|DATE|TIMESTAMP|BOOLEAN|DOUBLE)$")
"""The types of the published contract (DESIGN section 4). HUGEINT, for one, would turn into a double in Parquet."""
ADDED = ("publication_id", "as_of")


@dataclass(frozen=True)
class Column:
    name: str
    type: str


@dataclass(frozen=True)
class Exported:
    """One published table: its columns with the two added ones, its row count, its Parquet file per audience."""

    table: PublishedTable
    columns: tuple[Column, ...]
    rows: int
    files: dict[str, Path]


def open_warehouse(path: Path, spill: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory connection with the warehouse read-only as `warehouse`. One thread: rows keep the order asked for."""
    if not path.exists():
        raise PublicationRefused("there is no warehouse to publish from; run `spend run` first")
    connection = duckdb.connect(config={"threads": 1, "memory_limit": "1GB", "temp_directory": str(spill)})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("ATTACH ? AS warehouse (READ_ONLY)", [str(path)])
    return connection


def require_build(connection: duckdb.DuckDBPyConnection, build_id: str, as_of: date) -> None:
    """The warehouse must show the build that the verdict judged; dbt writes ops.build last and removes it first."""
    try:
        rows = connection.execute("SELECT build_id, as_of FROM warehouse.ops.build").fetchall()
    except duckdb.CatalogException:
        rows = []
    if rows != [(build_id, as_of)]:
        found = f"build {str(rows[0][0])[:12]} as of {rows[0][1]}" if rows else "no finished build"
        raise PublicationRefused(f"the warehouse holds {found}, not build {build_id[:12]} as of {as_of}; run `spend run` again")


def columns_of(connection: duckdb.DuckDBPyConnection, table: PublishedTable) -> tuple[Column, ...]:
    """The warehouse's columns of a mart, checked against the published contract."""
    found = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'warehouse' AND schema_name = ? AND table_name = ? "
        "ORDER BY column_index",
        [table.schema, table.name],
    ).fetchall()
    if not found:
        raise PublicationRefused(
            f"the warehouse has no table {table.schema}.{table.name}, which dbt's manifest promises; run `spend run` again"
        )
    columns = tuple(Column(str(name), str(kind)) for name, kind in found)
    types = {column.name: column.type for column in columns}
    for column in columns:
        if column.name in ADDED:
            raise PublicationRefused(f"{table.name}.{column.name}: the publisher adds this column; take it out of the model")
        if not TYPES.match(column.type):
            raise PublicationRefused(
                f"{table.name}.{column.name} is {column.type}; cast it to string, bigint, decimal, date, timestamp, boolean or double"
            )
    for field, names in (("pseudonymise", table.pseudonymise), ("order_by", table.order_by)):
        absent = [name for name in names if name not in types]
        if absent:
            raise PublicationRefused(f"{table.name}: meta {field} names the column {absent[0]}, which the table does not have")
    for name in table.pseudonymise:
        if types[name] != "VARCHAR":
            raise PublicationRefused(f"{table.name}.{name} is {types[name]}; a person column holds ids as text")
    return columns


def load_mapping(
    connection: duckdb.DuckDBPyConnection,
    tables: tuple[PublishedTable, ...],
    columns: dict[str, tuple[Column, ...]],
    pseudonyms: Pseudonyms,
) -> None:
    """The temp table `mapping(value, pseudonym)` of all persons in person columns; hashed in Python, so that no SQL text holds the key.

    Raises PublicationRefused where a column that is not listed under pseudonymise holds a person's id.
    """
    persons: set[str] = set()
    for table in tables:
        for column in columns[table.name]:
            if column.type != "VARCHAR":
                continue
            name = quoted(column.name)
            starts = " OR ".join(f"starts_with({name}, '{prefix}')" for prefix in PERSON_PREFIXES)
            source = f"warehouse.{quoted(table.schema)}.{quoted(table.name)}"
            found = {str(value) for (value,) in connection.execute(f"SELECT DISTINCT {name} FROM {source} WHERE {starts}").fetchall()}
            if found and column.name not in table.pseudonymise:
                raise PublicationRefused(
                    f"{table.name}.{column.name} holds ids of persons; list it under `meta: pseudonymise:` or take it out"
                )
            persons |= found
    ordered = sorted(persons)
    connection.execute("CREATE TEMP TABLE mapping (value VARCHAR, pseudonym VARCHAR)")
    if ordered:
        connection.execute("INSERT INTO mapping SELECT unnest(?), unnest(?)", [ordered, [pseudonyms.of(value) for value in ordered]])


def source_of(
    connection: duckdb.DuckDBPyConnection,
    home: Path,
    table: PublishedTable,
    columns: tuple[Column, ...],
    as_of: date,
    retention: Retention | None,
) -> str:
    """The rows to publish, as SQL: the warehouse's, and of periods whose persons are no longer kept those that were told then.

    With `retention` (where it is enforced) restricted tables are without the rows that are too old.
    """
    warehouse = f"warehouse.{quoted(table.schema)}.{quoted(table.name)}"
    types = {column.name: column.type for column in columns}
    period = period_of(table, types)
    if period is None:
        return warehouse
    if table.audiences == ("restricted",):
        return f"(FROM {warehouse} WHERE {_young(table, quoted(period), as_of, retention)})" if retention else warehouse
    found = kept_file(home, table.name)
    if found is None:
        return warehouse
    path, until = found
    # A column that the table got or lost since has no figure in what was told before.
    held = {str(row[0]) for row in connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()}
    old = ", ".join(f"CAST({quoted(n) if n in held else 'NULL'} AS {kind}) AS {quoted(n)}" for n, kind in types.items())
    live = f"SELECT * FROM {warehouse} WHERE {quoted(period)} >= DATE '{until}' OR {quoted(period)} IS NULL"
    return f"({live} UNION ALL SELECT {old} FROM read_parquet('{str(path).replace(chr(39), chr(39) * 2)}'))"


def _young(table: PublishedTable, period: str, as_of: date, retention: Retention) -> str:
    """The condition on rows that may still be published: all of a table with `kept_days`, else those of persons."""
    days = getattr(retention, table.kept_days or "published_person_days")
    old = f"{period} < DATE '{as_of - timedelta(days=days)}'"
    if not table.kept_days:
        held = [f"starts_with({quoted(name)}, '{prefix}')" for name in table.pseudonymise for prefix in PERSON_PREFIXES]
        old += f" AND ({' OR '.join(held) or 'false'})"
    return f"({old}) IS NOT TRUE"


def export_table(
    connection: duckdb.DuckDBPyConnection,
    table: PublishedTable,
    columns: tuple[Column, ...],
    source: str,
    publication_id: str,
    as_of: date,
    folder: Path,
) -> Exported:
    """Write the rows of `source` to `<folder>/<audience>/<table>.parquet` for each of the table's audiences.

    Rows are sorted by order_by, then by every other column, as published: an order by the real ids would give the pseudonyms away.
    """
    select: list[str] = []
    joins: list[str] = []
    for column in columns:
        name = quoted(column.name)
        if column.name in table.pseudonymise:
            joins.append(f"LEFT JOIN mapping AS m{len(joins)} ON m{len(joins)}.value = t.{name}")
            select.append(f"coalesce(m{len(joins) - 1}.pseudonym, t.{name}) AS {name}")
        else:
            select.append(f"t.{name}")
    position = {column.name: index for index, column in enumerate(columns, start=len(ADDED) + 1)}
    rest = [column.name for column in columns if column.name not in table.order_by]
    order = ", ".join(f"{position[name]} NULLS LAST" for name in (*table.order_by, *rest))
    query = (
        f"SELECT CAST(? AS VARCHAR) AS publication_id, CAST(? AS DATE) AS as_of, {', '.join(select)} "
        f"FROM {source} AS t {' '.join(joins)} ORDER BY {order}"
    )
    paths = {audience: folder / audience / f"{table.name}.parquet" for audience in table.audiences}
    first, *others = paths.values()
    copied = connection.execute(f"COPY ({query}) TO ? (FORMAT parquet, COMPRESSION zstd)", [publication_id, as_of, str(first)]).fetchone()
    for path in others:
        shutil.copyfile(first, path)
    added = (Column("publication_id", "VARCHAR"), Column("as_of", "DATE"))
    return Exported(table, (*added, *columns), int(copied[0]) if copied else 0, paths)
