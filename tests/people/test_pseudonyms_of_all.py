"""Whoever no roster knows is a person too: their id of the warehouse never stands in a published file."""

import pytest

from spend_assets.landing.contracts import load_contracts
from spend_assets.publish.pseudonyms import Pseudonyms

WITHOUT_PERSONS_OF_THEIR_OWN = {"hr", "company", "git_delivery"}


@pytest.mark.parametrize("kind", ["hr", "mail", "github", "login", *sorted(set(load_contracts()) - WITHOUT_PERSONS_OF_THEIR_OWN)])
def test_every_kind_of_person_has_a_pseudonym(kind: str) -> None:
    assert Pseudonyms("k" * 40).of(f"{kind}:somebody").startswith("p_")
