# Everything that is needed is installed on the way; `make help` lists the targets. Caches lie outside the work tree.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:

PYTHON ?= python3.11
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/flinkop
LOCKS := $(shell cat requirements/uv.txt requirements/dev.txt | sha256sum | cut -c1-12)
VENV := $(CACHE)/venv-$(LOCKS)
READY := $(VENV)/.ready
NAME ?= dev

export PATH := $(VENV)/bin:$(PATH)
export PYTHONPATH := src:.
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo demo-down
demo: $(READY) ## a real Flink job under the operator, on a local cluster; CONTEXT=name: on yours
	@python -m tests.cluster.demo $(if $(CONTEXT),--context $(CONTEXT))

demo-down: $(READY) ## remove all that the demo made
	@python -m tests.cluster.demo --down $(if $(CONTEXT),--context $(CONTEXT))

.PHONY: test check lint unit component component-all e2e e2e-all e2e-versions bench
test: $(READY) ## everything that CI asks for: minutes
	@python -m tests.suite

check: $(READY) ## lint, types, import contracts and unit tests: seconds
	@python -m tests.suite lint types contracts unit

lint: $(READY) ## lint, types and import contracts
	@python -m tests.suite lint types contracts

unit: $(READY) ## unit tests: seconds
	@python -m tests.suite unit

component: $(READY) ## real controllers against a real API server and pretended JobManagers
	@python -m tests.suite component

component-all: $(READY) ## component, and the crash points that are too long for `make test`
	@python -m tests.suite component component-long

e2e: $(READY) ## real Flink jobs on a local cluster
	@python -m tests.suite e2e

e2e-all: $(READY) ## e2e, and what is too long for `make test`
	@python -m tests.suite e2e e2e-long

e2e-versions: $(READY) ## a job's life on all nine Flink versions; writes docs/versions.md
	@python -m tests.suite e2e-versions

bench: $(READY) ## measure what the operator costs: one JSON object on standard output
	@python -m tests.bench

.PHONY: image
image: $(READY) ## the operator's image, as the OCI archive dist/flinkop.tar (localhost/flinkop:dev)
	@python -m tests.cluster.operatorimage

.PHONY: cluster-up cluster-down
cluster-up: $(READY) ## a local two-node Kubernetes; NAME=dev
	@python -m tests.cluster up --name $(NAME)

cluster-down: $(READY) ## remove it; NAME=dev
	@python -m tests.cluster down --name $(NAME)

.PHONY: generate format lock
generate: $(READY) ## write the generated files anew
	@python -m flinkop crds | tee manifests/crds/flink.apache.org.yaml > charts/flinkop/crds/flink.apache.org.yaml
	@python -m tests.generate

format: $(READY) ## format the code
	@ruff check --fix -q src tests; ruff format -q src tests

lock: $(READY) ## choose the newest versions of all dependencies
	@uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  pyproject.toml --extra object-stores -o requirements/run.txt
	@uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  pyproject.toml --extra object-stores --group dev -c requirements/run.txt -o requirements/dev.txt
	@echo uv | uv pip compile -q --upgrade --generate-hashes --no-emit-index-url --no-header --python-version 3.11 - -o requirements/uv.txt

# its name tells its content: one that is there is never made again, so that checkouts may share it
$(READY):
	@command -v $(PYTHON) > /dev/null || { echo "Python 3.11 is needed: $(PYTHON) is not on the PATH; say make PYTHON=... " >&2; exit 1; }
	@echo "installing the locked Python packages into $(VENV)" >&2
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV) \
	  || { echo "python3-venv is needed: apt-get install python3-venv" >&2; exit 1; }
	@$(VENV)/bin/pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@uv pip install -q --python $(VENV)/bin/python --require-hashes -r requirements/dev.txt
	@touch $@

.PHONY: print-venv
print-venv:
	@echo $(VENV)
