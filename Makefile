# Two commands: `make demo` shows the main job, `make test` proves it. Each does its own set-up.
#
# On a fresh Debian 12 or newer:
#   apt-get install make python3 python3-venv libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libglib2.0-0 libgssapi-krb5-2
# (The libraries are Qt's, for the panel and its tests; every other wheel brings its own.)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OUT ?= demo-out

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long lint format clean

help:
	@echo "make demo       a green-screen shot through the real server, into $(OUT)/"
	@echo "make test       lint, types, import contracts and every quick test"
	@echo "make test-long  what is slower: soaks, memory, every damaged byte"
	@echo "make format     put the code in the house's form"

setup: $(VENV)/.done

$(VENV)/.done: pyproject.toml setup.py constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "PAI-Studio needs Python 3.11 or newer; name one with: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev,model,train]'
	@touch $@

demo: setup
	$(BIN)/pai-studio demo --out $(OUT)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest -m "not long" -n 2 --dist loadfile --max-worker-restart 0

test-long: setup
	$(BIN)/python -m pytest -m long --timeout 1800 -o faulthandler_timeout=1900 -s

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist *.egg-info $(OUT)
