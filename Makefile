# Two commands: `make run` and `make test`. Everything else is for people who change the code.
BIN := .venv/bin
READY := .venv/.ready
SHELL := /bin/bash

.PHONY: run test check format bench acceptance documents requirements clean

run: $(READY)
	@exec $(BIN)/sightline demo

test: $(READY)
	$(BIN)/pytest

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p sightline
	$(BIN)/mypy tests benchmarks acceptance
	$(BIN)/lint-imports
	$(BIN)/deptry src --config pyproject.toml

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/bench.txt
	$(BIN)/python -m benchmarks

# Promises under load and attack, asked of real servers; `.venv/bin/python -m acceptance L2` for one.
acceptance: $(READY)
	$(BIN)/python -m acceptance

# docs/schema.md, from the tables.
documents: $(READY)
	$(BIN)/python -m tests.docs.schema

# Versions and hashes, no addresses.
requirements: $(READY)
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header -p 3.11 pyproject.toml --extra postgres --extra redis -o requirements/run.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header -p 3.11 pyproject.toml --extra postgres --extra redis --group dev -o requirements/dev.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header -p 3.11 pyproject.toml --extra postgres --extra redis --group bench -c requirements/dev.txt -o requirements/bench.txt

clean:
	rm -rf .venv .sightline dist

$(READY): requirements/dev.txt pyproject.toml
	@test -x $(BIN)/python || python3 -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv >/dev/null 2>&1 || true
	@if [ -x $(BIN)/uv ]; then \
	  $(BIN)/uv pip install -q --compile-bytecode -p $(BIN)/python --require-hashes -r requirements/dev.txt; \
	else \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt; \
	fi
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
