# Everything starts here: `make demo` shows the main job, `make test` proves it.
# Each target makes the virtual environment it needs, with Python 3.11 or newer.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
STORES := $(VENV)/stores

.PHONY: demo test test-stores check golden bench matrix clean

demo: $(VENV)/demo
	@$(BIN)/python examples/demo.py

test: $(VENV)/dev
	@$(BIN)/python -m pytest -q -n auto --cov --cov-report=term:skip-covered $(ARGS)

test-stores: $(STORES)/ready
	@$(STORES)/bin/python -m pytest -q -n auto --dist loadfile --every-store tests/stores $(ARGS)

check: $(VENV)/types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/mypy tests/typing_of_users.py
	@PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright --pythonpath $(BIN)/python

golden: $(VENV)/dev
	@$(BIN)/python -m pytest -q tests/test_golden.py tests/test_stores_table.py --golden

bench: $(VENV)/dev
	@$(BIN)/python benchmarks/convert.py
	@$(BIN)/python benchmarks/engine_speed.py
	@$(BIN)/python benchmarks/engine_quality.py
	@$(BIN)/python benchmarks/transfer.py
	@$(BIN)/python benchmarks/agent.py

# The oldest and newest releases that are allowed; CORNERS=none-oldest tries one of them.
matrix: $(VENV)/dev
	@$(BIN)/python compatibility/matrix.py $(CORNERS)

clean:
	rm -rf $(VENV) .matrix

$(VENV)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "parsestrata needs Python 3.11 or newer; name one with make PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --upgrade "pip>=25.1"
	@touch $@

$(VENV)/demo: $(VENV)/pip pyproject.toml
	@$(PIP) install --editable ".[local]"
	@touch $@

$(VENV)/dev: $(VENV)/pip pyproject.toml
	@$(PIP) install --editable ".[all]" --group dev
	@touch $@ $(VENV)/demo

$(VENV)/types: $(VENV)/dev
	@$(PIP) install --group types
	@touch $@

# Twenty clients of vector stores pin what they like: an environment of their own.
$(STORES)/ready: $(VENV)/pip pyproject.toml
	@$(BIN)/python -m venv $(STORES)
	@$(BIN)/python -m pip --python $(STORES)/bin/python --disable-pip-version-check \
		--quiet install --no-compile --only-binary :all: --group stores --editable ".[all]"
	@touch $@
