# Everything is installed into .venv, from the pins in constraints.txt. `make` lists the targets.

PYTHON ?= python3
PIP_FLAGS ?=
PYTEST_FLAGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input \
	$(PIP_FLAGS) -c constraints.txt

# Stamps carry a checksum of what they depend on, so that a second call installs nothing, a changed
# pin installs again, and an environment that was copied elsewhere is created again.
PLACE := $(shell pwd | cksum | cut -d ' ' -f 1)
PINS := $(shell cat pyproject.toml constraints.txt | cksum | cut -d ' ' -f 1)
CREATED := $(VENV)/.created-$(PLACE)
RUNTIME := $(VENV)/.runtime-$(PINS)
DEV := $(VENV)/.dev-$(PINS)

# Nothing that we run reports home.
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1
export HF_HUB_DISABLE_TELEMETRY := 1

.DEFAULT_GOAL := help
.PHONY: help mine explore api ui audit test test-slow check format install dev clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

mine: $(RUNTIME) ## Mine the bundled sample into out/
	$(BIN)/microgenres mine --source sample --profile sample --out out

explore: $(RUNTIME) ## Open the web explorer over what is in out/; mines the sample if nothing is
	@test -f out/latest || $(MAKE) --no-print-directory mine
	$(BIN)/microgenres serve app --out out

api: $(RUNTIME) ## Serve what is in out/ over HTTP; /docs lists the endpoints
	@test -f out/latest || $(MAKE) --no-print-directory mine
	$(BIN)/microgenres serve api --out out

ui: $(RUNTIME) ## Run the Prefect UI with the deployments, for runs from the browser
	$(BIN)/microgenres ui --out out

audit: $(CREATED) ## Ask the advisory database about every pinned package; see docs/audit.md
	$(PYTHON) -m venv $(VENV)/audit
	$(VENV)/audit/bin/python -m pip install -qq --disable-pip-version-check pip-audit==2.10.1
	$(VENV)/audit/bin/pip-audit --strict --no-deps --disable-pip -r constraints.txt

test: check ## Run the checks, then the tests, two files at a time
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST_FLAGS)

test-slow: $(DEV) ## Run the soak and the longest runs of faults
	$(BIN)/python -m pytest -m slow $(PYTEST_FLAGS)

check: $(DEV) ## Check format, lint, types and layers, changing nothing
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV) ## Format the code and fix what can be fixed
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

install: $(RUNTIME) ## Only install what mining needs

dev: $(DEV) ## Only install what developing needs

clean: ## Remove .venv, caches and build products; releases in out/ stay
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis
	find config microgenres pipeline flows serve benchmarks tests -name __pycache__ -prune -exec rm -rf {} +

$(CREATED):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"Python 3.11 or later is needed; name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

# torch first and by itself: a build for the CPU is taken where the machine is set up to offer one.
$(RUNTIME): $(CREATED)
	@echo "Installing into $(VENV): some minutes the first time, nothing after that."
	$(PIP) "$$(grep '^torch==' constraints.txt)"
	$(PIP) -e .
	@touch $@

$(DEV): $(RUNTIME)
	$(PIP) -e '.[dev]'
	@touch $@
