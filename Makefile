# make run: the emulator with its store, demo users and a page.   make test: the tests.
# Both create the virtual environment they need; nothing else has to be installed.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
OLD    := .urllib3-1
AUDIT  := .venv-audit
BENCH  := .venv-bench
OFFLINE := benchmarks/serverless-offline
NODE   := node_modules/.package-lock.json
OSLS   := node_modules/.bin/osls
WEB    := web/node_modules/.package-lock.json
CODE   := notify infra handlers local_server client tests benchmarks
PYTEST := $(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder
# Tests of the emulator and the client, and of the service as it runs in the emulator's workers.
DETACHED := tests/local_server tests/client tests/journeys

.DEFAULT_GOAL := help
.PHONY: help run test test-urllib3-1 check lint types contracts docs format audit bench scale soak clean
.PHONY: artefacts package deploy remove test-deploy stand-in lock test-web

help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

$(STAMP): requirements.txt requirements-lambda.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

run: $(STAMP) ## Start everything on 127.0.0.1 (make run PORT=4000 for another port)
	@exec $(BIN)/python -m local_server --port $(or $(PORT),3001)

# The second half runs without coverage, which takes half as long again: what it tests is not of the
# packages that are measured, or runs in other processes.
test: $(STAMP) ## Run the tests
	$(PYTEST) --cov --cov-report=term $(DETACHED:%=--ignore=%)
	$(PYTEST) $(DETACHED)

# The SDK of AWS runs on urllib3 1.26 where Python was built with LibreSSL; so must we. That the other
# packages agree with it is checked by tests/test_house.py.
$(OLD)/.installed: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target $(OLD) 'urllib3>=1.26.0,<2.0.0'
	@touch $@

# And on PynamoDB and boto3, which libcurl leaves nothing to do elsewhere. Of the stores' tests those that hold
# for memory and DynamoDB alike.
test-urllib3-1: $(OLD)/.installed ## Run the tests that send something to AWS on boto3, PynamoDB and urllib3 1.26
	PYTHONPATH=$(CURDIR)/$(OLD) $(BIN)/python -c 'import urllib3; assert urllib3.__version__.startswith("1.26."), urllib3'
	HTTP_ENGINE=boto3 PYTHONPATH=$(CURDIR)/$(OLD) $(PYTEST) -q -k 'not stores or dynamodb' tests/infra tests/handlers

check: lint types contracts test test-urllib3-1 ## Everything that must be green

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

docs: $(STAMP) ## Make what is generated in docs/: fidelity.md, openapi.json, asyncapi.json
	$(BIN)/python -m tests.local_server.fidelity
	$(BIN)/python -m tests.documents

contracts: $(STAMP)
	$(BIN)/lint-imports

format: $(STAMP) ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# In an environment of its own: it brings thirty packages that nothing else needs.
$(AUDIT)/bin/pip-audit:
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check 'pip-audit>=2.9,<3'

audit: $(STAMP) $(AUDIT)/bin/pip-audit ## Look at licences of what is deployed, and for advisories
	$(BIN)/python -m tests.audit --pip-audit $(AUDIT)/bin/pip-audit

# npm writes it when it has installed everything.
$(NODE): package-lock.json
	npm ci --loglevel error
	@touch $@

# Each from its source distribution, as it would be from a release.
artefacts: $(STAMP) ## Build the client and the emulator into build/, to install each on its own
	$(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python --out-dir build distributions/client
	$(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python --out-dir build distributions/local_server
	@if test -f web/package.json && command -v npm > /dev/null; then \
	    { test -d web/node_modules || npm ci --prefix web --loglevel error; } && \
	    npm pack --silent --pack-destination build ./web; fi
	@ls build/*.whl build/*.tar.gz build/*.tgz 2> /dev/null || true

package: $(STAMP) ## Make the zip of a stage (make package STAGE=dev)
	@$(BIN)/python -m infra.package --stage "$(STAGE)"

deploy: $(STAMP) $(NODE) ## Package and deploy a stage to AWS (make deploy STAGE=dev)
	@$(BIN)/python -m infra.stages "$(STAGE)"
	@$(BIN)/python -m infra.package --stage "$(STAGE)"
	$(OSLS) deploy --stage "$(STAGE)"

remove: $(STAMP) $(NODE) ## Remove a stage from AWS (make remove STAGE=dev)
	@$(BIN)/python -m infra.stages "$(STAGE)"
	$(OSLS) remove --stage "$(STAGE)"

# Without npm the tests that want it skip, and say so.
test-deploy: $(STAMP) $(if $(shell command -v npm),$(NODE)) ## Deploy to a stand-in for AWS on this machine, and test what runs there
	$(BIN)/python -m pytest -m deploy --numprocesses 2 --dist loadfile tests/deploy

$(WEB): web/package-lock.json web/package.json web/demo/package-lock.json
	cd web && npm ci --loglevel error
	cd web/demo && npm ci --loglevel error
	@touch $@

# Its tests want a running emulator, and start one.
test-web: $(STAMP) $(if $(shell command -v npm),$(WEB)) ## Check and test the TypeScript client
ifeq ($(shell command -v npm),)
	@echo 'skipped: web/ wants Node 20 or newer, with npm'
	@test "$(WEB_TESTS)" != required
else
	cd web && npm run --silent check && npm run --silent lint && npm run --silent test
endif

stand-in: $(STAMP) ## Start a stand-in for AWS on 127.0.0.1, to deploy to (make stand-in PORT=4567 for another port)
	@exec $(BIN)/python -m tests.deploy --port $(or $(PORT),4566)

# What Lambda's runtime has already: boto3 and what it brings. urllib3 is ours to bound, so it is packed.
IN_RUNTIME := boto3 botocore s3transfer jmespath python-dateutil six

lock: $(STAMP) ## Choose newer versions of what is deployed
	$(BIN)/uv pip compile requirements-lambda.txt --quiet --upgrade --generate-hashes --no-header \
	    --python-version 3.13 --python-platform aarch64-manylinux_2_28 --only-binary :all: \
	    $(addprefix --no-emit-package ,$(IN_RUNTIME)) --output-file requirements-lambda.lock

# What is measured beside ours. In an environment of its own: aiobotocore pins another botocore.
$(BENCH)/.installed: requirements-bench.txt
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

$(OFFLINE)/node_modules/.package-lock.json: $(OFFLINE)/package.json
	npm install --prefix $(OFFLINE) --no-package-lock --no-audit --no-fund --loglevel error
	@touch $@

# Whatever of it cannot be had is left out, and the run says so.
PEERS := $(BENCH)/.installed $(if $(shell command -v npm),$(OFFLINE)/node_modules/.package-lock.json)

bench: $(STAMP) ## Measure, against baselines in the same run, and write docs/performance.md
	-$(MAKE) --keep-going $(PEERS)
	$(BIN)/python -m benchmarks

soak: $(STAMP) ## Run the tests that take many minutes: ten thousand clients, more storms
	$(BIN)/python -m pytest -m soak -v tests/journeys

scale: $(STAMP) ## Broadcast to a million, against simulated limits of AWS
	$(BIN)/python -m benchmarks.scale

clean: ## Remove what make has created
	rm -rf $(VENV) $(OLD) $(AUDIT) $(BENCH) $(OFFLINE)/node_modules build node_modules web/node_modules web/demo/node_modules web/dist
	rm -rf .serverless .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
