# Two commands are enough: `make repro` runs the pipeline, `make test` the tests; each makes .venv if need be.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.locked
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help repro test test-slow check lint types format bench deps lock clean
.DEFAULT_GOAL := help

help: ## print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements.lock
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) not found; install Python 3.11 and its venv, or say make PYTHON=..." >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	touch $@

repro: $(STAMP) ## run the pipeline: dvc repro
	python -m pipeline check
	dvc repro

test: $(STAMP) ## run the quick tests
	python -m pytest

test-slow: $(STAMP) ## run the tests that take minutes; PART=K/N: every Nth of them
	python -m pytest -m slow $(if $(PART),--part $(PART))

check: lint types test ## lint, types and tests

lint: $(STAMP)
	ruff check .
	ruff format --check .

types: $(STAMP)
	mypy

format: $(STAMP) ## format the code
	ruff check --fix .
	ruff format .

bench: $(STAMP) ## run the benchmarks against their peers
	for script in benchmarks/*.py; do python -m benchmarks.$$(basename $$script .py) || exit 1; done

deps: $(STAMP) ## write the modules that each stage imports into dvc.yaml
	python -m tools.import_graph

lock: ## pin the dependencies anew (needs uv)
	uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --extra dev pyproject.toml -o requirements.lock

clean: ## remove what the pipeline wrote; the DVC cache stays
	rm -rf data/raw data/converted data/predictions models reports
