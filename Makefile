# Two commands are enough: `make repro` runs the pipeline, `make test` the tests; each makes .venv if need be.
PYTHON ?= $(shell tools/find_python.sh 3.13 3.12 3.11)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.locked
export PATH := $(abspath $(BIN)):$(PATH)

# The time of `make search`.
MINUTES ?= 10

# Each worker of pytest runs one test at a time on one thread of TensorFlow and numpy, so that the workers share the cores.
WORKERS ?= logical
ONE_THREAD := TF_NUM_INTRAOP_THREADS=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
PYTEST = $(if $(filter-out 0,$(WORKERS)),$(ONE_THREAD)) python -m pytest -n $(WORKERS) --maxprocesses 8 --dist worksteal

.PHONY: help environment repro study search report-md test test-slow coverage check lint types format bench deps docs lock clean
.DEFAULT_GOAL := help

help: ## print this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "PYTHON=... chooses the Python of a new environment, VENV=... the environment, WORKERS=N the processes of the tests,"
	@echo "MINUTES=N the time of the search."

environment:
	@tools/environment.sh $(VENV) "$(PYTHON)"

$(STAMP): requirements.lock | environment
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	touch $@

repro: $(STAMP) ## run the pipeline, dvc repro with the stages of the task, and say whether it is better
	python -m pipeline check
	dvc repro $$(python -m tools.repro_targets)
	python -m pipeline verdict

study: $(STAMP) ## train with each backbone, start and seed, and write the transfer table
	python -m pipeline study

search: $(STAMP) ## try other parameters of the detector for MINUTES (10), and compare them on val
	python -m pipeline search --minutes $(MINUTES)

report-md: $(STAMP) ## print the comparison of the workspace with the last commit as Markdown, for a pull request
	@python -m pipeline compare HEAD workspace --markdown

test: $(STAMP) ## run the quick tests; PART=K/N: every Nth of them
	$(PYTEST) $(if $(PART),--part $(PART))

test-slow: $(STAMP) ## run the tests that take minutes; PART=K/N: every Nth of them
	$(PYTEST) --timeout 1800 -m slow $(if $(PART),--part $(PART))

coverage: $(STAMP) ## run the quick tests and print the lines of the package that they do not run
	$(PYTEST) --cov --cov-report term

check: lint types test ## lint, types and tests

lint: $(STAMP) ## check the code's style and its imports against the dependencies
	ruff check .
	ruff format --check .
	deptry .
	deptry tests benchmarks --exclude '\.venv' --ignore DEP002,DEP004

types: $(STAMP) ## check the types
	mypy

format: $(STAMP) ## format the code
	ruff check --fix .
	ruff format .

BENCHMARKS = $(filter-out label_errors next_vs_random tiles,$(basename $(notdir $(wildcard benchmarks/*.py))))

bench: $(STAMP) ## run the benchmarks that need no arguments
	for name in $(BENCHMARKS); do python -m benchmarks.$$name || exit 1; done

deps: $(STAMP) ## write the modules that each stage imports into dvc.yaml
	python -m tools.import_graph

docs: $(STAMP) ## build the documentation
	NO_MKDOCS_2_WARNING=1 mkdocs build --strict

lock: ## pin the dependencies (needs uv); UPGRADE=1 takes their newest versions
	uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-emit-index-url \
		--extra dev --extra docs --extra serve --extra openvino --extra search --extra mlflow $(if $(UPGRADE),--upgrade) pyproject.toml -o requirements.lock

clean: ## remove what the pipeline wrote; the DVC cache stays
	rm -rf data/raw data/converted data/predictions models reports
