# Everything a person or a build needs. `make run` and `make test` set up what they need by themselves.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= 8501

RUN_READY := $(VENV)/.run-ready
DEV_READY := $(VENV)/.dev-ready
# The project itself, for its `ringfence` command; what it needs is installed by then.
IN_PLACE  := --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
LOCKED    := --quiet --disable-pip-version-check --no-compile --require-hashes -r
# What pip would do on one core; a sandbox, which sees the libraries read-only, can't do it for itself.
COMPILE   := -m compileall -qq -j 0 $(VENV)/lib

# A busy machine loses a race now and then: what fails twice has failed, and the report names each second try.
# Files in their own order: those with few tests are the slow ones, and must not all come last.
BY_FILE   := --reruns 1 --dist loadfile --no-loadscope-reorder

.PHONY: help run ready test fuzz lint types style format bench soak lock clean

help: ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

run: $(RUN_READY) ## Set up, and open the app on http://localhost:8501
	$(BIN)/streamlit run app.py --server.port $(PORT)

test: $(DEV_READY) ## Set up, and run every test, those in the browser too
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m tests.browser.nginx
	$(BIN)/python -m pytest $(BY_FILE) -n 3 -m "not browser"
	$(BIN)/python -m pytest $(BY_FILE) -n 2 -m browser tests/browser

fuzz: $(DEV_READY) ## Try the properties on a thousand new cases each
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest -n 2 -m "hypothesis and not browser"

ready: $(DEV_READY) ## Set up what tests and checks need

lint: ## Check style, types and the direction of imports
	@$(MAKE) --no-print-directory --jobs 2 --output-sync types style

types: $(DEV_READY)
	$(BIN)/mypy

style: $(DEV_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: $(DEV_READY) ## Put the code in its usual form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEV_READY) ## Measure; each benchmark prints its figure last
	@for file in benchmarks/bench_*.py; do echo "== $$file"; PYTHONPATH=. $(BIN)/python "$$file" || exit 1; done

soak: $(DEV_READY) ## Kill the app, its processes and its database at 200 random moments; the last line is the figures
	$(BIN)/python -m tests.session.crashes --moments 200

lock: $(DEV_READY) ## Pin the newest versions that pyproject.toml allows
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --generate-hashes --no-header \
	    --no-emit-index-url --quiet --upgrade -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --universal --generate-hashes --no-header \
	    --no-emit-index-url --quiet --constraints requirements.lock -o requirements-dev.lock

clean: ## Remove the virtual environment and every cache
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Ringfence needs Python 3.11 or newer; name one with: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	    { rm -rf $(VENV); echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

$(RUN_READY): requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install $(LOCKED) requirements.lock
	$(BIN)/python $(COMPILE) || true
	$(BIN)/python -m pip install $(IN_PLACE)
	@touch $@

$(DEV_READY): requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install $(LOCKED) requirements-dev.lock
	$(BIN)/python $(COMPILE) || true
	$(BIN)/python -m pip install $(IN_PLACE)
	@touch $@ $(RUN_READY)
