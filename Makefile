# A thin front for meson and ninja. `make help` lists the targets.

BUILD  ?= build
PREFIX ?= /usr/local
JOBS   ?= $(shell nproc)
EXAMPLES = examples/

.PHONY: all demo test check-full bench bench-gpm install clean help

all: ## build build/berth, its debug information apart in build/berth.debug
	@scripts/build $(BUILD) $(JOBS) berth

demo: ## install what is missing, build, and schedule the example cluster
	@scripts/install-deps build
	@scripts/build $(BUILD) $(JOBS) berth
	@scripts/demo $(BUILD)/berth $(EXAMPLES)

test: ## install what is missing, build, run every test
	@scripts/install-deps build test
	@scripts/install-deps browser || echo "Going on without: the tests of the report page will be skipped." >&2
	@scripts/build $(BUILD) $(JOBS)
	@scripts/run-tests $(BUILD)

check-full: ## sanitizers, clang, headers, layering, an hour of histories, fuzzers, valgrind
	@scripts/install-deps build test full
	@scripts/check-full $(JOBS)

bench: all ## measure scheduling throughput
	$(BUILD)/berth bench

bench-gpm: ## compare libgpm with Go, program by program
	@scripts/install-deps build
	@scripts/install-deps bench || echo "Go cannot be installed here." >&2
	@bench/gpm/compare --build $(BUILD)

install: all ## install berth and libgpm into $(DESTDIR)$(PREFIX)
	install -Dm755 $(BUILD)/berth $(DESTDIR)$(PREFIX)/bin/berth
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/include/berth
	$(BUILD)/berth help --man > $(DESTDIR)$(PREFIX)/share/man/man1/berth.1
	install -Dm644 completions/berth.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/berth
	install -m644 include/berth/*.h $(DESTDIR)$(PREFIX)/include/berth
	@scripts/build $(BUILD) $(JOBS) libgpm
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install -m644 include/gpm.h $(DESTDIR)$(PREFIX)/include
	install -m644 $(BUILD)/src/gpm/libgpm.a $(DESTDIR)$(PREFIX)/lib
	find $(BUILD)/src/gpm -maxdepth 1 -name 'libgpm.so*' ! -type d -exec cp -dP {} $(DESTDIR)$(PREFIX)/lib \;
	sed 's|^prefix=.*|prefix=$(PREFIX)|; s|^libdir=.*|libdir=$${prefix}/lib|' $(BUILD)/meson-private/libgpm.pc \
		> $(DESTDIR)$(PREFIX)/lib/pkgconfig/libgpm.pc

clean: ## remove the build directories
	rm -rf $(BUILD) build-asan build-clang build-fuzz build-tsan

help: ## show this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14
