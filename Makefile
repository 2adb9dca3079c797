# What one can do here. Each target sets up what it needs; `make help` lists them.

PYTHON ?= python3
ADDRESS ?= 127.0.0.1:8000
# Another Python (make test PYTHON=python3.13) has environments of its own, below .venv/3.13/.
VERSION = $(or $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'),$(error $(PYTHON) does not run))
VENV := $(if $(filter-out python3,$(PYTHON)),.venv/$(VERSION),.venv)
SITE := $(VENV)/site/bin
TEST := $(VENV)/test/bin
# Tests run side by side, each file as a whole, the longest first (tests/conftest.py).
WORKERS ?= 2
PYTEST := $(TEST)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder
export NO_MKDOCS_2_WARNING := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help

.PHONY: help
help: ## List what one can do here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- the site: no torch, no Node, no kernel ---------------------------------------------------------------------

.PHONY: serve
serve: $(VENV)/site/ready ## Serve the site in both languages at http://127.0.0.1:8000/ (or ADDRESS=127.0.0.1:8001), reloading on every edit
	$(SITE)/mkdocs serve --dev-addr $(ADDRESS)

.PHONY: build
build: $(VENV)/site/ready ## Write the site to site/, English below site/en/
	$(SITE)/mkdocs build

.PHONY: publish
publish: build .venv/node/ready ## The same, with search by Pagefind where npm is there, to be published
	$(SITE)/python -m tools.site.finish.pagefind site

.PHONY: check
check: $(VENV)/site/ready ## Check the catalogue: every error with file, line and column
	$(SITE)/python tools/refresh_resources.py --check

.PHONY: refresh
refresh: $(VENV)/site/ready ## Fetch what arXiv, GitHub, Hugging Face and PyPI say about what the catalogue names
	$(SITE)/python tools/refresh_resources.py

.PHONY: schema
schema: $(VENV)/site/ready ## Write resources/schema/ anew from the catalogue's models
	$(SITE)/python -m tools.catalogue.schema

# ---- the code and the tutorials ---------------------------------------------------------------------------------

.PHONY: tutorials
tutorials: $(VENV)/test/ready system ## Run the tutorials whose results are stale
	$(TEST)/python tools/run_tutorials.py

.PHONY: lint
lint: $(VENV)/test/ready ## ruff, mypy --strict, who may import whom; actionlint and zizmor for the workflows
	$(TEST)/ruff check .
	$(TEST)/ruff format --check .
	$(TEST)/mypy aigc_ref tools tests benchmarks
	$(TEST)/lint-imports --no-logo
	$(TEST)/actionlint
	$(TEST)/zizmor --quiet --offline .github

.PHONY: format
format: $(VENV)/test/ready ## Let ruff format the code and mend what it can
	$(TEST)/ruff check --fix .
	$(TEST)/ruff format .

.PHONY: test-fast
test-fast: $(VENV)/test/ready ## The inner loop, within two minutes: all but the slow tests and the examples in docstrings
	$(PYTEST) tests -m "not slow" -q

.PHONY: test
test: $(VENV)/test/ready $(VENV)/site/ready .venv/node/ready system ## Everything: libraries compared, tutorials in small, pages in a browser (WORKERS=4 on as many cores)
	$(PYTEST) --durations 10

.PHONY: test-nightly
test-nightly: $(VENV)/test/ready $(VENV)/site/ready .venv/node/ready system ## The same on every page, where `make test` takes one of each kind
	$(PYTEST) -m ""

.PHONY: faults
faults: $(VENV)/test/ready ## Try every fault of the services anew and write the table of them for the site
	$(TEST)/python -m pytest -q tests/catalogue/test_faults.py --write-faults

.PHONY: comparisons
comparisons: $(VENV)/test/ready ## Compare with independent code anew and write the count of it for the site
	$(TEST)/python -m pytest -q tests -m compares --write-comparisons

.PHONY: bench
bench: $(VENV)/test/ready system ## Compare the speed of aigc_ref with its peers (ratios of CPU time)
	$(TEST)/python -m benchmarks

.PHONY: bench-refresh
bench-refresh: $(VENV)/test/ready ## Time a refresh of 1,000 papers and repositories against stand-ins (five minutes)
	$(TEST)/python -m benchmarks.refresh

.PHONY: bench-explorer
bench-explorer: $(VENV)/test/ready system ## Time the catalogue's explorer in Chromium, with up to 5,000 entries
	$(TEST)/python -m benchmarks.explorer

.PHONY: bench-site
bench-site: $(VENV)/test/ready ## Time the site's build and an edit's way to the page, beside plain MkDocs (three minutes)
	$(TEST)/python -m benchmarks.site

.PHONY: audit
audit: $(VENV)/test/ready .venv/audit/ready .venv/node/ready ## Lighthouse on a page of each kind and the HTML validator on all (five minutes)
	$(TEST)/python -m benchmarks.audit

# ---- setting up -------------------------------------------------------------------------------------------------

# pip first: before Python 3.14 the one that comes with it knows no dependency groups.
$(VENV)/site/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)/site
	$(SITE)/python -m pip install --quiet --constraint constraints.txt pip
	$(SITE)/python -m pip install --quiet --constraint constraints.txt --group site --group refresh
	@touch $@

$(VENV)/test/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)/test
	$(TEST)/python -m pip install --quiet --constraint constraints.txt pip
	$(TEST)/python -m pip install --quiet --constraint constraints.txt --group dev --editable '.[tutorials]'
	@touch $@

# What was tested together, written anew from what is installed. To take newer versions, install them first:
# .venv/test/bin/pip install --upgrade --upgrade-strategy eager --group dev --editable '.[tutorials]'
.PHONY: pins
pins: $(VENV)/test/ready ## Write constraints.txt anew, from what is installed for the tests
	( sed -n '/^#/p' constraints.txt; $(TEST)/python -m pip freeze --all --exclude aigc-ref | sed 's/+cpu$$//' | sort --ignore-case ) > constraints.new
	mv constraints.new constraints.txt

# What the audit runs; exact versions and no lock file, as below.
.venv/audit/ready: Makefile
	sh tools/install_system_packages.sh java
	npm install --silent --no-audit --no-fund --no-save --no-package-lock --prefix .venv/audit lighthouse@12.8.2 vnu-jar@26.9.27
	@touch $@

# Pagefind, where npm is. One exact version and no lock file, which would name the registry that it was made with.
.venv/node/ready: Makefile
	@if command -v npm >/dev/null; then mkdir -p .venv/node && npm install --prefix .venv/node --no-save \
	  --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel error pagefind@1.6.0 && touch $@; fi

# Chromium and a Chinese font for the browser tests; the images and poems that the tutorials learn from.
.PHONY: system
system:
	@sh tools/install_system_packages.sh

.PHONY: clean
clean: ## Remove the environments and everything that was built
	rm -rf .venv .cache build site .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
