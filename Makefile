# hearth: every target. `make help` lists them; recipes longer than a few lines are scripts under scripts/.
#
#   B=DIR       where everything generated goes (default build)
#   DL=DIR      where the fetched source archives lie (default build/sources); shared by builds in several B
#   CC=gcc      or clang: the compiler of the program; JOBS=N: how many at once
SHELL := /bin/sh
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
export LC_ALL := C
export TZ := UTC

B  ?= build
DL ?= build/sources
ifeq ($(origin CC),default)
CC := gcc
endif
JOBS ?= $(shell nproc)
BUDGET := 524288
FUZZ_SECONDS ?= 20
# Passed on to a make below this one, unless the caller's own -j already reaches it.
J = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))
# Two makes in one build directory would pull it from under each other.
ALONE = flock $(B)/lock

.DEFAULT_GOAL := all
QUICK := help clean distclean relock flux
ifneq ($(filter-out $(QUICK),$(or $(MAKECMDGOALS),all)),)
include $(B)/config.mk
# Reproducible: the build's date is the commit's, and no other time, path or name gets in.
git := git -c safe.directory='*'
export SOURCE_DATE_EPOCH ?= $(or $(shell $(git) log -1 --format=%ct 2>/dev/null),1767225600)
export HEARTH_VERSION ?= $(or $(shell $(git) describe --tags --always --dirty --match 'v[0-9]*' 2>/dev/null | \
    sed 's/^v//;s/^\([0-9a-f]*\)\(-dirty\)*$$/0.1.0-dev+\1\2/'),0.1.0-dev)
endif

## Building

.PHONY: all
all: ## Build the program: build/hearth, a static-pie of at most 512 KiB
	+@$(ALONE) $(MAKE) --no-print-directory -s $(J) $(B)/hearth

ifneq ($(file <$(B)/cc),$(CC))
$(B)/config.mk: FORCE
endif
$(B)/config.mk: scripts/toolchain
	@CC='$(CC)' scripts/deps build
	@mkdir -p $(B)
	@scripts/toolchain '$(CC)' $(B) >$@.new && mv $@.new $@ && printf '%s' '$(CC)' >$(B)/cc

$(DL)/used.lock: scripts/deps.lock
	@scripts/fetch $(DL) $(B)/apt

# Kept here too: what is built stays whole when the archives are elsewhere the next time, or gone.
$(B)/used.lock: $(DL)/used.lock
	@cp $< $@

$(B)/src.ok: $(DL)/used.lock scripts/unpack $(wildcard scripts/patches/*)
	@scripts/unpack $(DL) $(B)/src && touch $@

COMMON := -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables $(HARDEN)
SYSTEM := -nostdinc -isystem $(B)/musl/include -isystem $(CC_INCLUDE) -isystem $(B)/linux
WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Wformat=2 \
    -Wvla -Wcast-qual -Werror
INCLUDES := -Iboot -I. -Iembed -isystem $(B)/src/bearssl/inc -isystem $(B)/src/libyaml/include -isystem $(B)/src/zlib \
    -isystem $(B)/src/jansson/src
DEFINES := -D_GNU_SOURCE= -DZLIB_CONST -DYAML_DECLARE_STATIC
PATHS := -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(B)=build

$(B)/musl.ok: $(B)/src.ok $(B)/config.mk scripts/musl
	+@scripts/musl '$(CC)' $(B)/src/musl $(B) "$(MAKE) $(J)" '$(OPTIMISE) -fPIE $(COMMON)' '$(AR)' && touch $@

libs = $(MAKE) --no-print-directory -s $(J) -f scripts/libs.mk SRC=$(B)/src CONFIG=$(B)/config.mk
LIBS := bearssl yaml zlib jansson
$(B)/libs.ok: $(B)/musl.ok scripts/libs.mk embed/jansson_config.h
	+@$(libs) OUT=$(B)/lib LIBS='$(LIBS)' ZLIB=inflate LCC='$(CC) $(CC_TARGET) $(SYSTEM)' LAR='$(AR)' \
	    LCFLAGS='$(OPTIMISE) $(LTO) -g -fPIE $(COMMON) $(PATHS)' && touch $@

# Tools of the build itself: glibc, this host.
HOSTCC := gcc -std=gnu11 -O1 -D_GNU_SOURCE= $(WARN)
$(B)/host.ok: $(B)/src.ok scripts/libs.mk
	+@$(libs) OUT=$(B)/host LIBS='x509 zlib' ZLIB=full LCC=gcc LAR=ar LCFLAGS=-O1 && touch $@
$(B)/host/mkroots: embed/mkroots.c $(B)/host.ok
	@$(HOSTCC) -isystem $(B)/src/bearssl/inc -o $@ $< $(B)/host/libx509.a
$(B)/host/pack: embed/pack.c $(B)/host.ok
	@$(HOSTCC) -isystem $(B)/src/zlib -o $@ $< $(B)/host/libzlib.a

$(B)/gen/roots.c: embed/roots.list $(B)/host/mkroots
	@mkdir -p $(@D)
	@$(B)/host/mkroots embed/roots.list $(B)/src/ca-certificates/usr/share/ca-certificates/mozilla >$@
ASSETS := $(shell find assets -type f 2>/dev/null)
$(B)/gen/assets.list: FORCE
	@mkdir -p $(@D)
	@scripts/asset-list >$@.new && { cmp -s $@.new $@ && rm $@.new || mv $@.new $@; }
$(B)/gen/assets.c: $(B)/gen/assets.list $(B)/host/pack $(ASSETS)
	@$(B)/host/pack assets assets/ <$< >$@
# The help and the words of the error codes, packed the same way.
HELP := $(sort $(wildcard embed/help/*.txt))
$(B)/host/mkcodes: embed/mkcodes.c boot/base/codes.h
	@mkdir -p $(@D)
	@$(HOSTCC) -Iboot -o $@ $<
$(B)/gen/texts.c: $(HELP) $(B)/host/mkcodes $(B)/host/pack
	@rm -rf $(B)/gen/texts && mkdir -p $(B)/gen/texts/help && cp $(HELP) $(B)/gen/texts/help/
	@$(B)/host/mkcodes >$(B)/gen/texts/codes
	@printf '%s\n' $(B)/gen/texts/codes $(HELP:embed/%=$(B)/gen/texts/%) | $(B)/host/pack texts $(B)/gen/texts/ >$@
$(B)/gen/version.c: FORCE $(B)/used.lock
	@mkdir -p $(@D)
	@scripts/version-gen $(B)/used.lock >$@.new && { cmp -s $@.new $@ && rm $@.new || mv $@.new $@; }
GEN := roots assets texts version

# The program. base/mem.c is malloc itself: the compiler must not know what malloc means while it compiles it, nor see
# into it while it compiles the rest. musl stays out of LTO for the same reason: it is what memcpy means.
OWN := $(sort $(wildcard boot/*.c boot/*/*.c)) embed/assets.c embed/texts.c
OBJ := $(OWN:%.c=$(B)/obj/%.o) $(GEN:%=$(B)/obj/gen/%.o)
CFLAGS = $(OPTIMISE) $(LTO) -g
COMPILE = $(CC) $(CC_TARGET) -std=gnu11 $(CFLAGS) -fPIE $(COMMON) $(SYSTEM) $(INCLUDES) $(DEFINES) -DMEM_INTERPOSE $(WARN) \
    $(PATHS) -MMD -MP
$(B)/obj/boot/base/mem.o: COMPILE += -fno-builtin -fno-lto
$(B)/obj/%.o: %.c $(B)/libs.ok $(B)/config.mk Makefile
	@mkdir -p $(@D)
	@$(COMPILE) -c -o $@ $<
$(B)/obj/gen/%.o: $(B)/gen/%.c $(B)/libs.ok $(B)/config.mk Makefile
	@mkdir -p $(@D)
	@$(COMPILE) -Wno-cast-qual -c -o $@ $<
-include $(OBJ:.o=.d)

# Written out because neither gcc's nor clang's driver knows this musl: rcrt1.o relocates a static-pie itself.
LINK = $(CC) $(CC_TARGET) -nostdlib -static -Wl,-pie,--no-dynamic-linker,-z,text,-z,relro,-z,now,-z,noexecstack \
    -Wl,--gc-sections,--build-id=none $(OPTIMISE) $(LTO_LINK) -fPIE $(COMMON) -g $(PATHS) $(LDFLAGS)
$(B)/hearth: $(OBJ) $(B)/libs.ok scripts/check-binary
	@$(LINK) -o $@.debug $(B)/musl/lib/rcrt1.o $(B)/musl/lib/crti.o $(OBJ) $(LIBS:%=$(B)/lib/lib%.a) \
	    $(B)/musl/lib/libc.a $(LIBGCC) $(B)/musl/lib/crtn.o
	@strip -s -R .comment -R '.note*' -o $@.new $@.debug
	@scripts/check-binary $@.new $(BUDGET) && mv $@.new $@

.PHONY: size reproducible relock
size: all ## Where the bytes of the program come from: libraries, own code by room, assets, roots, budget
	@scripts/size $(B) $(BUDGET)
reproducible: $(B)/src.ok ## Build twice (other directory, user, umask, zone, -j) and compare the bytes
	@scripts/reproducible $(DL) $(B)/twice '$(CC)'
relock: ## Take the suite's newest sources and write scripts/deps.lock anew
	@scripts/fetch --relock $(DL) $(B)/apt

## Testing

# The same sources for glibc under ASan and UBSan, with the same fetched libraries (under ASan alone: their authors did
# not write for UBSan).
SAN := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
SANCC := clang -std=gnu11 $(SAN) $(INCLUDES) $(DEFINES) $(WARN) -MMD -MP
ROOMS := $(sort $(wildcard boot/*/*.c)) embed/assets.c embed/texts.c
UNIT_OBJ := $(ROOMS:%.c=$(B)/unit/obj/%.o) $(GEN:%=$(B)/unit/obj/gen/%.o)
UNIT_BIN := $(patsubst tests/unit/%.c,$(B)/unit/%,$(sort $(wildcard tests/unit/test_*.c)))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
REPLAY_BIN := $(patsubst tests/fuzz/fuzz_%.c,$(B)/unit/replay_%,$(FUZZ_SRC))
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(FUZZ_SRC))
SANLIBS = $(B)/unit/libhearth.a $(LIBS:%=$(B)/san/lib%.a)

$(B)/san.ok: $(B)/src.ok scripts/libs.mk embed/jansson_config.h
	+@$(libs) OUT=$(B)/san LIBS='$(LIBS)' ZLIB=full LCC=clang LAR=ar \
	    LCFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address' && touch $@
$(B)/unit/obj/gen/%.o: $(B)/gen/%.c $(B)/san.ok Makefile
	@mkdir -p $(@D)
	@$(SANCC) -Wno-cast-qual -c -o $@ $<
$(B)/unit/obj/%.o: %.c $(B)/san.ok Makefile
	@mkdir -p $(@D)
	@$(SANCC) -c -o $@ $<
$(B)/unit/libhearth.a: $(UNIT_OBJ)
	@rm -f $@
	@ar qcsD $@ $^
$(B)/unit/test_%: $(B)/unit/obj/tests/unit/test_%.o $(B)/unit/libhearth.a
	@clang $(SAN) -o $@ $< $(SANLIBS) -lcmocka
$(B)/unit/replay_%: $(B)/unit/obj/tests/fuzz/fuzz_%.o $(B)/unit/obj/tests/fuzz/replay.o $(B)/unit/libhearth.a
	@clang $(SAN) -o $@ $(wordlist 1,2,$^) $(SANLIBS)
# Own code once more, with libFuzzer's counters in it.
FUZZ_OBJ := $(ROOMS:%.c=$(B)/fuzz/obj/%.o) $(GEN:%=$(B)/unit/obj/gen/%.o)
$(B)/fuzz/obj/%.o: %.c $(B)/san.ok Makefile
	@mkdir -p $(@D)
	@$(SANCC) -fsanitize=fuzzer-no-link -c -o $@ $<
$(B)/fuzz/fuzz_%: $(B)/fuzz/obj/tests/fuzz/fuzz_%.o $(FUZZ_OBJ)
	@clang $(SAN) -fsanitize=fuzzer -o $@ $^ $(LIBS:%=$(B)/san/lib%.a)
-include $(UNIT_OBJ:.o=.d) $(FUZZ_OBJ:.o=.d) $(wildcard $(B)/unit/obj/tests/*/*.d)

.PHONY: test-deps unit-build unit blackbox test conformance faults fuzz bench
test-deps:
	@scripts/deps test
unit-build: test-deps
	+@$(ALONE) $(MAKE) --no-print-directory -s $(J) $(UNIT_BIN) $(REPLAY_BIN)
unit: unit-build ## Unit tests and replayed fuzz corpora, under ASan and UBSan
	@scripts/suite $(B)/counts/unit scripts/run-unit $(B)/unit $(UNIT_BIN) $(REPLAY_BIN)
blackbox: test-deps all ## Cases as data, on the program itself
	@scripts/suite $(B)/counts/blackbox tests/blackbox/run $(B)/hearth
test: unit-build all ## unit and blackbox: Debian packages only; ends with the counts
	@rm -f $(B)/counts/unit $(B)/counts/blackbox
	-@scripts/suite $(B)/counts/unit scripts/run-unit $(B)/unit $(UNIT_BIN) $(REPLAY_BIN)
	-@scripts/suite $(B)/counts/blackbox tests/blackbox/run $(B)/hearth
	@scripts/tally $(B)/counts/unit $(B)/counts/blackbox
conformance: test-deps all ## Against Talos's Go packages and Azure's SDK; skipped, and counted, without go and node
	@scripts/suite $(B)/counts/conformance tests/conformance/run $(B)/hearth
faults: test-deps all ## The table of faults on `boot`: what goes wrong, where, and what must come of it; skipped, and counted, without go
	@scripts/suite $(B)/counts/faults tests/faults/run $(B)/hearth
fuzz: test-deps ## Each fuzz target for FUZZ_SECONDS (20)
	+@$(ALONE) $(MAKE) --no-print-directory -s $(J) $(FUZZ_BIN)
	@scripts/fuzz $(FUZZ_SECONDS) $(FUZZ_BIN)
bench: test-deps all ## Size, memory, round trips and CPU beside curl and the SDK; boot beside a shell recipe (with go)
	@tests/bench/run $(B)/hearth
	@tests/bench/boot.py $(B)/hearth
.PHONY: format-check
format-check: ## Is every C file laid out as .clang-format says?
	@scripts/deps format
	@scripts/format-check

## Images

# Settings reach the tools as environment variables: SITE, ROLE, CREDENTIAL, TALOS, KERNEL, INITRAMFS, KARGS, BASE, PERMANENT,
# IMAGE_CACHE, REGISTRY, IF, PORT. Outputs go to OUT (default out).
export SITE ROLE CREDENTIAL TALOS KERNEL INITRAMFS KERNEL_SHA256 INITRAMFS_SHA256 KARGS BASE PERMANENT IMAGE_CACHE REGISTRY IF PORT
OUT ?= out
IMAGE = OUT='$(OUT)' BINARY='$(B)/hearth' scripts/image/image
.PHONY: extension site-layer initrd usb pxe pxe-serve installer reset talos-pin image-test
extension: all ## The Talos system extension: a tar and an OCI layout, public
	@$(IMAGE) extension
site-layer: all ## SITE=DIR [ROLE=x] [CREDENTIAL=0]: what boot reads of a site, as a layer over the extension
	@$(IMAGE) site-layer
initrd: all ## [SITE=DIR [ROLE=x] [CREDENTIAL=0]] [BASE=initramfs.xz]: the layers as an initrd segment, alone or behind a base
	@$(IMAGE) initrd
usb: all ## SITE=DIR TALOS=v1.13.x [ROLE=x] [CREDENTIAL=0] [IMAGE_CACHE=DIR]: an ISO for a stick, BIOS and UEFI
	@$(IMAGE) usb
pxe: all ## SITE=DIR TALOS=v1.13.x [ROLE=x] [CREDENTIAL=1]: a directory to serve for network boot; no login in it unasked
	@$(IMAGE) pxe
pxe-serve: ## IF=eth0 [PORT=8080]: serve that directory beside the router's DHCP, as root
	@$(IMAGE) pxe-serve
installer: all ## SITE=DIR TALOS=v1.13.x [REGISTRY=host/path]: how hearth stays on the disk; imager profile and commands
	@$(IMAGE) installer
reset: $(if $(SITE),all) ## [SITE=DIR]: back to maintenance mode: what is lost, then the commands
	@$(IMAGE) reset
talos-pin: ## SITE=DIR TALOS=v1.13.x: record the SHA-256 of Talos's kernel and initramfs in the site
	@$(IMAGE) talos-pin
image-test: test-deps all ## The outputs, unpacked as a kernel would, and against Talos's Go packages
	@scripts/suite $(B)/counts/image tests/image/run $(B)/hearth

## Virtual machines

.PHONY: vm demo-vm
vm: test-deps all ## Virtual boxes boot the stick and the network images under QEMU; skipped, and counted, without it
	@scripts/suite $(B)/counts/vm tests/vm/run --verbose $(B)/hearth
demo-vm: test-deps all ## One virtual OptiPlex with its screen: by stick to a founded cluster, then by network
	@tests/vm/run --demo $(B)/hearth

## Using

.PHONY: demo flux clean distclean help FORCE
demo: all ## The main job from end to end, against a stand-in for Azure
	@scripts/demo $(B)/hearth
flux: ## SITE=DIR: put Flux's pinned gotk-components.yaml into a site (FLUX_COMPONENTS=FILE: a local one)
	@scripts/flux '$(SITE)'
clean: ## Remove what was built, keep the fetched sources
	@if [ -d $(B) ]; then find $(B) -mindepth 1 -maxdepth 1 ! -name sources -exec rm -rf {} +; fi
distclean: ## Remove build/ altogether
	@rm -rf $(B)
help: ## This list
	@scripts/help Makefile
FORCE:
