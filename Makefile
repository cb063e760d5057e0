# What a newcomer needs: `make demo` shows the main job, `make test` proves it.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo test check bench torture docs constraints clean

setup: $(STAMP)

$(STAMP): constraints.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: setup
	$(BIN)/campaigns demo

test: setup
	./tests/world.sh
	$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup
	./tests/world.sh
	$(BIN)/python tests/benchmarks $(ONLY)

torture: setup
	./tests/world.sh
	$(BIN)/python -m pytest tests/torture -n 2 $(PYTEST)
	PROPERTY_EFFORT=20 $(BIN)/python -m pytest tests/integration -n 2 --dist loadfile $(PYTEST)

docs: setup
	PYTHONPATH=tests $(BIN)/python -m support.reference
	$(BIN)/campaigns schema --write

constraints:
	$(PYTHON) -m venv .tools
	.tools/bin/pip install --quiet uv
	.tools/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --no-annotate --no-header --python-version 3.11 --all-extras --build-isolation \
	  pyproject.toml tests/build-requirements.in --output-file constraints.txt

clean:
	rm -rf $(VENV) .tools data build dist
