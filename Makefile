# Two commands: `make demo` shows nippo at work, `make test` runs the whole suite.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Tests need PyTorch's CPU build only; name its wheel or index here where pip would choose the CUDA one.
TORCH ?= torch==2.13.0

# Tests run side by side, in so many processes; each of the weekly run's tests wants a gigabyte.
JOBS ?= 2

.PHONY: demo test check format words clean

demo: $(VENV)/.demo
	@$(BIN)/nippo demo

test: $(VENV)/.test check
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist worksteal

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What nippo says in Japanese: takes up what the code says anew, names what has no Japanese yet, compiles.
words: $(VENV)/.test
	$(BIN)/python -m dev.words

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=24"

$(VENV)/.demo: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[starter]"
	@touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet $(TORCH)
	$(BIN)/python -m pip install --quiet --editable ".[starter,train,dashboard,test,dev]"
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
