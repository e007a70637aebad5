# One target for each task; every target does its own set-up.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# pyenv and the like read .python-version; elsewhere python3.10 is on the PATH.
PYTHON ?= python3.10
UV := .uv/bin/uv
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
# Some machines forbid Python to keep what it has compiled. The tests start commands by the hundred, and without it each
# compiles all of the project's modules again.
unexport PYTHONDONTWRITEBYTECODE

# No target of a pattern rule may be here: make ignores pattern rules for a phony target, and does nothing.
.PHONY: help setup run test check reference proofs bench bench-drift yardstick lock clean

help: ## list the targets
	@grep -E '^[a-z%-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: .venv/.locked .venv-serving/.locked ## install both environments, as locked

run: setup ## run flights: real exports -> validated -> retrained -> served in a probe -> pushed
	.venv/bin/python local_runner.py replay flights --through 2013-03
	.venv/bin/python local_runner.py run flights

test: setup ## run every test
	.venv/bin/python -m pytest -n 3 --no-loadscope-reorder $(PYTEST_ARGS)

check: setup ## check format, lint, types, layers; a warning is an error
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo --no-cache

reference: setup ## write docs/reference from the code
	.venv/bin/python -m pipeline.reference

# Benchmarks and proofs. Run again, those that take more than 10 minutes continue where they stopped. Each writes its
# page below docs/ and exits with 1 if anything failed. ARGS are its own options: make proof-tables ARGS="--only titanic",
# make bench ARGS=--help.
bench: setup ## compare the chain with TFX's template on the same work (25 minutes)
	.venv/bin/python -W ignore -m benchmarks.speed chain $(ARGS)

bench-%: setup ## bench-predict: compare with scikit-learn; bench-schedule: the idle schedule; bench-serving: with four other servers
	.venv/bin/python -W ignore -m benchmarks.speed $* $(ARGS)

bench-drift: setup ## how many drift alarms are false, and what they find, beside four other tools; repeat it until it is whole
	.venv/bin/python -W ignore -m benchmarks.quality drift $(ARGS)

yardstick: setup ## compare the network with scikit-learn, month by month
	.venv/bin/python -W ignore -m benchmarks.quality yardstick $(ARGS)

proofs: setup ## list each proof, the commit of its page, and whether its code has changed since
	@.venv/bin/python -m benchmarks.proofs --list

proof-%: setup ## run one of the proofs that make proofs lists
	.venv/bin/python -W ignore -m benchmarks.proofs $* $(ARGS)

# What some of them need in addition to the two environments.
SERVERS := bentoml mlserver litserve kserve
BENCH_SERVING := work/bench-serving
bench-serving: $(SERVERS:%=$(BENCH_SERVING)/%/.locked)

DRIFT_TOOLS := evidently nannyml gate
BENCH_DRIFT := work/bench-drift
bench-drift: $(DRIFT_TOOLS:%=$(BENCH_DRIFT)/%/.locked)

PROOF_TABLES := work/proof-tables
bench-drift proof-backtest proof-tables proof-gates: $(PROOF_TABLES)/packages/.locked

PROOF_DEFINITIONS := work/proof-definitions
proof-definitions: $(PROOF_DEFINITIONS)/airflow/.locked

lock: .uv/.locked ## write the hashed locks from requirements/*.in
	for file in requirements/*.in benchmarks/speed/serving/requirements/*.in benchmarks/proofs/definitions/*.in \
	  benchmarks/quality/drift/environments/*.in; do \
	  overrides=$${file%.in}-overrides.txt; \
	  $(UV) pip compile --quiet --python .uv/bin/python --generate-hashes --no-emit-index-url \
	    --custom-compile-command 'make lock' $$([ ! -e $$overrides ] || echo --overrides $$overrides) \
	    $$file -o $${file%.in}.txt; \
	done
	# Only their data files are read, so their dependencies are not installed.
	$(UV) pip compile --quiet --python .uv/bin/python --generate-hashes --no-emit-index-url --no-deps \
	  --custom-compile-command 'make lock' benchmarks/proofs/tables/requirements.in -o benchmarks/proofs/tables/requirements.txt

clean: ## remove environments and caches; never ./work
	rm -rf .uv .venv .venv-serving .mypy_cache .ruff_cache .pytest_cache
	find . -path ./work -prune -o -name __pycache__ -prune -exec rm -rf {} +

.uv/.locked: requirements/uv.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info[:2] == (3, 10) else "$(PYTHON) is Python %d.%d; Perennial needs 3.10 (TFX supports nothing newer). Run make PYTHON=/path/to/python3.10" % sys.version_info[:2])'
	$(PYTHON) -m venv --clear .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	touch $@

.venv/.locked: requirements/pipeline.txt .uv/.locked
	.uv/bin/python -m venv --without-pip .venv
	$(UV) pip sync --quiet --python .venv/bin/python --compile-bytecode requirements/pipeline.txt
	touch $@

.venv-serving/.locked: requirements/serving.txt .uv/.locked
	.uv/bin/python -m venv --without-pip .venv-serving
	$(UV) pip sync --quiet --python .venv-serving/bin/python --compile-bytecode requirements/serving.txt
	touch $@

$(PROOF_TABLES)/packages/.locked: benchmarks/proofs/tables/requirements.txt .uv/.locked
	.uv/bin/python -m venv --without-pip $(@D)
	$(UV) pip sync --quiet --python $(@D)/bin/python $<
	touch $@

$(PROOF_DEFINITIONS)/airflow/.locked: benchmarks/proofs/definitions/requirements.txt .uv/.locked
	.uv/bin/python -m venv --without-pip $(@D)
	$(UV) pip sync --quiet --python $(@D)/bin/python $<
	touch $@

$(BENCH_SERVING)/%/.locked: benchmarks/speed/serving/requirements/%.txt .uv/.locked
	.uv/bin/python -m venv --without-pip $(@D)
	$(UV) pip sync --quiet --python $(@D)/bin/python --compile-bytecode $<
	touch $@

$(BENCH_DRIFT)/%/.locked: benchmarks/quality/drift/environments/%.txt .uv/.locked
	.uv/bin/python -m venv --without-pip $(@D)
	$(UV) pip sync --quiet --python $(@D)/bin/python --compile-bytecode $<
	touch $@
