# Loopwright: two commands do everything.
#   make tune   builds a release and tunes PolyBench's gemm at the LARGE size
#   make test   passes all tests

PACKAGES := build-essential clang-19 llvm-19-dev libclang-19-dev libomp-19-dev autoconf automake libtool
STAMP := target/.setup-$(firstword $(shell echo '$(PACKAGES)' | cksum))
GEMM := polybench/linear-algebra/blas/gemm/gemm.c

.PHONY: tune test test-slurm setup build lint clean

tune: build
	target/release/loopwright tune $(GEMM)

test: lint
	cargo test --release --workspace --locked --no-fail-fast

# Job arrays on a Slurm of one node that the test starts; `make test` skips it where Slurm is not installed.
test-slurm:
	$(MAKE) setup PACKAGES="$(PACKAGES) slurmctld slurmd slurm-client munge"
	cargo test --release --locked --package loopwright --test slurm -- --nocapture

# The binary alone: what `make tune` needs.
build: setup
	cargo build --release --locked

# Formatting and lints. Warnings fail only where CI is set.
lint: setup
	cargo fmt --all --check
	cargo clippy --release --workspace --all-targets --locked -- $(if $(CI),-D warnings)

setup: $(STAMP)

# Installs the missing system packages; the stamp makes it instant when nothing is missing.
$(STAMP):
	@missing=""; for package in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ]; then as_root=""; else as_root=sudo; fi; \
	  echo "setup: installing$$missing"; \
	  $$as_root apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq --no-install-recommends $$missing || exit 1; \
	fi
	@mkdir -p target && touch $@

clean:
	cargo clean
