# make film PROMPT="…"   a film        make test   lint, types, tests        make test-all   the slow series too
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3

.PHONY: install film test test-all lint browser ready
install: $(VENV)/.compiled

# Rebuilt only when the dependencies change; the package itself is installed editable. Newer pips unpack large wheels in
# half the time of those that come with Python.
$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Studio needs Python 3.11 or newer; set PYTHON=…"'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --no-compile --editable '.[dev]'
	touch $@

# pip would compile on one core; compileall takes all there are (templates among the files are no Python, which is
# nobody's fault).
$(VENV)/.compiled: $(VENV)/.installed
	@$(BIN)/python -m compileall -qq -j 0 -x '/tests/' $(VENV)/lib || true
	touch $@

film: install
	@$(BIN)/studio make --prompt "$$PROMPT"
film: export PROMPT := $(PROMPT)

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The viewer's tests drive Chromium. Found, or installed where that may be done; CI fails without it, a laptop skips them.
BROWSERS := chromium chromium-browser google-chrome google-chrome-stable
browser:
	@for b in $(BROWSERS); do command -v $$b >/dev/null && exit 0; done; \
	root=; test "$$(id -u)" = 0 || root="sudo -n"; \
	if command -v apt-get >/dev/null && $$root true 2>/dev/null; then \
		echo "installing chromium for the viewer's tests"; \
		$$root apt-get update -qq && $$root apt-get install -y -qq --no-install-recommends chromium && exit 0; \
	fi; \
	echo "no Chromium on PATH: the viewer's browser tests cannot run" >&2; test -z "$$CI"

# pip and mypy take one core each: the browser and the compiling have the others meanwhile.
ready:
	@$(MAKE) --no-print-directory -j 2 install lint browser

test: ready
	$(BIN)/python -m pytest -m "not slow" --durations=40 --durations-min=5

test-all: ready
	$(BIN)/python -m pytest
