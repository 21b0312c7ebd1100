"""The security tests look at the same demo, UI and runs as the other tests of the whole."""

from tests.orchestration.conftest import company, demo_copy, denied_run
from tests.ui.fixtures import demo, ui

__all__ = ["company", "demo", "demo_copy", "denied_run", "ui"]
