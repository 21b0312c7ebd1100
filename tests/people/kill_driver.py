"""An erasure in a process of its own, to be killed: `python kill_driver.py <person>`; settings and home as for the CLI."""

import os
import sys

from spend_assets.clock_choice import clock_for
from spend_assets.home import restrict_umask
from spend_assets.people.erase import erase
from spend_assets.pipeline import Pipeline
from spend_assets.settings import load_settings

if __name__ == "__main__":
    restrict_umask()
    settings = load_settings(os.environ)
    erase(Pipeline(settings, clock_for(settings, os.environ)), sys.argv[1], "DSR-2", "Mara Voss", print)
