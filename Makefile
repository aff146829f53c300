# make demo    installs what is needed and runs the main job on sample papers
# make test    installs what tests need and runs them all
# Both work on a fresh Debian 12 with git, make, python3 and root, as often as you like.

PYTHON ?= $(shell command -v /usr/bin/python3 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo
BENCH :=
PEER := .bench/ocrmypdf
PEER_VERSION := 17.13.0

.PHONY: demo test setup setup-dev models lint check-types unit bench bench-peer lock clean

demo: setup
	$(BIN)/intake demo --into $(DEMO)

test: setup-dev lint unit

setup: $(VENV)/.ready models

setup-dev: $(VENV)/.ready-dev models

# Behind no stamp: where the larger model could not be had, each set-up tries again; where it is, that takes no time.
models: $(VENV)/.ready
	@.ci/models $(VENV)

# A stamp file is written last: a set-up that was cut short is simply run again.
$(VENV)/.ready: requirements.lock .ci/apt.txt pyproject.toml
	.ci/apt-install .ci/apt.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock .ci/apt-test.txt
	.ci/apt-install .ci/apt-test.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	touch $@

lint: setup-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tests/sizes.py

# Two processes for two cores. The crash suite forks a thousand children, which coverage would only slow down.
unit: setup-dev
	$(BIN)/python -m pytest tests/crash -n 2 --dist worksteal
	$(BIN)/coverage erase
	$(BIN)/python -m pytest tests --ignore tests/crash -n 2 --dist worksteal --cov --cov-report=
	$(BIN)/coverage report --skip-covered | tail -n 40
	$(BIN)/coverage report --include='intake/store.py,intake/vault.py,intake/inbox.py,intake/steps.py' --fail-under=100

# make bench BENCH=--quick    a look at few pages instead of figures to keep
bench: setup-dev
	$(BIN)/python -m tests.bench $(BENCH)

# OCRmyPDF in an environment of its own: make bench measures it too when it is there.
bench-peer: $(PEER)/.ready-$(PEER_VERSION)

$(PEER)/.ready-$(PEER_VERSION): .ci/apt-bench.txt
	.ci/apt-install .ci/apt.txt
	.ci/apt-install .ci/apt-bench.txt
	test -x $(PEER)/bin/python || $(PYTHON) -m venv $(PEER)
	$(PEER)/bin/pip install --quiet --disable-pip-version-check ocrmypdf==$(PEER_VERSION)
	touch $@

# The locks name versions only, no addresses.
lock:
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --strip-extras --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements.lock pyproject.toml
	$(BIN)/pip-compile --quiet --strip-extras --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --extra dev --extra second -c requirements.lock -o requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV) $(DEMO) .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
