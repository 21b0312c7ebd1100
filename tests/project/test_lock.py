"""requirements.lock is the whole closure of pyproject.toml: bootstrap.py installs it without resolving, so only this notices a gap."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def locked(project_root: Path) -> dict[str, set[str]]:
    """Name to locked versions (more than one where markers choose between them)."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9.-]+)==([^ ;]+)", (project_root / "requirements.lock").read_text(), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def declared(project_root: Path) -> list[Requirement]:
    project = tomllib.loads((project_root / "pyproject.toml").read_text())
    return [Requirement(text) for text in [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]]


def test_every_declared_dependency_is_locked_in_a_version_it_allows(project_root: Path) -> None:
    lock = locked(project_root)
    for requirement in declared(project_root):
        versions = lock.get(canonicalize_name(requirement.name), set())
        assert versions, f"{requirement.name} is declared and not locked; CONTRIBUTING.md says how to lock it"
        assert all(requirement.specifier.contains(version) for version in versions), f"{requirement} is locked as {versions}"


def test_what_an_installed_package_needs_is_locked_too(project_root: Path) -> None:
    """Follows the metadata of what is installed here, from pyproject.toml on; extras included."""
    lock, todo, seen = locked(project_root), declared(project_root), set()
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        for extra in ("", *requirement.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            assert name in lock, f"{name} is needed and not locked"
            for text in importlib.metadata.requires(name) or ():
                needed = Requirement(text)
                if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                    todo.append(needed)
    assert len(seen) > 50


def test_the_lock_has_a_hash_for_each_package_and_names_no_place(project_root: Path) -> None:
    text = (project_root / "requirements.lock").read_text()
    blocks = re.split(r"\n(?=[a-z])", text)
    without = [block.split()[0] for block in blocks if "--hash=sha256:" not in block]
    assert without == []
    assert "://" not in text
    assert "--index-url" not in text
