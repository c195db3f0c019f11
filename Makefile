# make film PROMPT="…"   a film        make test   lint, types, tests        make test-all   the slow series too
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3

.PHONY: install film test test-all lint
install: $(VENV)/.installed

# Rebuilt only when the dependencies change; the package itself is installed editable.
$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Studio needs Python 3.11 or newer; set PYTHON=…"'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

film: install
	@$(BIN)/studio make --prompt "$$PROMPT"
film: export PROMPT := $(PROMPT)

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest -m "not slow"

test-all: lint
	$(BIN)/python -m pytest
