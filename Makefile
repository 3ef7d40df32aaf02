# Thin: everything is in bootstrap.py, which needs nothing but Python 3.11+.
# Further words for a command: make test ARGS="-k dead_letter --database sqlite"
PYTHON ?= python3
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help up test setup check docs bench fuzz screenshots lock

help:  ## show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up:  ## start Redis, the web server and the workers on 127.0.0.1:8000; Ctrl-C stops them
	@$(PYTHON) bootstrap.py up

test:  ## run the tests on each database this machine has
	@$(PYTHON) bootstrap.py test $(ARGS)

setup:  ## make the environment and install everything, tools for tests included
	@$(PYTHON) bootstrap.py setup

check:  ## run all that continuous integration runs: format, lint, types, contracts, tests
	@$(PYTHON) bootstrap.py check $(ARGS)

docs:  ## write the pages of the documentation that are derived from the code
	@$(PYTHON) bootstrap.py docs

bench:  ## measure; ARGS="noop latency" chooses, ARGS=--peers adds other queues
	@$(PYTHON) bootstrap.py bench $(ARGS)

fuzz:  ## call the API with 20,000 made-up requests on each database; FUZZ_CASES=… for others
	@FUZZ_CASES=$${FUZZ_CASES:-20000} $(PYTHON) bootstrap.py test tests/acceptance/test_fuzz.py $(ARGS)

screenshots:  ## take the pictures in docs/screenshots anew, of a real site
	@$(PYTHON) bootstrap.py screenshots

lock:  ## write requirements*.txt anew; ARGS=--upgrade takes the newest versions
	@$(PYTHON) bootstrap.py lock $(ARGS)
