# One word for each thing a person does here; every target does its own set-up.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# pyenv and the like read .python-version; elsewhere python3.10 is on the PATH.
PYTHON ?= python3.10
UV := .uv/bin/uv
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1

.PHONY: help setup run test check bench bench-serving bench-predict yardstick proof-months proof-reading proof-kills proof-faults \
  proof-growth proof-versions proof-page proof-report proof-serving-parity proof-hostile proof-fuzz \
  proof-tables proof-tutorial lock clean

help: ## say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: .venv/.locked .venv-serving/.locked ## both environments, as locked

run: setup ## real exports -> validated -> retrained -> served in a probe -> pushed
	.venv/bin/python local_runner.py replay flights --through 2013-03
	.venv/bin/python local_runner.py run flights

test: setup ## every test
	.venv/bin/python -m pytest -n 2 --no-loadscope-reorder $(PYTEST_ARGS)

check: setup ## format, lint, types, layers; a warning is an error
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo --no-cache

# What is measured stays measured as long as the code does. BENCH_ARGS: --fresh, --repeat 3, --only year-template ...
bench: setup ## the same work by TFX's template and by ours, side by side (25 minutes)
	.venv/bin/python -m benchmarks.chain --home work/bench --out docs/benchmark.md $(BENCH_ARGS)

# BENCH_ARGS: --fresh, --rounds 3, --only perennial kserve ...
SERVERS := bentoml mlserver litserve kserve
BENCH_SERVING := work/bench-serving
bench-serving: setup $(SERVERS:%=$(BENCH_SERVING)/%/.locked) ## ours and four other servers under load; needs wrk and a still machine (20 minutes)
	command -v wrk > /dev/null || { echo "Install wrk: apt-get install -y wrk"; exit 1; }
	[ -d $(BENCH_SERVING)/flights/models/1 ] || { export PERENNIAL_HOME=$(BENCH_SERVING); \
	  .venv/bin/python local_runner.py replay flights --through 2013-03; .venv/bin/python local_runner.py run flights; }
	.venv/bin/python -W ignore -m benchmarks.serving --home $(BENCH_SERVING) --model $(BENCH_SERVING)/flights/models/1 \
	  --out docs/serving-benchmark.md $(BENCH_ARGS)

# BENCH_ARGS: --rows 1000000, --rounds 3
bench-predict: setup ## predict against pandas and scikit-learn on a million rows; needs a live version of flights (5 minutes)
	nice .venv/bin/python -W ignore -m benchmarks.predict --home work/bench-predict --out docs/predict-benchmark.md \
	  --model "$$(ls -d work/flights/models/[0-9]* | sort -V | tail -1)" $(BENCH_ARGS)

yardstick: setup ## the network against scikit-learn, month by month
	.venv/bin/python -m benchmarks.yardstick

# Proofs take longer than tests. Each can be stopped and taken up again; what it found goes to docs/proofs/.
proof-months: setup ## months 1 to 6 one after another, against the yardstick (10 minutes)
	.venv/bin/python -m benchmarks.months --home work/proof-months 2>/dev/null | tee work/proof-months.txt
	{ echo "# Months 1 to 6, one after another (make proof-months)"; echo; \
	  echo "Commit $$(git rev-parse --short HEAD)."; echo; echo '```'; cat work/proof-months.txt; \
	  .venv/bin/python -m benchmarks.yardstick --home work/proof-months; echo; \
	  .venv/bin/python -m benchmarks.parity --home work/proof-months --rows 10000 2>/dev/null; echo '```'; \
	} > docs/proofs/months.md

proof-reading: export PERENNIAL_HOME := work/proof-reading
proof-reading: setup ## the year's exports against its examples, value by value (5 minutes)
	.venv/bin/python local_runner.py replay flights --through 2013-12
	.venv/bin/python local_runner.py run flights
	{ echo "# Every value of the year (make proof-reading)"; echo; \
	  echo "Commit $$(git rev-parse --short HEAD). Python's csv reads the exports; the tf.Examples are parsed."; \
	  echo; echo '```'; .venv/bin/python -m benchmarks.lossless flights; echo '```'; } > docs/proofs/reading.md

proof-kills: setup ## three months killed at each node's start and end, and at 40 random moments (60 minutes)
	mkdir -p work
	.venv/bin/python -W ignore -m benchmarks.kills --home work/proof-kills > work/proof-kills.json \
	  || { cat work/proof-kills.json; exit 1; }
	{ echo "# Killed at every node's start and end, and at random moments (make proof-kills)"; echo; \
	  echo "Commit $$(git rev-parse --short HEAD)."; echo; echo '```'; cat work/proof-kills.json; \
	  .venv/bin/python -c 'import json; [print(k, json.dumps(v)) for k, v in json.load(open("work/proof-kills/done.json")).items() if "way" in v]'; \
	  echo '```'; } > docs/proofs/kills.md

proof-faults: setup ## every fault, injected for real; needs root, faketime and util-linux (45 minutes)
	mkdir -p work
	.venv/bin/python -W ignore -m benchmarks.faults --folder work/proof-faults --table work/proof-faults.md; \
	found=$$?; { echo "# Every fault, injected for real (make proof-faults)"; echo; \
	  echo "Commit $$(git rev-parse --short HEAD)."; echo; cat work/proof-faults.md; } > docs/proofs/faults.md; \
	exit $$found

proof-versions: setup ## 50 changes of the served version, and broken ones, under load; after `make run` (6 minutes)
	mkdir -p work
	.venv/bin/python -W ignore -m benchmarks.versions --home work --folder work/proof-versions --table work/proof-versions.md; \
	found=$$?; { echo "# Version changes and broken versions under load (make proof-versions)"; echo; \
	  echo "Commit $$(git rev-parse --short HEAD), $$(nproc) cores, which the clients share with two workers."; echo; \
	  cat work/proof-versions.md; } > docs/proofs/versions.md; exit $$found

proof-page: setup ## the server's page in a real browser, step by step; needs chromium (2 minutes with a model to train)
	mkdir -p work
	command -v chromium > /dev/null || { echo "Install Chromium: apt-get install -y chromium"; exit 1; }
	[ -d work/proof-page/flights/models/1 ] || { export PERENNIAL_HOME=work/proof-page; \
	  .venv/bin/python local_runner.py replay flights --through 2013-03; .venv/bin/python local_runner.py run flights; }
	.venv/bin/python -m benchmarks.page --models work/proof-page/flights/models --picture docs/proofs/page.png > work/proof-page.md
	{ echo "# The page in a real browser (make proof-page)"; echo; \
	  echo "Commit $$(git rev-parse --short HEAD), $$(chromium --version 2>/dev/null | cut -d' ' -f1-2)."; echo; \
	  cat work/proof-page.md; echo; echo '![The page](page.png)'; } > docs/proofs/page.md

proof-report: setup ## the pages of runs that end in each verdict, in a real browser; needs chromium (15 minutes)
	mkdir -p work
	command -v chromium > /dev/null || { echo "Install Chromium: apt-get install -y chromium"; exit 1; }
	.venv/bin/python -W ignore -m benchmarks.report_page --home work/proof-report --pictures docs/proofs > work/proof-report.md; \
	found=$$?; { echo "# The pages of runs (make proof-report)"; echo; \
	  echo "Commit $$(git rev-parse --short HEAD), $$(chromium --version 2>/dev/null | cut -d' ' -f1-2)."; echo; \
	  cat work/proof-report.md; for name in light dark blocked wide narrow; do \
	  echo; echo "![The page, $$name](report-$$name.png)"; done; } > docs/proofs/report.md; exit $$found

proof-serving-parity: setup ## 10,000 rows of July by each form and protocol, against training's scores (15 minutes)
	[ -d work/proof-serving-parity/flights/models/1 ] || { export PERENNIAL_HOME=work/proof-serving-parity; \
	  .venv/bin/python local_runner.py replay flights --through 2013-03; .venv/bin/python local_runner.py run flights; }
	PERENNIAL_HOME=work/proof-serving-parity .venv/bin/python local_runner.py replay flights --through 2013-07
	.venv/bin/python -W ignore -m benchmarks.serving_parity --home work/proof-serving-parity \
	  > work/serving-parity.txt; \
	found=$$?; { echo "# A server's scores against training's (make proof-serving-parity)"; echo; \
	  echo "Commit $$(git rev-parse --short HEAD)."; echo; cat work/serving-parity.txt; } \
	  > docs/proofs/serving-parity.md; exit $$found

proof-hostile: setup ## what hostile clients do, an honest one beside them; after `make run` (10 minutes)
	mkdir -p work
	.venv/bin/python -W ignore -m benchmarks.hostile --models work/flights/models > work/hostile.txt; \
	found=$$?; { echo "# Hostile clients (make proof-hostile)"; echo; \
	  echo "Commit $$(git rev-parse --short HEAD), $$(nproc) cores, which the clients share with two workers."; echo; \
	  cat work/hostile.txt; } > docs/proofs/hostile.md; exit $$found

proof-fuzz: setup ## the server's parsers by atheris, its API by schemathesis; after `make run` (8 minutes)
	mkdir -p work/fuzz-found
	[ -e work/fuzz/.made ] || { for name in fuzz schemathesis; do .uv/bin/python -m venv --clear work/$$name; done; \
	  work/fuzz/bin/python -m pip install --quiet --only-binary :all: atheris==2.3.0; \
	  work/schemathesis/bin/python -m pip install --quiet schemathesis==4.30.1; \
	  echo $$PWD/.venv-serving/lib/python3.10/site-packages > work/fuzz/lib/python3.10/site-packages/serving.pth; \
	  touch work/fuzz/.made; }
	work/fuzz/bin/python -W ignore -m benchmarks.fuzz work/flights/models -max_total_time=240 -max_len=4096 \
	  -artifact_prefix=work/fuzz-found/ > work/fuzz.txt 2>&1 || { tail -30 work/fuzz.txt; exit 1; }
	.venv/bin/python -W ignore -m benchmarks.fuzz_api --models work/flights/models \
	  --schemathesis work/schemathesis/bin/schemathesis > work/fuzz-api.txt || { cat work/fuzz-api.txt; exit 1; }
	{ echo "# The server's parsers and API, fuzzed (make proof-fuzz)"; echo; \
	  echo "Commit $$(git rev-parse --short HEAD). atheris, on what reads requests:"; echo; echo '```'; \
	  grep -E '^(Done|#.*cov:)' work/fuzz.txt | tail -2; echo '```'; echo; \
	  echo "schemathesis, on a running server's OpenAPI document:"; echo; echo '```'; cat work/fuzz-api.txt; \
	  echo '```'; } > docs/proofs/fuzz.md

# TABLES_ARGS: --fresh, --only titanic ...
PROOF_TABLES := work/proof-tables
proof-tables: setup $(PROOF_TABLES)/packages/.locked ## public tables through new, run and predict without an edit (40 minutes)
	.venv/bin/python -W ignore -m benchmarks.tables --packages $(PROOF_TABLES)/packages/lib/python3.10/site-packages \
	  --folder $(PROOF_TABLES) --out $(PROOF_TABLES).md $(TABLES_ARGS); \
	found=$$?; { echo "# Public tables, from a file to a served model without an edit (make proof-tables)"; echo; \
	  echo "Commit $$(git rev-parse --short HEAD), $$(nproc) cores."; echo; cat $(PROOF_TABLES).md; \
	} > docs/proofs/tables.md; exit $$found

proof-tutorial: setup ## docs/guides/tutorial.md on a clean clone, from nothing to the first prediction, timed (15 minutes)
	mkdir -p work
	.venv/bin/python -W ignore -m benchmarks.tutorial --folder work/proof-tutorial > work/proof-tutorial.md; \
	found=$$?; { echo "# The tutorial on a clean clone, timed (make proof-tutorial)"; echo; \
	  echo "Commit $$(git rev-parse --short HEAD), $$(nproc) cores, empty caches of packages."; echo; \
	  cat work/proof-tutorial.md; } > docs/proofs/tutorial.md; rm -rf work/proof-tutorial; exit $$found

lock: .uv/.locked ## write the hashed locks anew from requirements/*.in
	for file in requirements/*.in benchmarks/serving/requirements/*.in; do \
	  overrides=$${file%.in}-overrides.txt; \
	  $(UV) pip compile --quiet --python .uv/bin/python --generate-hashes --no-emit-index-url \
	    --custom-compile-command 'make lock' $$([ ! -e $$overrides ] || echo --overrides $$overrides) \
	    $$file -o $${file%.in}.txt; \
	done
	# Only files of theirs are read, so nothing that they need is installed.
	$(UV) pip compile --quiet --python .uv/bin/python --generate-hashes --no-emit-index-url --no-deps \
	  --custom-compile-command 'make lock' benchmarks/tables/requirements.in -o benchmarks/tables/requirements.txt

clean: ## remove the environments and caches; never ./work
	rm -rf .uv .venv .venv-serving .mypy_cache .ruff_cache .pytest_cache
	find . -path ./work -prune -o -name __pycache__ -prune -exec rm -rf {} +

.uv/.locked: requirements/uv.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info[:2] == (3, 10) else "Perennial needs Python 3.10 (TFX runs on nothing newer), and $(PYTHON) is %d.%d: say make PYTHON=..." % sys.version_info[:2])'
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

$(PROOF_TABLES)/packages/.locked: benchmarks/tables/requirements.txt .uv/.locked
	.uv/bin/python -m venv --without-pip $(@D)
	$(UV) pip sync --quiet --python $(@D)/bin/python $<
	touch $@

$(BENCH_SERVING)/%/.locked: benchmarks/serving/requirements/%.txt .uv/.locked
	.uv/bin/python -m venv --without-pip $(@D)
	$(UV) pip sync --quiet --python $(@D)/bin/python --compile-bytecode $<
	touch $@
