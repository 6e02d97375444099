# Everything here works on a machine with Python 3.11 or newer only.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
INPUTS := pyproject.toml hatch_build.py package.json package-lock.json

.PHONY: demo test check format bench clean

demo: $(VENV)/.demo-installed  ## Load the demonstration boards and serve them
	$(BIN)/s11audit demo --port $(PORT)

test: $(VENV)/.test-installed  ## The checks, then every test on SQLite and PostgreSQL
	$(BIN)/python tests/bootstrap.py
	$(MAKE) check
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(PYTEST)

check: $(VENV)/.test-installed  ## Style, types, import directions, templates, dead code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/vulture

format: $(VENV)/.test-installed  ## Put the code into the one style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.test-installed  ## Measure and write docs/speed.md
	$(BIN)/python -m bench

clean:  ## Remove the virtual environment and what builds leave behind
	rm -rf $(VENV) build dist s11audit/static/vendor

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install python3.11." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: $(PYTHON) is older." >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
		echo "The virtual environment could not be made. On Debian: install python3-venv." >&2; exit 1; }

$(VENV)/.demo-installed: $(INPUTS) | $(VENV)/bin/python
	@echo "Installing s11audit (a minute or two the first time) ..."
	$(BIN)/python -m pip install --disable-pip-version-check -e .
	@touch $@

$(VENV)/.test-installed: $(INPUTS) | $(VENV)/bin/python
	@echo "Installing s11audit with its tests and checks (a few minutes the first time) ..."
	$(BIN)/python -m pip install --disable-pip-version-check -e ".[test,check]"
	@touch $@ $(VENV)/.demo-installed
