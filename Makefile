# What one does with the hub. Everything it makes is in .venv and .local, and nothing outside.
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
DECLARATIONS ?= 5000
RECORDS ?=
TRUTH ?=

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: ## The virtual environment, with the pinned packages
	@deploy/local/install

demo: install ## A national sample through the five services, and what each may see of it
	@DECLARATIONS=$(DECLARATIONS) $(PYTHON) -m deploy.local demo; status=$$?; $(PYTHON) -m deploy.local down; exit $$status

up: install ## Servers and services, left running
	@$(PYTHON) -m deploy.local services && $(PYTHON) -m deploy.local status

down: ## Stop everything; what is kept stays
	@$(PYTHON) -m deploy.local down

status: ## What runs
	@$(PYTHON) -m deploy.local status

destroy: ## Stop everything and remove what was kept
	@$(PYTHON) -m deploy.local destroy

test: install ## All the tests, on servers of their own
	@deploy/local/test $(TESTS)

check: install ## Lint, format, types, import rules
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports

bench: install ## The pipeline's throughput, beside the tutorial's way
	@deploy/local/test tests/benchmarks -m benchmark -s

evaluate: install ## Identity on a file of records: make evaluate RECORDS=FILE TRUTH=COLUMN, OPTIONS="--learn --report FILE.html"
	@.venv/bin/agora identity evaluate --records '$(RECORDS)' --truth '$(TRUTH)' $(OPTIONS)

asyncapi: install ## The published contracts anew from the code, and what they promise
	@$(PYTHON) -m services.asyncapi tests/contracts/samples services/contracts/asyncapi.json && $(PYTHON) -m tests.contracts.promises

lock: install ## Write the lock anew from pyproject.toml
	@.venv/bin/uv pip compile -q --no-config --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --extra dev pyproject.toml -o deploy/local/requirements.lock --custom-compile-command "make lock"

.PHONY: help install demo up down status destroy test check bench evaluate asyncapi lock
