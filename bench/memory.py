"""Resident memory of this process and of the children that a stage starts, sampled from /proc; elsewhere only what getrusage knows."""

import os
import resource
import sys
import threading
from pathlib import Path
from types import TracebackType

INTERVAL_SECONDS = 0.05
_PROC = Path("/proc")
_PAGE = resource.getpagesize()


class MemoryWatch:
    """`with MemoryWatch(ignore) as watch:` keeps the highest resident bytes until the block ends.

    `own`: this process. `children`: all its descendants together. `together`: both at one instant, which is what a machine must hold.
    `ignore` are descendants that are no part of the platform (the sandbox). Zero where /proc is missing.
    """

    def __init__(self, ignore: frozenset[int]):
        self._ignore = ignore
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.own = self.children = self.together = 0

    def __enter__(self) -> "MemoryWatch":
        self._sample()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()
        self._sample()

    def _watch(self) -> None:
        while not self._ended.wait(INTERVAL_SECONDS):
            self._sample()

    def _sample(self) -> None:
        own = _resident(os.getpid())
        children = sum(_resident(pid) for pid in _descendants(os.getpid(), self._ignore))
        self.own, self.children = max(self.own, own), max(self.children, children)
        self.together = max(self.together, own + children)


def running_children() -> frozenset[int]:
    """Children of this process that run now; empty where /proc is missing."""
    return frozenset(_children(os.getpid()))


def highest_since_start() -> int:
    """The most resident bytes that this process ever had, as the system counted them: no sample can miss it."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _resident(pid: int) -> int:
    try:
        return int((_PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0


def _descendants(pid: int, ignore: frozenset[int]) -> list[int]:
    found = []
    for child in _children(pid):
        # Between fork and exec a child still shows the pages of this process; they exist once.
        if child not in ignore and _command(child) != _command(pid):
            found += [child, *_descendants(child, ignore)]
    return found


def _children(pid: int) -> list[int]:
    threads = _PROC / str(pid) / "task"
    try:
        return [int(text) for thread in threads.iterdir() for text in (thread / "children").read_text().split()]
    except OSError:
        return []


def _command(pid: int) -> bytes:
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return b""
