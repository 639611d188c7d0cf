# One entry for people and machines. `make help` lists what there is.
#   make demo    needs Python 3.11 or newer and a package registry, nothing else
#   make test    needs Chromium and PostgreSQL as well: as root on Debian it installs them, else it says how

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# Hashes for every file, and no source archive: building one would run code that no hash has named.
INSTALL := $(PIP) install --quiet --require-hashes --only-binary :all: --no-deps
PACKAGE := $(PIP) install --quiet --no-deps --no-build-isolation --editable .
DIR ?= demo-cell
PORT ?= 8000
SEED ?= 1
CODE := src tests tools $(wildcard bench/*.py)
BENCHES := $(wildcard bench/*.py)

.DEFAULT_GOAL := help
.PHONY: help setup setup-run demo run sim sim-assignment check test test-first test-last access bench acceptance-trl docs pins clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/dev.stamp  ## install everything that runs, checks and tests the project

setup-run: $(VENV)/run.stamp  ## install only what a cell runs

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "expected Python 3.11 or newer as '$(PYTHON)'; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements/run.txt requirements/build.txt pyproject.toml | $(VENV)/bin/python
	$(INSTALL) -r requirements/build.txt
	$(INSTALL) -r requirements/run.txt
	$(PACKAGE)
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	$(INSTALL) -r requirements/dev.txt
	$(PIP) check
	@touch $@

demo: $(VENV)/run.stamp  ## make a cell with the demo programme in DIR, then serve it until interrupted
	$(BIN)/tallystick demo --dir $(DIR) --seed $(SEED)

run: $(VENV)/run.stamp  ## serve the cell in DIR
	$(BIN)/tallystick serve --dir $(DIR) --port $(PORT)

sim: $(VENV)/run.stamp  ## play the demo programme once with SEED, without serving it
	$(BIN)/tallystick demo --dir $(DIR) --seed $(SEED) --no-serve

sim-assignment: $(VENV)/run.stamp  ## let 200 simulated experts work off 20,000 items with SEED, and check what assignment promises
	$(BIN)/tallystick simulate --seed $(SEED) $(if $(FIGURE),--figure $(FIGURE))

check: $(VENV)/dev.stamp  ## lint, format, types, arrows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports

test: $(VENV)/dev.stamp  ## all tests, on SQLite and on a real PostgreSQL, in a real Chromium
	tools/system_packages
	+@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	  $(MAKE) --no-print-directory -j2 test-first test-last SHARED_RUN=$$folder

# Two processes share the tests from both ends of the list, so that both end at the same time (tests/sharing.py).
# One core each: threads of the linear algebra would only wait for one another.
test-first test-last:
	PYTHONDONTWRITEBYTECODE= OPENBLAS_NUM_THREADS=1 SHARED_RUN=$(SHARED_RUN) SHARED_END=$(@:test-%=%) $(BIN)/python -m pytest -q tests

access: $(VENV)/dev.stamp  ## every page and state before axe, at a desk and on a phone, light and dark
	tools/system_packages
	EVERY_SCREEN=1 $(BIN)/python -m pytest -q tests/web/test_access.py

bench: $(VENV)/dev.stamp  ## every benchmark; bench/README.md says how to read them
	tools/system_packages
	@for script in $(BENCHES); do echo "== $$script"; $(BIN)/python $$script || exit 1; done

TRL := .venv-trl
RELEASE ?=

# Not pinned on purpose: it asks whether the TRL of the day takes our exports. Nothing of it enters a cell or a test.
acceptance-trl:  ## hold the trainer exports of RELEASE against TRL itself, in an environment of its own
	@test -n "$(RELEASE)" || { echo "expected RELEASE=DIR, a release that `tallystick release export` wrote" >&2; exit 1; }
	test -x $(TRL)/bin/python || $(PYTHON) -m venv $(TRL)
	$(TRL)/bin/pip install --quiet torch trl datasets
	HF_HUB_OFFLINE=1 HF_DATASETS_OFFLINE=1 $(TRL)/bin/python tools/check_trl.py $(RELEASE)

docs: $(VENV)/dev.stamp  ## write the generated pages anew, and freeze an example of every new kind of event
	$(BIN)/python tools/write_docs.py
	$(BIN)/python tools/freeze_events.py

pins: | $(VENV)/bin/python  ## compile requirements/*.in to pinned, hashed requirements/*.txt
	$(INSTALL) -r requirements/pin.txt
	tools/compile_pins $(BIN)/uv

clean:  ## remove what `make` made, but no cell
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis src/*.egg-info
