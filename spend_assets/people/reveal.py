"""`spend person reveal`: whom a pseudonym of the restricted files stands for. Logged before it is shown."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from spend_assets.landing.screen import EMAIL, HR, LOGIN
from spend_assets.people.errors import PersonCommandRefused
from spend_assets.people.lookup import looking_up
from spend_assets.pipeline import Pipeline

Say = Callable[[str], None]
_WORDS = {HR: "employee id", EMAIL: "mail", LOGIN: "login"}


@dataclass(frozen=True)
class Revealed:
    """What one person is known by, as (kind, value), and when the access ends."""

    known_by: list[tuple[str, str]]
    ends_at: datetime


def reveal(pipeline: Pipeline, pseudonym: str, request: str, approved_by: str, say: Say) -> Revealed:
    """Resolve a pseudonym with the key that made it. Raises PersonCommandRefused for one that nobody has, and after the access ended."""
    with looking_up(pipeline, "person reveal", say) as at:
        found = sorted(person for person in at.directory.persons() if at.pseudonyms.of(person) == pseudonym.strip())
        if not found:
            raise PersonCommandRefused(
                f"nobody in the warehouse has this pseudonym under key {at.pseudonyms.key_id}; the manifest beside the file that shows it "
                "names its key (pseudonym_key_id). A person who was erased, or whose days are gone, has none any more"
            )
        entry = at.log.grant("reveal", pseudonym.strip(), request, approved_by)
        known = at.directory.identifiers(found[0])
        named = {(_WORDS.get(i.space, i.space.replace("id:", "id at ")), i.value) for i in known}
        return Revealed(sorted(named), entry.ends_at)
