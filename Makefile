# proctop: `make help` lists what there is.
# Cargo does the work; this adds set-up, root where it is needed, and installing.

PREFIX ?= /usr/local
ARGS ?=
SOAK_PROCESSES ?= 1000000
HOSTILE_INPUTS ?= 100000
KERNELS ?=

# exported, so that cargo and this file agree on where the binary is
export CARGO_TARGET_DIR ?= target
BINARY := $(CARGO_TARGET_DIR)/release/proctop
# rustup's place, for shells that were open before it came
export PATH := $(PATH):$(HOME)/.cargo/bin
CARGO ?= cargo

bin := $(DESTDIR)$(PREFIX)/bin
licences := $(DESTDIR)$(PREFIX)/share/licenses/proctop
runner := target."cfg(unix)".runner=["$(CURDIR)/scripts/as-root.sh"]

# root by sudo in a user's work tree: cargo would leave files there that the user can't remove
uid := $(shell id -u)
by_sudo := $(if $(filter 0,$(uid)),$(filter-out 0,$(and $(SUDO_UID),$(shell stat -c %u .))))

.PHONY: build run test test-kernels soak bench bench-peers fuzz screenshots recordings install uninstall clean help setup setup-tests setup-kernels not-by-sudo

build: setup ## build the release binary (the default)
	$(CARGO) build --release --locked

run: build ## build and start proctop (ARGS='-- make -j2'); without a terminal: ten seconds of `proctop log`
	@scripts/run.sh "$(BINARY)" $(ARGS)

test: setup-tests ## formatting, lints and all tests, those on the live kernel as root and on Linux 6.1 emulated
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) clippy --locked --package proctop-fuzz --no-default-features -- -D warnings
	$(CARGO) clippy --locked --package proctop-bench --all-targets -- -D warnings
	PROCTOP_HOSTILE_INPUTS=$(HOSTILE_INPUTS) $(CARGO) test --locked --no-fail-fast --config '$(runner)'
	$(CARGO) test --locked --package proctop-bench --lib
	@scripts/kernels/in-tests.sh 6.1

test-kernels: setup-kernels ## the live tests on Linux 5.10 to 7, emulated; writes docs/KERNELS.md (KERNELS='6.1 6.12': only these)
	@scripts/kernels/run.sh $(KERNELS)

soak: setup-tests ## run SOAK_PROCESSES (a million) processes through a screen: memory, ghosts, account
	SOAK_PROCESSES=$(SOAK_PROCESSES) PROCTOP_REQUIRE_BPF=1 \
		$(CARGO) test --release --locked --config '$(runner)' --test pty_soak -- --ignored --nocapture

bench: setup-tests ## measure storms, programs, model, screen; writes BENCHMARKS.md (BENCH_ROUNDS, BENCH_SECONDS, BENCH_ONLY: less, beneath target/)
	@scripts/bench.sh

bench-peers: ## install the programs that make bench compares with, as far as the package sources have them
	@scripts/bench-peers.sh

fuzz: setup ## fuzz what reads records, recordings and filters: FUZZ_SECONDS (600) for each target, ARGS='TARGET…'
	@scripts/fuzz.sh $(ARGS)

screenshots: build ## draw screenshots/*.svg anew, from the recordings beside them
	scripts/screenshots.sh "$(BINARY)" screenshots

recordings: setup-tests ## record screenshots/recordings anew, from real runs
	PROCTOP_REQUIRE_BPF=1 $(CARGO) test --release --locked --config '$(runner)' --test pty_picture -- --ignored --nocapture

install: $(if $(by_sudo),,build) ## install to PREFIX (/usr/local), beneath DESTDIR; build first if you use sudo for this
	@[ -x "$(BINARY)" ] || { echo 'make: nothing is built yet: run `make` without sudo first' >&2; exit 1; }
	install -D -m 755 "$(BINARY)" "$(bin)/proctop"
	install -D -m 644 LICENSE-MIT "$(licences)/LICENSE-MIT"
	install -D -m 644 LICENSE-APACHE "$(licences)/LICENSE-APACHE"
	install -D -m 644 src/bpf/LICENSE "$(licences)/LICENSE-kernel-side"

uninstall: ## remove what install put there
	rm -f "$(bin)/proctop" "$(licences)/LICENSE-MIT" "$(licences)/LICENSE-APACHE" "$(licences)/LICENSE-kernel-side"
	[ ! -d "$(licences)" ] || rmdir "$(licences)"

clean: not-by-sudo ## remove everything that was built
	$(CARGO) clean

help: ## show this
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | expand -t 14

setup: not-by-sudo
	@scripts/setup.sh

setup-tests: not-by-sudo
	@scripts/setup.sh --tests

setup-kernels: not-by-sudo
	@scripts/setup.sh --kernels

not-by-sudo:
	@[ -z "$(by_sudo)" ] || { echo 'make: run this without sudo: it asks for it itself where it needs it' >&2; exit 1; }
