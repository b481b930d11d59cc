# One command for each thing that is done often. Each makes the virtual environment first, when it is missing or stale.
#   make cases ARGS="-k laptop"    arguments for pytest
#   make test  VENV=/tmp/venv      another virtual environment
PYTHON ?= python3
VENV ?= .venv
ARGS ?=
BIN := $(VENV)/bin

.PHONY: cases test quick check format clean
.DEFAULT_GOAL := cases

cases: $(VENV)/.ready  ## run the suites
	$(BIN)/pytest cases/ $(ARGS)

test: $(VENV)/.ready-ray  ## run the tests
	$(BIN)/pytest tests/ -n 2 $(ARGS)

quick: $(VENV)/.ready  ## the tests that take no more than a second or two each
	$(BIN)/pytest tests/ -m "not slow" -n 2 $(ARGS)

check: $(VENV)/.ready  ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.ready  ## put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove what can be made again; recordings and baselines stay
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.ready: pyproject.toml .ci/constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint .ci/constraints.txt --editable '.[dev]'
	@touch $@

$(VENV)/.ready-ray: $(VENV)/.ready  ## the tests of many machines want Ray, and nothing else does
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint .ci/constraints.txt --editable '.[dev,ray]'
	@touch $@
