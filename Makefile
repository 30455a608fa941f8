# The one front door: build, run, test, bench, demo, check, size, clean; guests, compose.
#
# Every target does its own set-up (npm packages, the Wasmtime CLI, a C compiler) and is incremental. Folders are
# among the prerequisites, so adding or removing a source file counts as a change; they are spelled `test/.` and so
# on, because plain `test` and `bench` are targets.

bin       := node_modules/.bin
packages  := node_modules/.package-lock.json
core      := build/core/event-engine.core.wasm
component := build/event-engine.wasm
pages     := build/browser/event-engine.min.js
release   := --target release --transform ./wit/export-names.mjs
asc       := $(bin)/asc --config asconfig.json $(release)
operations := build/bench/operations.wasm
wrapper   := wit/build.mjs wit/short-names.mjs
rawGuests := interface hostile completions
guests    := build/guests/.stamp build/guests/echo-assemblyscript.wasm \
             $(patsubst sdk/c/examples/%.c,build/guests/%.wasm,$(wildcard sdk/c/examples/*.c)) \
             $(rawGuests:%=build/guests/%.wasm) build/guests/library-check.wasm build/guests/manager-check.wasm \
             build/guests/rust-std.wasm
warnings  := -Wall -Wextra -Wpedantic -Werror
sizeMax   := 180224
ownC      := $(foreach folder,src examples test test/guest,sdk/c/$(folder)/*.[ch])

sources = $(shell find $(addsuffix /.,$(1)) \( -name '*.ts' -o -type d \) -not -path '*/node_modules*' 2>/dev/null)

.DELETE_ON_ERROR:
.PRECIOUS: build/guests/%.guest.wasm
.PHONY: build run test bench demo check size clean guests compose always

build: $(component) build/dist.stamp $(pages)

run: build build/test/.stamp
	wasmtime=$$(sh test/tools/wasmtime.sh) && WASMTIME=$$wasmtime node build/bench/main-job.js $(ARGS)

test: build build/test/.stamp guests
	wasmtime=$$(sh test/tools/wasmtime.sh) && WASMTIME=$$wasmtime node build/test/run.js $(TESTS)

bench: build build/test/.stamp guests $(operations)
	sh bench/setup.sh
	wasmtime=$$(sh test/tools/wasmtime.sh) && WASMTIME=$$wasmtime node build/bench/run.js $(ARGS)

demo: build
	node examples/demo/serve.mjs $(ARGS)

check: build build/test/.stamp
	$(bin)/tsc -p . --noEmit
	$(bin)/tsc -p test --noEmit
	$(asc) --noEmit
	node build/test/tidy.js
	format=$$(sh test/tools/debian-tool.sh clang-format) && $$format --dry-run -Werror $(wildcard sdk/c/include/* $(ownC))

size: $(component)
	@bytes=$$(wc -c < $(component)) && echo "$(component): $$bytes bytes of at most $(sizeMax)" && \
	  test $$bytes -le $(sizeMax)

# Programs that run as guests: those on plain WASI, and the examples on the engine, each composed with it.
guests: $(guests)

# Joins a guest with the engine into one component: make compose GUEST=app.wasm OUT=composed.wasm
compose: $(component)
	wac=$$(sh test/tools/rust-tool.sh wac) && $$wac plug --plug $(component) $(GUEST) -o $(OUT)

clean:
	rm -rf build dist

always:

# Not `npm ci`: it refuses a lock that lacks packages of other platforms, which jco has many of. `--no-save`
# installs what the lock says and leaves it alone. npm writes this file last, so it is missing after an
# interrupted installation.
$(packages): package-lock.json
	npm install --no-save
	touch $@

$(core): $(call sources,assembly) asconfig.json wit/export-names.mjs $(packages)
	$(asc)

$(component): $(core) $(wildcard wit/*.wit) $(wrapper)
	node wit/build.mjs $(core) $@

# The core in the hands of the benchmarks: the same sources, compiled like the shipped file, with another entry.
$(operations): $(call sources,assembly bench/assembly) asconfig.json bench/assembly/asconfig.json wit/export-names.mjs \
               $(wildcard wit/*.wit) $(wrapper) $(packages)
	mkdir -p build/bench
	$(bin)/asc --config bench/assembly/asconfig.json $(release) --outFile build/bench/operations.core.wasm
	node wit/build.mjs build/bench/operations.core.wasm $@

# What the compiler did not write again belongs to a source that is gone, and must not be shipped. The stamp is
# from before the compilation, so what is edited meanwhile is compiled again; it is kept out of the package.
build/dist.stamp: $(call sources,host) tsconfig.json $(packages) $(if $(wildcard dist/cli.js),,always)
	mkdir -p build && touch $@.new
	$(bin)/tsc -p .
	find dist -type f ! -newer $@.new -delete
	chmod +x dist/cli.js
	mv $@.new $@

# The host for pages without a bundler, minified.
$(pages): build/dist.stamp $(wildcard host/bundle/*.mjs)
	node host/bundle/bundle.mjs $(@D)
	touch $@

build/test/.stamp: $(call sources,test bench) test/tsconfig.json build/dist.stamp
	$(bin)/tsc -p test
	touch $@

wit = $(wrapper) $(wildcard wit/*.wit)
sdk = $(shell find $(addprefix sdk/c/,include src generated tools) -type f 2>/dev/null) $(wit)

build/guests/.stamp: $(wildcard test/guests/*) $(sdk) $(packages)
	mkdir -p $(@D)
	cc=$$(sh test/tools/wasi-clang.sh) && bindgen=$$(sh test/tools/rust-tool.sh wit-bindgen) && \
	  WASI_CC=$$cc WIT_BINDGEN=$$bindgen node test/guests/build.mjs $(@D)
	touch $@

# Left out where Rust cannot compile for WASI 0.2; test/tools/rust-target.sh says what is missing.
build/guests/rust-std.wasm: test/guests/rust-std.rs test/tools/rust-target.sh
	mkdir -p $(@D) && rm -f $@
	rustc=$$(sh test/tools/rust-target.sh) && \
	  if [ -n "$$rustc" ]; then $$rustc --edition=2021 -O -C strip=symbols -o $@ $<; fi

guestInC = mkdir -p $(@D) && cc=$$(sh test/tools/wasi-clang.sh) && \
           WASI_CC=$$cc node sdk/c/tools/build-guest.mjs -o $@ $(warnings) $<

build/guests/%.guest.wasm: sdk/c/examples/%.c $(sdk) $(packages)
	$(guestInC)

build/guests/%.guest.wasm: sdk/c/test/guest/%.c sdk/c/test/guest/checks.h $(sdk) $(packages)
	$(guestInC)

# Guests on the raw bindings, which test the interfaces themselves: a folder each.
$(rawGuests:%=build/guests/%.guest.wasm): build/guests/%.guest.wasm: \
    $(wildcard test/guests/raw-names.h test/guests/build-raw.mjs $(rawGuests:%=test/guests/%/*)) $(sdk) $(packages)
	mkdir -p $(@D)
	cc=$$(sh test/tools/wasi-clang.sh) && bindgen=$$(sh test/tools/rust-tool.sh wit-bindgen) && \
	  WASI_CC=$$cc WIT_BINDGEN=$$bindgen node test/guests/build-raw.mjs test/guests/$* $@

build/guests/echo-assemblyscript.guest.wasm: $(wildcard examples/guest-assemblyscript/*) $(wit) $(packages)
	mkdir -p $(@D)
	node examples/guest-assemblyscript/build.mjs $@

build/guests/%.wasm: build/guests/%.guest.wasm $(component)
	wac=$$(sh test/tools/rust-tool.sh wac) && $$wac plug --plug $(component) $< -o $@
