# Short names for the commands that CONTRIBUTING.md explains.
PYTHON ?= python3

.PHONY: demo hostile load network mutants test test-vm test-arch test-wine test-bsd conformance \
	clients bench docs lint wheel ci clean

demo:   ## echo over TCP, UDP and Unix sockets, each foreign call shown
	$(PYTHON) -m pysock

test:   ## the tests, in an environment of their own under .venv/
	$(PYTHON) -m tests

hostile: ## random hostile calls, for a minute; SECONDS=3600 for longer, UNDER=debug or valgrind
	$(PYTHON) -m tests.hostile --seconds $(or $(SECONDS),60) $(if $(UNDER),--under $(UNDER))

load:   ## ten thousand connections and five hundred threads, beside the C module
	$(PYTHON) -m tests.load

network: ## loss, delay, reordering and partitions, in a virtual machine
	$(PYTHON) -m tests.network

mutants: ## which one-token changes of the sources no test notices; FILE=... for one
	$(PYTHON) -m tests.mutants $(FILE)

test-vm: ## conversations over every address family, in a virtual machine whose kernel has them
	$(PYTHON) -m tests.vm

test-arch: ## the tests and the demo on other processors, by emulation
	$(PYTHON) -m tests.arch

test-wine: ## the tests, the demo and CPython's own tests on Windows' CPython, under Wine
	$(PYTHON) -m tests.wine

test-bsd: ## the tests as on macOS and the BSDs, whose C libraries are made from their headers
	$(PYTHON) -m tests.bsd

conformance: ## CPython's own tests with pysock in the place of socket, on every interpreter found
	$(PYTHON) -m tests.conformance

clients: ## real clients and servers, on the C module and on pysock; NAME=... for one
	$(PYTHON) -m tests.clients $(NAME)

bench:  ## pysock against the C module; ROW='pair-*' for some rows, PYTHON=... for an interpreter
	$(PYTHON) -m tools.bench $(foreach row,$(ROW),--row '$(row)')

docs:   ## the site, as build/site/html, with its links and blocks of code checked
	$(PYTHON) -m tests.site

lint:   ## ruff and mypy --strict, likewise
	$(PYTHON) -m tests.lint

wheel:  ## the package, as dist/pysock_ctypes-*.whl
	$(PYTHON) -m pip wheel --no-deps --wheel-dir dist .

ci:     ## everything that must hold before a change lands, on every interpreter found
	bash .ci/run

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache build/site dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
