"""Who may read what of a publication: file permissions (security-privacy 5)."""

import grp
import os
from collections.abc import Mapping
from pathlib import Path

from spend_assets.publish.refusal import PublicationRefused

PAGES = {"aggregate": "index.html", "finance": "finance.html", "restricted": "restricted.html"}


def resolve_groups(groups: Mapping[str, str]) -> dict[str, int]:
    """Group ids of [publish.groups]. Raises PublicationRefused for a group that is not there or that this user may not hand files to."""
    resolved = {}
    for audience, name in sorted(groups.items()):
        try:
            number = grp.getgrnam(name).gr_gid
        except KeyError:
            raise PublicationRefused(
                f"[publish.groups] {audience} names the group {name!r}, which this machine does not have; "
                "make it with groupadd, or take the line out of spend.toml"
            ) from None
        if os.geteuid() != 0 and number != os.getegid() and number not in os.getgroups():
            raise PublicationRefused(
                f"[publish.groups] {audience}: the publishing user is no member of the group {name!r} and cannot hand files to it; "
                "add it with usermod -aG and log in again"
            )
        resolved[audience] = number
    return resolved


def grant(generation: Path, audiences: tuple[str, ...], groups: Mapping[str, int]) -> None:
    """Set the modes and groups of one publication. Files of restricted are for the publishing user alone, whatever the settings say."""
    for audience in audiences:
        restricted = audience == "restricted"
        folder = generation / "parquet" / audience
        files = [generation / f"{audience}.duckdb", generation / PAGES[audience], *sorted(folder.iterdir())]
        if audience == "aggregate":
            files.append(generation / "manifest.json")
        group = None if restricted else groups.get(audience)
        for path in (folder, *files):
            if group is not None:
                os.chown(path, -1, group)
            mode = 0o700 if path == folder else 0o600
            path.chmod(mode if restricted else mode | 0o040 | (0o010 if path == folder else 0))
    # Passing through is for everyone, listing for nobody but the owner: the way to a file that one's group may read.
    (generation / "parquet").chmod(0o711)
    generation.chmod(0o711)
