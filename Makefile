# Every target works as the first command after git and make on Debian 12 with Python 3.11, as root.
# Tests, demo and bench run inside a network namespace of their own: nothing can reach this machine's links.

BIN := .venv/bin
ISOLATED := bash .ci/isolated
PROPERTIES := tests/codecs/test_contract.py tests/codecs/test_fold.py tests/test_correlate.py tests/collect/test_scope.py \
	tests/report/test_observations.py

.PHONY: setup demo test test-long lint format bench reference lock clean

setup: .venv/.ready

.venv/.ready: requirements.lock pyproject.toml .ci/setup
	@bash .ci/setup

demo: setup
	@bash .ci/demo

test: setup
	@$(ISOLATED) $(BIN)/pytest -m "not long" $(ARGS)

# The properties again, on twenty times as many examples.
test-long: setup
	@$(ISOLATED) env CAMSCAN_EXAMPLES=20 $(BIN)/pytest $(PROPERTIES) $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: setup
	@$(ISOLATED) $(BIN)/python -m tests.bench $(ARGS)

# Pages whose facts stand in code or data.
reference: setup
	$(BIN)/python .ci/reference.py
	$(BIN)/python .ci/reference_policies.py

lock: setup
	$(BIN)/pip-compile --quiet --extra dev --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --output-file requirements.lock pyproject.toml

clean:
	rm -rf build dist .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
