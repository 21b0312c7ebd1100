import pytest

from tests.privacy import company
from tests.privacy.project import Lab
from tests.privacy.story import FIRST_TOLD, LATER_TOLD, Story, told_later, with_a_rich_person


@pytest.fixture(scope="package")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    lab = Lab(tmp_path_factory.mktemp("privacy"))
    old = with_a_rich_person(list(company.lines()))
    new = told_later(old)
    first = lab.build(old, FIRST_TOLD)
    return Story(old, new, first, lab.build(new, LATER_TOLD))
