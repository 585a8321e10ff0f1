# Every target works as the first command after git and make on Debian 12 with Python 3.11, as root.
# Tests, demo and bench run inside a network namespace of their own: nothing can reach this machine's links.

# A camscan that is started a thousand times must not be compiled a thousand times.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
ISOLATED := bash .ci/isolated
# Many tests wait for a network more than they compute; each process has its own.
WORKERS := 4
PROPERTIES := tests/codecs/test_contract.py tests/codecs/test_fold.py tests/test_correlate_order.py tests/collect/test_guard.py \
	tests/report/test_observations.py tests/codecs/test_repeats.py tests/codecs/test_capturefilter.py tests/codecs/test_flood.py \
	tests/collect/test_capture_damage.py tests/fuzz tests/history tests/e2e/test_nights.py tests/e2e/test_cron.py

.PHONY: setup setup-tests demo test test-long lint format bench screenshots reference man lock package deb container clean

setup: .venv/.ready

.venv/.ready: requirements.lock pyproject.toml .ci/setup .ci/packages
	@bash .ci/setup

setup-tests: .venv/.ready-tests

.venv/.ready-tests: .venv/.ready .ci/setup-tests tests/lab/daemons/packages.txt
	@bash .ci/setup-tests

demo: setup
	@bash .ci/demo

test: setup-tests
	@$(ISOLATED) .ci/test -n $(WORKERS) $(ARGS)

# The properties again, on twenty times as many examples, and what takes too long for `make test`.
test-long: setup-tests
	@$(ISOLATED) env CAMSCAN_EXAMPLES=20 $(BIN)/pytest $(PROPERTIES) $(ARGS)
	@$(ISOLATED) $(BIN)/pytest -m long -o faulthandler_timeout=0 $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: setup-tests
	@$(ISOLATED) $(BIN)/python -m tests.bench $(ARGS)

# Pictures of the demo's report, for the pages.
screenshots: setup-tests
	@$(ISOLATED) $(BIN)/python .ci/screenshots.py

# Pages whose facts stand in code or data.
reference: setup
	$(BIN)/python .ci/reference.py
	$(BIN)/python .ci/reference_policies.py

# The manual page, from the commands.
man: setup
	$(BIN)/python .ci/man.py build/camscan.1

lock: setup
	$(BIN)/pip-compile --quiet --extra dev --extra postgres --extra pdf --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --output-file requirements.lock pyproject.toml

# Wheel and source archive in dist/, and the wheel tried as pipx lays it out.
package: setup
	@bash .packaging/package

# A Debian package in dist/; tried in a fresh Debian where debootstrap is there.
deb: setup
	@bash .packaging/build-deb
	@if command -v debootstrap >/dev/null; then bash .packaging/smoke-deb; else echo "deb: not tried: apt-get install debootstrap"; fi

# An image from the Debian package (BASE=debootstrap where no image can be pulled).
container: deb
	@bash .packaging/build-container

clean:
	rm -rf build dist .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
