#!/bin/sh
# dbt_command.py as one executable, which is what dagster-dbt takes. -P: the files beside it are no modules of its own.
exec "$SPEND_PYTHON" -P "$(dirname "$0")/dbt_command.py" "$@"
