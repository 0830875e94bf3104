.PHONY: help dev check test test-long run chaos fuzz soak broken bench year pounds wheel docs
PY := .venv/bin/python
NAME := wattwire

help:            ## say what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

dev: .venv/ok    ## make .venv ready to work in
.venv/ok: pyproject.toml
	python3 -m venv .venv
	.venv/bin/pip install -q --upgrade pip
	.venv/bin/pip install -q -e . --group dev
	mkdir -p .venv/links/$(NAME)
	for d in nodes flows broker; do ln -sfn ../../../$$d .venv/links/$(NAME)/$$d; done
	touch $@

check: dev       ## lint, types, house rules, and every shipped flow
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	for f in flows/*.yaml; do $(PY) -m wattwire.flows check $$f --env tests/world/example.env || exit 1; done

# First what needs no broker, on every core; then real processes, which mostly wait: what shares a run together.
define tests
@$(PY) -m pytest -n auto --dist worksteal -m "not broker and ($(1))"; made_up=$$?; [ $$made_up -lt 2 ] || exit $$made_up; \
$(PY) -m pytest -n 4 --dist loadscope -m "broker and ($(1))"; real=$$?; \
[ $$made_up$$real = 00 ] && echo "all tests passed" || { echo "tests failed: see above"; exit 1; }
endef

test: dev        ## all tests but the long ones; what needs mosquitto says so when it is absent
	$(call tests,not long)

test-long: dev   ## the long ones too: soak, a week of a house
	$(call tests,long or not long)

run: dev         ## the simulated house, as real processes over a real broker
	@$(PY) -m wattwire.flows run flows/simulated_house.yaml

chaos: dev       ## every fault: a thousand weeks in made-up time, then half an hour of real processes; hours in all
	$(PY) -m tests.chaos

fuzz: dev        ## bad input for half an hour, guided by atheris where it has a wheel
	-$(PY) -m pip install -q atheris
	$(PY) -m tests.fuzz --minutes 30

soak: dev        ## a month of real processes in an hour, with a fast clock: what grows
	$(PY) -m tests.soak

bench: dev       ## speed and size, against Node-RED, paho and C in turn; half an hour on a quiet machine
	$(PY) -m tests.bench

year: dev        ## a year of the simulated house in made-up time: how long, and whether it grows
	$(PY) tests/year.py

pounds: dev      ## what weeks of the simulated house cost: without control, with wattwire, and at best
	$(PY) -m tests.pounds

broken: dev      ## break each promise on purpose, and see that a test notices
	$(PY) -m tests.broken

wheel: dev       ## build it, install it in a bare venv, and run it there
	rm -rf dist build && $(PY) -m pip wheel -q --no-deps -w dist .
	rm -rf .venv/bare && python3 -m venv .venv/bare && .venv/bare/bin/pip install -q dist/*.whl
	cd / && $(CURDIR)/.venv/bare/bin/$(NAME) check simulated_house

docs: dev        ## write anew what is generated: the nodes' pages, the picture of the flow, the editors' schema
	$(PY) -m wattwire.flows schema --output flows/flow.schema.json
	$(PY) -m wattwire.flows nodes --markdown docs/nodes
	@{ printf '# The flow for Intelligent Octopus\n\nWritten by `make docs`. Dashed edges may wait, give up or hold back.\n\n```mermaid\n'; \
	$(PY) -m wattwire.flows draw intelligent_octopus; printf '```\n'; } > docs/intelligent-octopus.md
