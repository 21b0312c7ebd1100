"""attributes.yml: per emitter, which attributes are kept under which house name, and which are known not to be kept."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

Kind = Literal["text", "integer", "decimal", "boolean", "computed"]
EMITTERS = ("claude_code", "claude_platform", "copilot_vscode", "copilot_cli", "codex", "gemini_cli", "genai")
_SECTIONS = {
    "claude_code": ("claude_code", "everywhere"),
    "claude_platform": ("claude_code", "genai", "everywhere"),
    "copilot_vscode": ("copilot", "genai", "everywhere"),
    "copilot_cli": ("copilot", "genai", "everywhere"),
    "codex": ("codex", "genai", "everywhere"),
    "gemini_cli": ("gemini_cli", "genai", "everywhere"),
    "genai": ("genai", "everywhere"),
}
"""A name in an earlier section means what it says there."""


@dataclass(frozen=True)
class Kept:
    """What becomes of an attribute. `rank` decides between two spellings of one house name in one record: the lower one counts."""

    name: str
    kind: Kind
    rank: int


@dataclass
class Plan:
    """The rules of one emitter."""

    kept: dict[str, Kept]
    _exact: frozenset[str]
    _prefixes: tuple[str, ...]
    _known: dict[str, bool] = field(default_factory=dict)

    def is_known(self, attribute: str) -> bool:
        """Whether an attribute that is not kept is one that need not be reported."""
        known = self._known.get(attribute)
        if known is None:
            known = attribute in self._exact or attribute.startswith(self._prefixes)
            # Names made of data must not grow this without bound.
            if len(self._known) < 5000:
                self._known[attribute] = known
        return known


@cache
def plan_of(emitter: str) -> Plan:
    document = _document()
    kinds: dict[str, Kind] = {name: kind for kind, names in document["types"].items() for name in names}
    kept: dict[str, Kept] = {}
    exact: set[str] = set()
    prefixes: list[str] = []
    for section in _SECTIONS[emitter]:
        body = document[section]
        dropped = [*body["content"], *body["ignore"]]
        for attribute, name in body["keep"].items():
            if attribute not in exact:
                kept.setdefault(attribute, Kept(name, kinds.get(name, "text"), len(kept)))
        exact |= {name for name in dropped if not name.endswith("*")}
        prefixes += [name[:-1] for name in dropped if name.endswith("*")]
    return Plan(kept, frozenset(exact), tuple(prefixes))


@cache
def content_attributes() -> tuple[str, ...]:
    """Every attribute that carries content, a trailing * taken off: what a test puts a canary in."""
    return tuple(sorted({name.rstrip("*") for section in _document().values() for name in section.get("content", ())}))


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "attributes.yml").read_text(encoding="utf-8"))
    return document
