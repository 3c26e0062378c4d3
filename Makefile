# Everything a developer does, by name. Needs Python 3.11 or later and make; `make` alone lists the targets.

VENV    := .venv
BIN     := $(VENV)/bin
PYTHON  ?= $(shell command -v python3.11 || command -v python3)
STAMP   := $(VENV)/.installed
BUILD   := build
PIP     := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
# The job of `make demo`: a sample program and the text that it reads.
SAMPLE  ?= samples/wordcount.peb
TEXT    ?= samples/data/book.txt

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format bench docs fuzz clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP)  ## create .venv and install PVM into it, with the developer tools

$(STAMP): pyproject.toml
	@test -n "$(PYTHON)" || { echo "make: Python 3.11 or later is needed, none found" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "make: Python 3.11 or later is needed, found $$("$(PYTHON)" --version) at $(PYTHON)" >&2; exit 1; }
	@$(BIN)/python -c '' 2>/dev/null || { echo "creating $(VENV)"; "$(PYTHON)" -m venv --clear $(VENV); }
	@echo "installing into $(VENV)"
	@$(PIP) install --editable '.[dev]'
	@touch $@

demo: setup  ## compile, verify, disassemble and run a sample on a real text
	@mkdir -p $(BUILD)
	@echo "== 1. compile  $(SAMPLE)"
	@$(BIN)/pvm compile $(SAMPLE) -o $(BUILD)/demo.pbc
	@wc -c < $(BUILD)/demo.pbc | xargs printf '   %s bytes of bytecode in $(BUILD)/demo.pbc\n'
	@echo "== 2. verify   $(BUILD)/demo.pbc"
	@$(BIN)/pvm verify $(BUILD)/demo.pbc
	@echo "== 3. disasm   (one method of it; the whole is in $(BUILD)/demo.pasm)"
	@$(BIN)/pvm disasm $(BUILD)/demo.pbc > $(BUILD)/demo.pasm
	@sed -n '/^func Tally.addWord/,/^}/p' $(BUILD)/demo.pasm
	@echo "== 4. run      on $(TEXT), $$(wc -w < $(TEXT)) words"
	@$(BIN)/pvm run --mount /data=$(dir $(TEXT)):ro --stats $(BUILD)/demo.pbc /data/$(notdir $(TEXT))

test: setup  ## run the test suite on all cores
	@$(BIN)/python -m pytest -n auto

lint: setup  ## ruff (rules and format) and mypy
	@status=0; \
	echo "== ruff check";  $(BIN)/ruff check . || status=1; \
	echo "== ruff format"; $(BIN)/ruff format --check . || status=1; \
	echo "== mypy";        $(BIN)/mypy || status=1; \
	exit $$status

format: setup  ## apply ruff's fixes and format
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

bench: setup  ## run the benchmarks and print their figures: ARGS='--quick', ARGS=--help for more
	@$(BIN)/python -m bench $(ARGS)

docs: setup  ## write the generated files anew
	@$(BIN)/python -m pytest -q tests/test_architecture.py -k generated --bless

fuzz: setup  ## fuzz for long on two processes, with a new seed: MODULES=N, SOURCES=N, SEED=N
	@$(BIN)/python -m tests.fuzz --modules $(or $(MODULES),100000) --sources $(or $(SOURCES),5000) \
	  $(if $(SEED),--seed $(SEED))

clean:  ## remove what was built, .venv included
	@rm -rf $(VENV) $(BUILD) dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
