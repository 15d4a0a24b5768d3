# Every target does its own set-up: a virtual environment in .venv, and in it what the target needs.
PYTHON ?= python3
VENV   ?= .venv
ARGS   ?=

run := $(VENV)/bin/python

# The tests without the files that repeat them on many draws, and without those that depend on no
# version: for many versions in little time.
BRIEF := -m "not slow and not oracle" -k "not million" $(addprefix --ignore=tests/, \
  mistakes reviews test_benchmarks.py test_compare.py test_diagnosis.py test_epochs.py \
  test_estimators.py test_examples.py test_fit.py test_health.py test_layout.py test_nn_layers.py \
  test_nn_optimizers.py test_nn_pytorch.py test_numba.py test_onnx.py test_pictures.py \
  test_play.py test_play_browser.py test_properties.py test_quoting.py test_rounding.py \
  test_review.py test_scan.py test_source.py test_training_examples.py)
# What depends on NumPy's version, and neither on Python's nor on an optional package.
NUMERIC := $(addprefix --ignore=tests/, \
  test_derive_models.py test_operations.py test_special_points.py)

# The newest release that pyenv has of each Python but PYTHON's own.
own      = $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
PYTHONS ?= $(filter-out $(own).%,$(shell pyenv versions --bare 2>/dev/null | \
  grep -E '^3\.1[1-9]\.[0-9]+$$' | sort -rV | sort -t. -uk2,2))

.PHONY: help test test-all ablation brief elsewhere floors pythons bare numba oracles coverage bench growth epochs xor \
  page lint format types clean

help:
	@echo "make xor       the article's network, end to end; ARGS='--help' shows its options"
	@echo "make test      the test suite; ARGS='-k tape' chooses tests"
	@echo "make test-all  the slow tests too"
	@echo "make elsewhere most of it with the lowest versions (make floors), with the other Pythons"
	@echo "               of pyenv (make pythons), and with no optional package (make bare)"
	@echo "make ablation  what each search of the diagnosis is worth; ARGS='stale _orders' chooses, --rows"
	@echo "make numba     the programs that Numba compiles; ARGS='-m slow' takes half an hour"
	@echo "make oracles   the operations against HIPS autograd (and PyTorch, where it is installed)"
	@echo "make coverage  what of NumPy and SciPy is right, beside the peers; ARGS='--rows'"
	@echo "make page      the page of ag.play in a real Chromium, which it installs if there is none"
	@echo "make bench     speed and memory beside the peers, and make epochs; EXTRA=bench leaves out"
	@echo "               PyTorch and JAX, ARGS='--only LSTM' chooses, without make epochs"
	@echo "make growth    time and memory against operations, parameters, elements, rows"
	@echo "make epochs    an epoch of training beside PyTorch and scikit-learn"
	@echo "make lint      ruff's checks and its formatting"
	@echo "make types     mypy on the public signatures, and on programs that use them"
	@echo "make format    let ruff format the code"
	@echo "make clean     remove the virtual environment and what tools left behind"

test: $(VENV)/.$(or $(EXTRA),test)
	$(run) -m pytest -m "not slow" $(ARGS)

test-all: $(VENV)/.test
	$(run) -m pytest $(ARGS)

brief: $(VENV)/.$(or $(EXTRA),test)
	$(run) -m pytest $(BRIEF) $(LESS) $(ARGS)

elsewhere: floors pythons bare

floors:
	grep -Eo '[a-z-]+>=[0-9.]+' pyproject.toml | sed 's/>=/==/' >$(VENV)-floors.txt
	PIP_CONSTRAINT=$(abspath $(VENV)-floors.txt) $(MAKE) brief VENV=$(VENV)-floors EXTRA=oracles

pythons:
	for version in $(PYTHONS); do \
	  $(MAKE) brief LESS='$(NUMERIC)' VENV=$(VENV)-$$version PYTHON="$$(pyenv prefix $$version)/bin/python" || exit 1; \
	done

bare:
	$(MAKE) brief LESS='$(NUMERIC)' VENV=$(VENV)-bare EXTRA=bare

ablation: $(VENV)/.test
	$(run) -m tests.mistakes.ablation $(ARGS)

numba: $(VENV)/.oracles
	$(run) -m pytest tests/test_numba.py tests/test_backends.py $(or $(ARGS),-m "not slow")

oracles: $(VENV)/.oracles
	$(run) -m pytest -m oracle $(ARGS)

coverage: $(VENV)/.bench
	$(run) -m benchmarks.coverage $(ARGS)

bench: $(VENV)/.$(or $(EXTRA),peers)
	$(run) -m benchmarks.speed $(ARGS)
	$(if $(ARGS),,$(run) -m benchmarks.epochs)

growth: $(VENV)/.test
	$(run) -m benchmarks.growth $(ARGS)

epochs: $(VENV)/.$(or $(EXTRA),peers)
	$(run) -m benchmarks.epochs $(ARGS)

xor: $(VENV)/.$(or $(EXTRA),xor)
	$(run) examples/xor.py $(ARGS)

# A Chromium of the system, of Debian's packages, or of playwright; without one the tests skip.
page: $(VENV)/.$(or $(EXTRA),page)
	@command -v chromium chromium-browser google-chrome >/dev/null || \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } || \
	  $(run) -m playwright install --with-deps chromium || \
	  echo "no Chromium could be installed: the tests of the page are skipped"
	$(run) -m pytest tests/test_play_browser.py $(ARGS)

lint: $(VENV)/.$(or $(EXTRA),dev)
	$(run) -m ruff check .
	$(run) -m ruff format --check .

format: $(VENV)/.dev
	$(run) -m ruff check --fix .
	$(run) -m ruff format .

types: $(VENV)/.$(or $(EXTRA),dev)
	$(run) -m mypy
	$(run) -m mypy --strict --follow-imports=silent tests/typed

clean:
	rm -rf $(VENV) $(VENV)-* build dist *.egg-info .pytest_cache .hypothesis .ruff_cache .mypy_cache

# Where Python comes without ensurepip (Debian without python3-venv), its own pip fills the environment.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "autograd_lite needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || $(PYTHON) -m venv --clear --without-pip $(VENV)

$(VENV)/.%: $(VENV)/bin/python pyproject.toml
	@if $(run) -c 'import pip' 2>/dev/null; then pip="$(run) -m pip"; \
	elif $(PYTHON) -c 'import pip' 2>/dev/null; then pip="$(PYTHON) -m pip --python $(run)"; \
	else rm -rf $(VENV); echo "pip is missing: install python3-venv or python3-pip, or name a Python that has it: make PYTHON=..."; exit 1; fi; \
	echo "installing autograd_lite[$*] into $(VENV) ..."; \
	$$pip install --disable-pip-version-check --no-compile --progress-bar on -e ".[$*]"
	@touch $@
