# The same commands at the desk and in CI. `make` alone lists them.

VENV ?= .venv
ARGS ?=
# Linux without a GPU: TORCH_INDEX=https://download.pytorch.org/whl/cpu saves 2.6 GB of CUDA
# libraries. Not the default, because a firewall that lets only PyPI through is common in
# hospitals, and macOS and GPU machines want PyPI's own wheel.
TORCH_INDEX ?=
TORCH = 'torch>=2.4,<2.14'
# First Python that is new enough and can make environments; override with PYTHON=/path/to/python.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3.14 python3; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& { echo $$p; break; }; done)
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: help demo test check bench coverage soak docs

help:
	@echo 'make demo    simulate finger pictures and measure them (installs the base, no torch)'
	@echo 'make test    run all tests (installs torch too: training is tested)'
	@echo 'make check   style, types and direction of imports'
	@echo 'make bench   accuracy and speed against pictures of known truth (../shared/data)'
	@echo 'make coverage  how often intervals of agreement hold the truth (long, goes on where it stopped)'
	@echo 'make soak    kill the node 200 times under load, feed it 5,000 damaged datasets (long)'
	@echo 'make docs    build the documentation into site/'
	@echo 'ARGS="..." is passed on, as in: make test ARGS="-k lesion"'

demo: $(VENV)/.base
	$(BIN)/calcimetry demo $(ARGS)

test: $(VENV)/.dev $(VENV)/.peers
	$(BIN)/python -m pytest -n 2 $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/fingers.py $(ARGS)
	$(BIN)/python benchmarks/planted.py
	$(BIN)/python benchmarks/simulated.py
	$(BIN)/python benchmarks/hand.py
	$(BIN)/python benchmarks/mass.py
	$(BIN)/python benchmarks/simulated_hands.py
	$(BIN)/python benchmarks/coverage.py
	$(BIN)/python benchmarks/dicom_reading.py
	$(BIN)/python benchmarks/receiving.py
	$(BIN)/python benchmarks/readers.py
	$(BIN)/python benchmarks/projection.py
	$(BIN)/python benchmarks/bone_speed.py
	$(BIN)/python benchmarks/measuring_speed.py
	$(BIN)/python benchmarks/axes.py
	$(BIN)/python benchmarks/growing_speed.py
	$(BIN)/python benchmarks/training_speed.py
	$(BIN)/python benchmarks/simulator_speed.py
	$(BIN)/python benchmarks/agreement.py

# Apart from bench and CI: some 10 minutes of one core. Results are kept in benchmarks/interval_coverage.json.
coverage: $(VENV)/.dev
	$(BIN)/python benchmarks/interval_coverage.py $(ARGS)

# Apart from bench and CI: some 30 minutes. Results are kept in benchmarks/killed_node.json and fuzzed_node.json.
soak: $(VENV)/.dev
	$(BIN)/python benchmarks/killed_node.py --save $(ARGS)
	$(BIN)/python benchmarks/fuzz_node.py --save

docs: $(VENV)/.dev
	$(BIN)/mkdocs build --strict

# The stamps make an environment once, and again when pyproject.toml changes. The install is
# editable, so changed code needs nothing.
$(VENV)/.base: pyproject.toml | $(BIN)/python
	@echo 'Installing calcimetry into $(VENV) ...'
	$(PIP) --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	@echo 'Installing calcimetry with what tests and training need into $(VENV) ...'
	$(if $(TORCH_INDEX),$(PIP) $(TORCH) --index-url $(TORCH_INDEX))
	$(PIP) --editable '.[dev,train,node,postgresql]'
	@touch $@ $(VENV)/.base

# Programs that tests talk to, installed once where this machine lets it; what is missing is named.
$(VENV)/.peers: $(wildcard .ci/peers) | $(BIN)/python
	-@.ci/peers >/dev/null
	@touch $@

$(BIN)/python:
	@test -n '$(PYTHON)' || { \
	echo 'calcimetry needs Python 3.11 or newer with its venv module; none was found on PATH.' >&2; \
	echo 'Install one (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.13)' >&2; \
	echo 'or say where it is: make PYTHON=/path/to/python3.12 ...' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
