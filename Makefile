# 电子印章与可信交易服务 · run `make help`
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
DATA ?= data
PORT ?= 8000
OUT ?= demo-out

.DEFAULT_GOAL := help

help: ## 列出所有命令 · list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.run ## 建立 .venv 并安装运行依赖 · create .venv, install what running needs
setup-dev: .venv/.dev ## 再安装测试工具 · also the test tools

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; found $$($(PYTHON) --version). Try: make PYTHON=python3.12"; exit 1; }
	@echo "· creating .venv"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.run: .venv/.python requirements.lock pyproject.toml
	@echo "· installing from requirements.lock (hashes checked)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.run requirements-dev.lock
	@echo "· installing test tools from requirements-dev.lock"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

run: .venv/.run ## 启动演示服务 · serve the demo trust domain on 127.0.0.1, port 8000 or PORT=…
	@$(BIN)/sealsvc serve --demo --data $(DATA) --port $(PORT)

demo: .venv/.run ## 用 HTTP 跑完整个故事 · the whole story over HTTP, files to OUT (BASE=URL: a running service)
	@$(BIN)/sealsvc demo --out $(OUT) $(if $(BASE),--base $(BASE) --clients $(DATA)/demo-clients.json)

test: .venv/.dev ## 跑所有能跑的测试 · every test this machine can run, and why others are skipped
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: .venv/.dev ## 格式、静态检查、分层、接口文档 · format, lint, types, layers, openapi
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/sealsvc openapi --check

corpus-ofd: .venv/.dev ## 公开 OFD 样本核验 · every public OFD through the endpoint, seals by the formats
	@$(BIN)/python -m tests.corpus.national

corpus: .venv/.dev ## 公开样本全量核验 · every public sample through the HTTP endpoint, a table per class
	@$(BIN)/python -m tests.corpus.run $(ARGS)

schemathesis: .venv/.dev ## 由 openapi.yaml 造请求 · requests invented from openapi.yaml, a service per client
	@$(BIN)/python -m tests.api.schemathesis.run $(ARGS)

fuzz: .venv/.dev ## 模糊测试 · coverage-guided fuzzing of one parser: TARGET=pdf SECONDS=60 (needs atheris)
	@$(BIN)/python -m tests.fuzz.run $(or $(TARGET),pdf) $(or $(SECONDS),60)

nightly: .venv/.dev ## 一万次变异、全部样本、十万行导入 · 10,000 mutations, all samples, 100,000 rows
	@SEALSVC_NIGHTLY=1 SEALSVC_FULL_CORPUS=1 $(BIN)/python -m pytest tests/areas/entities/test_importing_whole.py tests/attacks tests/fuzz tests/corpus $(ARGS)

bench: .venv/.dev ## 测量 · measure, as ratios to the library default and the physical limit
	@$(BIN)/python -m bench

openapi: .venv/.run ## 由代码写出 openapi.yaml · write openapi.yaml from the code
	@$(BIN)/sealsvc openapi

samples: .venv/.run ## 重建样例 · rebuild the sample files
	@$(BIN)/python -m samples.build

clean: ## 删除环境与演示数据 · delete the environment and the demo's data
	@rm -rf .venv $(DATA) $(OUT) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.PHONY: help setup setup-dev run demo test check corpus schemathesis fuzz nightly bench openapi samples clean
