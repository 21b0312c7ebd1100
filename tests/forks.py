"""Work in a fork of this process, which is killed at a named instant.

For programs of their own: they fork before any DuckDB connection exists, which a test process cannot promise.
"""

import os
import sys
import traceback
from collections.abc import Callable, Mapping


def status_of(work: Callable[[], None], env: Mapping[str, str] | None = None) -> int:
    """The exit code of `work` under `env`: 0, 1 after an error (its trace is on stderr), 137 when SPEND_CRASH_AT ended it."""
    child = os.fork()
    if child == 0:
        os.environ.update(env or {})
        status = 1
        try:
            work()
            status = 0
        except Exception:  # noqa: BLE001 (whatever it is, the test is to see it)
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
