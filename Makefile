# `make demo` and `make test` set up everything they need in .venv (python 3.11 or 3.12, the package registry, no display).
PYTHON ?= $(shell for p in python3.11 python3.12 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
RUN := $(VENV)/bin/python
INPUT ?=
TASK ?= engine
OPTIONS ?=
# Processes that tests run in, each with one thread: small fits gain little from a second one.
JOBS ?= 2

.PHONY: demo test test-all bench check clean

demo: $(VENV)/.installed
	$(RUN) -m INRCore demo $(if $(INPUT),--input "$(INPUT)")

test: check
	OMP_NUM_THREADS=1 $(RUN) -m pytest -n $(JOBS) --dist worksteal

test-all: check
	OMP_NUM_THREADS=1 $(RUN) -m pytest -n $(JOBS) --dist worksteal -m ""

bench: $(VENV)/.installed
	$(RUN) -m Testing.benchmarks.$(TASK) $(OPTIONS)

check: $(VENV)/.installed
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

$(VENV)/.installed: requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or 3.12 is needed: install it, or say where it is: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

clean:
	rm -rf $(VENV) demo_output
