# Two commands: `make run` and `make test`. Everything else is for people who change the code.
BIN := .venv/bin
READY := .venv/.ready
RUNS := .venv/.runs
SHELL := /bin/bash

.PHONY: run test explore check format bench acceptance documents requirements clean web-check web-test web-e2e dashboard

run: $(RUNS)
	@if $(HAS_NODE); then $(MAKE) -s dashboard || echo "The dashboard could not be built (see above); all else runs."; \
	else echo "The dashboard is not built: there is no Node 20.19 or newer with npm here."; fi
	@exec $(BIN)/sightline demo

# One process per core, each with whole files: what a file shares is shared in one process.
test: $(READY)
	$(BIN)/pytest -n auto --dist loadfile --durations=25
	@$(MAKE) -s web-test

# Other examples every time, and more of them; the gate has fixed ones.
explore: $(READY)
	HYPOTHESIS_PROFILE=explore $(BIN)/pytest -n auto --dist loadfile tests/domain tests/application tests/contracts tests/adapters

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p sightline
	$(BIN)/mypy tests benchmarks acceptance
	$(BIN)/lint-imports
	$(BIN)/deptry src --config pyproject.toml

# The packages in web/: install, build, lint, types, unit tests, weights, guides, and the SDK against the real API.
web-check: $(READY) web/node_modules/.ready
	cd web && npm run check

# Whether Node is here, and new enough.
HAS_NODE = command -v npm >/dev/null && node -e \
  'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null

web-test:
	@if $(HAS_NODE); then $(MAKE) -s web-check; \
	else echo "web/ was NOT checked: there is no Node 20.19 or newer with npm here"; fi

# Built where one of its sources is newer than the build, so that most starts build nothing.
dashboard: web/dashboard/out/index.html

web/dashboard/out/index.html: web/node_modules/.ready web/dashboard/package.json web/dashboard/next.config.mjs \
    $(shell find web/dashboard/src web/dashboard/public web/packages/sdk/src -type f 2>/dev/null)
	@echo "Building the dashboard, this once …"
	@cd web && npm run -s build -w @sightline/dashboard >dashboard/.build.log 2>&1 || { tail -30 dashboard/.build.log; exit 1; }
	@touch $@

CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

# Every page of the dashboard in a browser, over the real process; pictures in web/dashboard/e2e/seen.
web-e2e: $(READY)
	@if ! $(HAS_NODE); then echo "The dashboard was NOT looked at: there is no Node 20.19 or newer with npm here."; \
	elif [ -z "$(CHROMIUM)" ]; then echo "The dashboard was NOT looked at: there is no Chromium here (apt-get install chromium)."; \
	else $(MAKE) -s dashboard && cd web && CHROMIUM="$(CHROMIUM)" npm run -s e2e -w @sightline/dashboard; fi

web/node_modules/.ready: web/package-lock.json web/package.json
	cd web && npm ci
	@touch $@

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/bench.txt
	$(BIN)/python -m benchmarks

# Promises under load and attack, asked of real servers; `.venv/bin/python -m acceptance L2` for one.
acceptance: $(READY)
	$(BIN)/python -m acceptance

# docs/schema.md from the tables, sql/sample from the generator.
documents: $(READY)
	$(BIN)/python -m tests.docs.schema
	$(BIN)/python -m tests.sql.sample_files

# Versions and hashes, no addresses; what runs has the versions that were tested.
requirements: $(READY)
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header -p 3.11 pyproject.toml --extra postgres --extra redis --extra clickhouse --extra arrow --group dev -o requirements/dev.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header -p 3.11 pyproject.toml --extra postgres --extra redis --extra clickhouse --extra arrow -c requirements/dev.txt -o requirements/run.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header -p 3.11 pyproject.toml --extra postgres --extra redis --extra clickhouse --extra arrow --group bench -c requirements/dev.txt -o requirements/bench.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header -p 3.11 --group build -c requirements/dev.txt -o requirements/build.txt

# The environment with what some files of requirements name, and with this project.
set_up = \
	{ test -x $(BIN)/python || python3 -m venv .venv; } && \
	{ $(BIN)/python -m pip install -q --disable-pip-version-check uv >/dev/null 2>&1 || true; } && \
	if [ -x $(BIN)/uv ]; then \
	  $(BIN)/uv pip install -q --compile-bytecode -p $(BIN)/python --require-hashes $(1); \
	else \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes $(1); \
	fi && \
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .

clean:
	rm -rf .venv .sightline dist web/node_modules web/packages/*/dist web/dashboard/out web/dashboard/.next

# What runs needs a quarter of the space of what tests.
$(RUNS): requirements/run.txt requirements/build.txt pyproject.toml
	@$(call set_up,-r requirements/run.txt -r requirements/build.txt)
	@touch $@

$(READY): requirements/dev.txt pyproject.toml
	@$(call set_up,-r requirements/dev.txt)
	@touch $@ $(RUNS)
