# `make` alone lists the targets. Works with GNU make 3.81 (macOS) and in folders whose path has spaces: all paths are relative.
# PYTHON=/path/to/python3.12 names an interpreter; without it the first of 3.13, 3.12, 3.11 and python3 that really runs is taken.

SHELL := /bin/sh
.DEFAULT_GOAL := help

PY := .venv/bin/python
PYTEST := $(PY) -m pytest
export DAGSTER_DISABLE_TELEMETRY := yes
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DO_NOT_TRACK := 1

.PHONY: help setup demo ui test test-long lint check bench score clean-data

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' Makefile

# A pyenv shim exists for every version and fails for most: only running it tells. Too old a Python is handed to bootstrap.py,
# which says what was found and what to do.
setup: ## make or mend .venv from requirements.lock (quick and offline where it fits)
	@set -e; \
	if [ -n "$(PYTHON)" ]; then exec "$(PYTHON)" bootstrap.py; fi; \
	for python in python3.13 python3.12 python3.11 python3; do \
	  if "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1; then \
	    exec "$$python" bootstrap.py; fi; done; \
	if python3 -c '' >/dev/null 2>&1; then exec python3 bootstrap.py; fi; \
	echo "no Python found: tried python3.13, python3.12, python3.11 and python3." >&2; \
	echo "  Debian, Ubuntu:  sudo apt-get install -y python3 python3-venv" >&2; \
	echo "  macOS:           brew install python@3.12" >&2; exit 1

demo: setup ## a simulated organisation, ingested, built, checked and published; ends with a short table
	@.venv/bin/spend demo

ui: setup ## Dagster's UI on this machine's loopback address
	@.venv/bin/spend ui

lint: setup ## style, types and import rules
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m mypy bootstrap.py
	@.venv/bin/lint-imports

check: setup ## dbt parses, and Dagster loads the definitions through workspace.yaml
	@$(PY) -m pytest -q tests/project/test_loads.py

test: lint ## lint, then every test but the heavy proofs; at most 15 minutes
	@$(PYTEST) -m "not long" -n 2 --dist loadscope --no-loadscope-reorder --durations=25

LONG := $(PYTEST) -m long -v -o console_output_style=classic

# Two halves side by side and not xdist: its workers swallow the counts that the proofs print.
test-long: setup ## the heavy proofs (kill points, unseen seeds, volumes); writes docs/test-long.txt
	@mkdir -p docs; first=0; second=0; \
	$(LONG) tests/integration > docs/test-long.half 2>&1 & half=$$!; \
	$(LONG) --ignore tests/integration > docs/test-long.txt 2>&1 || first=$$?; \
	wait $$half || second=$$?; \
	cat docs/test-long.half >> docs/test-long.txt; rm docs/test-long.half; \
	grep -E '^(FAILED|ERROR|=+ .* in )' docs/test-long.txt; exit $$((first + second))

bench: setup ## time and memory of each stage, as ratios
	@$(PY) -m bench

# A module per score, each printing its table and failing where it is not as good as it must be.
SCORES := bench.score_forecast bench.score_detection

score: setup ## how good the forecast (and every other estimate) is on companies that nobody tuned it with
	@for module in $(SCORES); do $(PY) -m $$module || exit 1; done

clean-data: ## delete data/ (landing, raw, warehouse, publications); asks first
	@printf 'Delete everything under data/? Landed answers cannot always be fetched again. Type yes: '; \
	read answer; if [ "$$answer" = yes ]; then rm -rf data; else echo "kept"; exit 1; fi
