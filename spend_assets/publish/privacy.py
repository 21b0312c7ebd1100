"""The last look before the swap: no text of an aggregate or finance file names a person (security-privacy 19)."""

import re
from collections.abc import Callable, Iterable, Iterator

import duckdb

from spend_assets.publish.export import ADDED, Exported
from spend_assets.publish.files import quoted
from spend_assets.publish.refusal import PublicationRefused

KnownIdentifiers = Callable[[duckdb.DuckDBPyConnection], Iterable[str]]
"""Gives the logins, mails, names and employee ids that the platform knows, from a connection with the warehouse attached as `warehouse`."""
SHORTEST_WITHIN = 4
"""An identifier shorter than this counts only as a whole cell: `al` or `007` occurs inside innocent text."""
PLATFORM_WORDS = frozenset(
    (
        *("github_copilot", "anthropic", "cursor", "openai", "custom_agents"),
        *("human_seat", "human_usage", "machine_usage", "unattributed_usage", "platform_fee", "commitment", "credit", "tax"),
        *("ide", "cli", "background_agent", "code_review", "api", "app"),
        *("failed", "not_available", "missing", "partial", "provisional", "complete", "open", "settled"),
    )
)
"""What the published contract itself writes into cells. Someone whose login is one of these words is not named by it."""
EDGES = re.compile(r"^[\W_]+|[\W_]+$")
WORD = re.compile(r"[^\W_]+")


def identifiers_of_warehouse(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Reads intermediate.int_known_identifiers(identifier). Raises PublicationRefused without it: an unchecked file is not published."""
    try:
        rows = connection.execute("SELECT DISTINCT identifier FROM warehouse.intermediate.int_known_identifiers").fetchall()
    except duckdb.CatalogException:
        raise PublicationRefused(
            "the warehouse has no intermediate.int_known_identifiers, so the files cannot be searched for persons; run `spend run` again"
        ) from None
    return [str(value) for (value,) in rows if value]


def require_no_person(connection: duckdb.DuckDBPyConnection, exported: Iterable[Exported], identifiers: Iterable[str]) -> None:
    """Raises PublicationRefused that names table and column, never the value, where a published text is or contains an identifier."""
    names = KnownNames(identifiers)
    hits = []
    for item in exported:
        open_files = [path for audience, path in sorted(item.files.items()) if audience != "restricted"]
        if not open_files:
            continue
        for column in item.columns:
            if column.type != "VARCHAR" or column.name in ADDED:
                continue
            query = f"SELECT DISTINCT {quoted(column.name)} FROM read_parquet(?) WHERE {quoted(column.name)} IS NOT NULL"
            cells = (str(value) for (value,) in connection.execute(query, [str(open_files[0])]).fetchall())
            if any(names.someone_in(cell) for cell in cells):
                hits.append(f"{item.table.name}.{column.name}")
    if hits:
        raise PublicationRefused(
            f"a login, mail, name or employee id stands in {', '.join(hits)}, which is not restricted. Nothing was published; "
            "take the text out of the model, or give the table the audience restricted"
        )


class KnownNames:
    """Whether a text is or contains an identifier of a person that the platform knows."""

    def __init__(self, identifiers: Iterable[str]):
        self._known = {identifier.strip().casefold() for identifier in identifiers} - {""}
        self._within = {bare for bare in (EDGES.sub("", identifier) for identifier in self._known) if len(bare) >= SHORTEST_WITHIN}
        self._longest = max((len(WORD.findall(identifier)) for identifier in self._within), default=0)

    def someone_in(self, text: str) -> bool:
        cell = text.casefold()
        if cell in PLATFORM_WORDS:
            return False
        return cell.strip() in self._known or any(part in self._within for part in _parts(cell, self._longest))


def _parts(cell: str, longest: int) -> Iterator[str]:
    """Every stretch of whole words in `cell`, `longest` words at most, as written: `anna-smith` in `anna-smith-nightly`."""
    words = [match.span() for match in WORD.finditer(cell)]
    for index, (start, _) in enumerate(words):
        for _, end in words[index : index + longest]:
            yield cell[start:end]
