# Two commands matter: `make demo` and `make test`. Both set up everything that is missing first.
# A Python other than the one on the PATH: make PYTHON=/path/to/python3.12 demo

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CAMERAS := $(VENV)/.cameras
WINDOW := $(VENV)/.window
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c '$(SUPPORTED)' >/dev/null 2>&1 && echo "$$p" && exit; done; echo python3)
PYTEST := $(BIN)/python -m pytest
CORE := -p tests.plugins.no_qt --doctest-modules
TESTED := tests reid_core training

.PHONY: help setup demo app test test-core test-gui test-gpu check lint types contracts coverage sabotage tracking \
	wheel clean
.DEFAULT_GOAL := help

help:
	@echo "make demo      set up what is missing, then find people again in three small demo clips"
	@echo "make test      every test: first all that needs no window, with Qt out of reach, then the window's"
	@echo "make check     every gate: format, lint, types, import contracts, and make test"
	@echo "make coverage  make test again, and which lines and branches no test runs"
	@echo "make app       open the application"
	@echo "make sabotage  break one part at a time; the end-to-end tests must notice each"
	@echo "make tracking  tracking figures beside every tracker of the ultralytics package"
	@echo "make test-gpu  the tests that need a CUDA device"
	@echo "make wheel     build the wheel into dist/"
	@echo "make clean     remove caches and built files; the environment in $(VENV) stays"

# One run of the bootstrap per change of what is to be installed: a second `make` starts at once.
$(READY): pyproject.toml constraints.txt scripts/bootstrap.py
	$(PYTHON) scripts/bootstrap.py --venv $(VENV)
	@touch $(READY)

# GStreamer's RTSP server, from the system's packages; without it the tests of live cameras are skipped.
$(CAMERAS): scripts/bootstrap.py | $(READY)
	@$(PYTHON) scripts/bootstrap.py --cameras || echo "The tests of live cameras will be skipped."
	@touch $(CAMERAS)

# What a window needs of the system beside what every command needs, and a display and hands for its test.
$(WINDOW): scripts/bootstrap.py | $(READY)
	@$(PYTHON) scripts/bootstrap.py --window || echo "Windows under X11 may not open; their test will be skipped."
	@touch $(WINDOW)

setup: $(READY)

demo: $(READY)
	$(BIN)/sightline demo

app: $(READY) $(WINDOW)
	$(BIN)/sightline

# Every test runs once: what needs no window runs with PySide6 and pyqtgraph not importable.
test: test-core test-gui

test-core: $(READY) $(CAMERAS)
	$(PYTEST) $(CORE) $(TESTED) $(TEST_ARGS)

test-gui: $(READY) $(WINDOW)
	QT_QPA_PLATFORM=offscreen $(PYTEST) -m gui $(TEST_ARGS)

test-gpu: $(READY)
	@if $(BIN)/python -c "import sys, torch; sys.exit(not torch.cuda.is_available())"; \
	then $(PYTEST) -m gpu; else echo "GPU tests not run: no CUDA device"; fi

check: lint types contracts test

coverage: $(READY) $(CAMERAS) $(WINDOW)
	$(BIN)/python -m coverage erase
	$(PYTEST) $(CORE) --cov --cov-append --cov-report= $(TESTED)
	QT_QPA_PLATFORM=offscreen $(PYTEST) -m gui --cov --cov-append --cov-report=term:skip-covered

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports

sabotage: $(READY)
	$(BIN)/python -m tests.sabotage

tracking: $(READY)
	$(BIN)/python -m benchmarks.tracking

wheel: $(READY)
	$(BIN)/python -m pip wheel -q --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
	find . -name __pycache__ -not -path "./$(VENV)/*" -prune -exec rm -rf {} +
