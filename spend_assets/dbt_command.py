"""The dbt command line, with the project parsed once for all homes: a parse takes 15 s of CPU, and dbt repeats it for other `--vars`.

What a build's variables change is rendered after parsing, except the home in the sources' locations and the warehouse's name in those of
the models: the project is parsed with `HOME` and `DATABASE` in their places, and here the real ones are put there. Run as a script and by
itself, so it imports nothing of this package.
"""

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

HOME = "@home@"
"""The value of the variable `home` in the kept parse."""
DATABASE = "parse"
"""The warehouse of the kept parse: DuckDB names a database by its file."""
PARSED = "SPEND_DBT_PARSED"
"""Names the environment variable that holds the path of the kept parse (dbt_build.py makes it)."""


def main(arguments: list[str]) -> int:
    if arguments == ["--version"]:  # dagster-dbt asks before each build, and dbt's own answer takes 2 s of imports
        print(f"installed: {version('dbt-core')}")
        return 0
    from dbt.cli.main import dbtRunner

    result = dbtRunner(manifest=_parsed(arguments)).invoke(arguments)
    if result.exception is not None:
        print(result.exception, flush=True)
        return 2
    return 0 if result.success else 1


def _parsed(arguments: list[str]) -> Any:
    """The kept parse with this build's home, or None: then dbt parses itself."""
    path = Path(os.environ.get(PARSED, ""))
    if "build" not in arguments or "--vars" not in arguments or not path.is_file():
        return None
    variables = json.loads(arguments[arguments.index("--vars") + 1])
    if "home" not in variables or "history" in variables:  # a history enables models that the kept parse leaves out
        return None
    from dbt.adapters.duckdb.credentials import DuckDBCredentials
    from dbt.contracts.graph.manifest import Manifest

    manifest = Manifest.from_msgpack(path.read_bytes())
    database = DuckDBCredentials.path_derived_database_name(os.environ["SPEND_WAREHOUSE"])
    home = variables["home"].replace("'", "''")
    for source in manifest.sources.values():
        for meta in (source.meta, source.source_meta, source.config.meta):
            if "external_location" in meta:
                meta["external_location"] = meta["external_location"].replace(HOME, home)
    for node in (*manifest.nodes.values(), *manifest.sources.values()):
        if node.database == DATABASE:
            node.database = database
        if node.relation_name:
            node.relation_name = node.relation_name.replace(HOME, home).replace(f'"{DATABASE}".', f'"{database}".')
    # dbt takes tests of disabled models out after it has written the parse.
    manifest.nodes = {name: node for name, node in manifest.nodes.items() if node.config.enabled}
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]  # the `graph` of macros, which dbt makes after parsing
    return manifest


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
