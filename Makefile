# `make run` and `make test` need nothing set up before; `make help` lists the rest.
#
# All builds of the host name the whole workspace: with fewer packages cargo would choose
# other features for what they share, and compile wasmtime a second time.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test lint fuzz guests host hostile bench clean prerequisites

HIVE ?= hive
SECONDS ?= 60
BUILD_SH := example-workers/build.sh
# Which test runner there is; both take what follows.
TEST := $(shell cargo nextest --version >/dev/null 2>&1 && echo nextest run || echo test)

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: host ## the example workers on a node in hive/ (HIVE=DIR: elsewhere; ONCE=1: stop after the replies)
	@$(BUILD_SH) --out $(HIVE)/workers
	@example-workers/run.sh $(HIVE)

test: lint guests host ## every check and test
	cargo $(TEST) --workspace --locked
	cargo test --workspace --locked --doc
	cargo $(TEST) --locked --manifest-path example-workers/Cargo.toml --target-dir target

lint: prerequisites ## format, clippy, documentation, and the host without its features or its command
	cargo fmt --all --check
	cargo fmt --all --check --manifest-path example-workers/Cargo.toml
	cargo fmt --check --manifest-path tests/fuzz/libfuzzer/Cargo.toml
	if [ -d tests/guests ]; then cargo fmt --all --check --manifest-path tests/guests/Cargo.toml; fi
	for peer in ockam rusm extism shared; do cargo fmt --check --manifest-path bench/peers/$$peer/Cargo.toml; done
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy -p skep --lib --no-default-features --locked -- -D warnings
	cargo clippy -p skep --lib --no-default-features --features tcp,wasi,watch --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

fuzz: prerequisites ## the fuzz targets under libFuzzer, in turn (TARGET=frame: one; SECONDS=3600: each for an hour)
	@tests/fuzz/libfuzzer/run.sh $(SECONDS) $(TARGET)

guests: prerequisites ## the workers of the examples and of the tests
	$(BUILD_SH) example-workers $(wildcard tests/guests)

host: prerequisites ## the command: target/debug/skep
	cargo build --workspace --locked

hostile: guests host ## every attack beside a well-behaved neighbour, and a table of what both saw
	rm -rf target/hostile
	NEXTEST_TEST_THREADS=1 cargo $(TEST) --workspace --locked --test all hostile::g
	@cargo run --quiet --locked --example hostile

bench: guests ## Skep beside Ockam, RUSM, Extism, wasmtime and tokio in one run (QUICK=1: rougher; ONLY=TEXT: some rows)
	cargo build --release --locked -p skep -p skep-bench
	@bench/peers/build.sh
	@target/release/skep-bench --only "$(ONLY)" $(if $(QUICK),--quick)

clean: ## all that was built; not hive/
	cargo clean

prerequisites:
	@command -v cargo >/dev/null || { echo "make: there is no cargo: install Rust, https://rustup.rs" >&2; exit 1; }
	@command -v cc >/dev/null || { echo "make: there is no C compiler (cc), which Rust links with: install gcc or clang" >&2; exit 1; }
