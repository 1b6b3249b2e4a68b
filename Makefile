# Everything a user or developer does, in one word each. `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
GROUPS := dataset browse scrapyd monitor dev
PINS := requirements.txt $(GROUPS:%=requirements-%.txt)
# General extractors to compare with; they do not agree on one environment.
QUALITY := others fundus
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help setup crawl test scale lint fixtures quality bench bench-quick nightly clean

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{printf "make %-12s %s\n", $$1, $$2}'

setup: $(VENV)/.done  ## a virtual environment with everything that is pinned

$(VENV)/.done: $(PINS) pyproject.toml setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'newscrawl needs Python 3.11 or newer: make PYTHON=python3.12 setup'; exit 2; }
	@echo 'setting up $(VENV) (a few minutes, once)'
	@$(PYTHON) -m venv $(VENV) \
		|| { echo 'no virtual environment could be made: install the package python3-venv'; exit 2; }
	$(PIP) install --quiet $(PINS:%=-r %)
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

crawl: setup  ## crawl the bundled stand-in site into data/, without a network
	$(BIN)/scrapy crawl rfi -s NEWSCRAWL_REPLAY=fixtures/site.warc.gz -s NEWSCRAWL_SEEDS=fixtures/seeds

test: setup  ## all tests that need no Debian package and no group scale; lists the others
	$(BIN)/pytest -n auto --dist loadfile -m 'not debian and not scale'
	@echo
	@echo 'left out, because they need a Debian package, root or the group scale (.ci/run runs them):'
	@$(BIN)/pytest -m 'debian or scale' --collect-only tests | grep '::' | sed 's/^/  /'

scale: setup  ## the group scale on top: datatrove and Ray, for archives on many cores or machines
	$(PIP) install --quiet -r requirements-scale.txt

lint: setup  ## style, types, Scrapy's habits
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/scrapy-lint $(CURDIR)

fixtures: setup  ## rebuild the stand-in site's archive and seeds
	$(BIN)/python -m fixtures.build

quality: setup $(QUALITY:%=.venv-quality/%/.done)  ## extraction beside general extractors, into docs/quality.md
	$(BIN)/python -m tests.quality.report

bench: setup $(QUALITY:%=.venv-quality/%/.done)  ## how fast and lean, beside what others offer, into docs/benchmarks.md; a quarter of an hour
	$(BIN)/python -m bench.run

bench-quick: setup $(QUALITY:%=.venv-quality/%/.done)  ## the same, tiny: shows that the benchmarks work, judges and writes nothing
	$(BIN)/python -m bench.run --quick

nightly: setup  ## every harness at full size, from seeds, and one table; some hours (Debian: libfaketime, gcc, strace)
	$(BIN)/python -m tests.nightly

.venv-quality/%/.done: requirements-quality-%.txt
	@echo 'setting up $(@D) (a few minutes, once)'
	@$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip --disable-pip-version-check install --quiet --no-deps -r $<
	@touch $@

clean:  ## remove the virtual environment and what tools left behind (never data/)
	rm -rf $(VENV) .venv-quality build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
