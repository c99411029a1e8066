# hearth: every target. `make help` lists them; recipes longer than a few lines are scripts under scripts/.
#
#   B=DIR       where everything generated goes (default build)
#   DL=DIR      where the fetched source archives lie (default build/sources); shared by builds in several B
#   CC=gcc      or clang: the compiler of the program; JOBS=N: how many at once
#   T=WORDS     of unit, blackbox and fault: these tests alone
SHELL := /bin/sh
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
export LC_ALL := C
export TZ := UTC
unexport CDPATH

B  ?= build
DL ?= build/sources
ifeq ($(origin CC),default)
CC := gcc
endif
JOBS ?= $(shell nproc)
BUDGET := 655360
FUZZ_SECONDS ?= 20
# Passed on to a make below this one, unless the caller's own -j already reaches it.
J = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))
# Two makes in one build directory would pull it from under each other.
ALONE = flock $(B)/lock

.DEFAULT_GOAL := all
GOALS := $(or $(MAKECMDGOALS),all)
# Asked before anything is built: packages, place, rights. What stops these goals is the last line that make says.
ifndef HEARTH_READY
refusal := $(shell CC='$(CC)' B='$(B)' scripts/ready $(GOALS))
ifneq ($(.SHELLSTATUS),0)
define newline


endef
$(error $(subst |,$(newline),$(refusal)))
endif
export HEARTH_READY := yes
endif

QUICK := help clean distclean relock flux desks
ifneq ($(filter-out $(QUICK),$(GOALS)),)
include $(B)/config.mk
# Reproducible: the build's date is the commit's, and no other time, path or name gets in.
export SOURCE_DATE_EPOCH ?= $(shell scripts/tree date)
export HEARTH_VERSION ?= $(shell scripts/tree version)
# What is shipped is bookworm's gcc's build. Those of clang and of a later gcc are up to 4 % larger of the same source.
ifneq ($(CC_SHIPS),yes)
BUDGET := 688128
endif
endif

## Building

.PHONY: all
all: ## Build the program: build/hearth, a static-pie of at most 640 KiB
	+@$(ALONE) $(MAKE) --no-print-directory -s $(J) $(B)/hearth

ifneq ($(file <$(B)/cc),$(CC))
$(B)/config.mk: FORCE
endif
$(B)/config.mk: scripts/toolchain
	@mkdir -p $(B)
	@$(ALONE) sh -c 'scripts/toolchain "$$1" "$$2" >$@.new && mv $@.new $@ && printf "%s" "$$1" >$$2/cc' - '$(CC)' '$(B)'

$(DL)/used.lock: scripts/deps.lock
	@scripts/fetch $(DL) $(B)/apt

# Kept here too: what is built stays whole when the archives are elsewhere the next time, or gone.
$(B)/used.lock: $(DL)/used.lock
	@cp $< $@

$(B)/src.ok: $(DL)/used.lock scripts/unpack scripts/patches $(wildcard scripts/patches/*)
	@scripts/unpack $(DL) $(B)/src && touch $@

COMMON := -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables $(HARDEN)
SYSTEM := -nostdinc -isystem $(B)/musl/include -isystem $(CC_INCLUDE) -isystem $(B)/linux
WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Wformat=2 \
    -Wvla -Wcast-qual -Werror
INCLUDES := -Iboot -I. -Iembed -isystem $(B)/src/bearssl/inc -isystem $(B)/src/libyaml/include -isystem $(B)/src/zlib \
    -isystem $(B)/src/jansson/src
DEFINES := -D_GNU_SOURCE= -DZLIB_CONST -DYAML_DECLARE_STATIC
# The shell's own name of this directory, which may have blanks in it; scripts/libs.mk adds the same.
PATHS := -ffile-prefix-map="$$PWD"=. -ffile-prefix-map=$(B)=build

$(B)/musl.ok: $(B)/src.ok $(B)/config.mk scripts/musl
	+@scripts/musl '$(CC)' $(B) "$(MAKE) $(J)" '$(OPTIMISE) -fPIE $(COMMON)' '$(AR)' && touch $@

LIB_SOURCES := scripts/libs.mk embed/jansson_config.h embed/bearssl_rsa.h
libs = $(MAKE) --no-print-directory -s $(J) -f scripts/libs.mk SRC=$(B)/src CONFIG='$(B)/config.mk $(B)/src.ok'
LIBS := bearssl yaml zlib jansson
$(B)/libs.ok: $(B)/musl.ok $(LIB_SOURCES)
	+@$(libs) OUT=$(B)/lib LIBS='$(LIBS)' ZLIB=inflate LCC='$(CC) $(CC_TARGET) $(SYSTEM)' LAR='$(AR)' \
	    LCFLAGS='$(OPTIMISE) $(LTO) -g -fPIE $(COMMON) -ffile-prefix-map=$(B)=build' && touch $@

# Tools of the build itself: glibc, this host.
HOSTCC := gcc -std=gnu11 -O1 -D_GNU_SOURCE= $(WARN)
$(B)/host.ok: $(B)/src.ok scripts/libs.mk
	+@$(libs) OUT=$(B)/host LIBS=x509 LCC=gcc LAR=ar LCFLAGS=-O1 && touch $@
$(B)/host/mkroots: embed/mkroots.c $(B)/host.ok
	@$(HOSTCC) -isystem $(B)/src/bearssl/inc -o $@ $< $(B)/host/libx509.a
$(B)/host/pack $(B)/host/words: $(B)/host/%: embed/%.c $(B)/host.ok
	@$(HOSTCC) -o $@ $< -lzopfli -lm

$(B)/gen/roots.c: embed/roots.list $(wildcard embed/roots/*) $(B)/host/mkroots
	@mkdir -p $(@D)
	@$(B)/host/mkroots embed/roots.list $(B)/src/ca-certificates/usr/share/ca-certificates/mozilla embed/roots >$@
ASSETS := $(shell find assets -type f 2>/dev/null)
$(B)/gen/assets.list: FORCE
	@mkdir -p $(@D)
	@scripts/tree files assets >$@.new && { cmp -s $@.new $@ && rm $@.new || mv $@.new $@; }
$(B)/gen/assets.c: $(B)/gen/assets.list $(B)/host/pack $(ASSETS)
	@$(B)/host/pack assets assets/ <$< >$@
# The help, packed the same way.
HELP := $(sort $(wildcard embed/help/*.txt))
$(B)/gen/help.c: $(HELP) $(B)/host/pack
	@mkdir -p $(@D)
	@printf '%s\n' $(HELP) | $(B)/host/pack help embed/help/ >$@
# Talos's types, as the program reads them, packed the same way.
$(B)/host/mktables: embed/mktables.c $(wildcard embed/tables/*) boot/site/schema.h boot/site/rules.h $(B)/host.ok
	@$(HOSTCC) -Iboot -I. -o $@ $<
$(B)/gen/tables.c: $(B)/host/mktables $(B)/host/pack
	@mkdir -p $(@D)
	@$(B)/host/mktables >$(@D)/tables.bin
	@echo $(@D)/tables.bin | $(B)/host/pack tables $(@D)/ >$@
$(B)/gen/version.c: FORCE $(B)/used.lock
	@mkdir -p $(@D)
	@scripts/version-gen $(B)/used.lock >$@.new && { cmp -s $@.new $@ && rm $@.new || mv $@.new $@; }
GEN := roots assets help tables version

# The program. base/mem.c is malloc itself: the compiler must not know what malloc means while it compiles it, nor see
# into it while it compiles the rest. musl stays out of LTO for the same reason: it is what memcpy means.
OWN := $(sort $(wildcard boot/*.c boot/*/*.c)) embed/assets.c embed/help.c
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
STATIC := -nostdlib -static -Wl,-pie,--no-dynamic-linker,-z,text,-z,relro,-z,now,-z,noexecstack \
    -Wl,--gc-sections,--build-id=none
LINK = $(CC) $(CC_TARGET) $(STATIC) $(OPTIMISE) $(LTO_LINK) -fPIE $(COMMON) -g $(PATHS) $(LDFLAGS)
$(B)/hearth: $(OBJ) $(B)/libs.ok $(B)/host/words scripts/check-binary scripts/hearth.ld
	@$(LINK) -o $@.debug $(B)/musl/lib/rcrt1.o $(B)/musl/lib/crti.o $(OBJ) $(LIBS:%=$(B)/lib/lib%.a) \
	    $(B)/musl/lib/libc.a $(LIBGCC) $(B)/musl/lib/crtn.o
	@strip -s -R .comment -R '.note*' -o $@.new $@.debug
	@$(B)/host/words $@.new $@.new
	@scripts/check-binary $@.new $(BUDGET) && mv $@.new $@

# hearth's side of the walk over Talos's types: the program's own objects with another main.
$(B)/conformance/driver: $(B)/obj/tests/conformance/driver.o $(OBJ) $(B)/libs.ok
	@mkdir -p $(@D)
	@$(LINK) -o $@ $(B)/musl/lib/rcrt1.o $(B)/musl/lib/crti.o $(filter-out %/boot/main.o,$(filter %.o,$^)) \
	    $(LIBS:%=$(B)/lib/lib%.a) $(B)/musl/lib/libc.a $(LIBGCC) $(B)/musl/lib/crtn.o

# For the hand: the same program without LTO and with a debugger's view, linked in a tenth of the time, under no budget.
DEV_OBJ := $(OBJ:$(B)/obj/%=$(B)/dev/obj/%)
DEV = $(CC) $(CC_TARGET) -std=gnu11 -Og -g -fPIE $(COMMON)
$(B)/dev/libs.ok: $(B)/musl.ok $(LIB_SOURCES)
	+@$(libs) OUT=$(B)/dev/lib LIBS='$(LIBS)' ZLIB=inflate LCC='$(CC) $(CC_TARGET) $(SYSTEM)' LAR='$(AR)' \
	    LCFLAGS='-Og -g -fPIE $(COMMON) $(PATHS)' && touch $@
$(B)/dev/obj/boot/base/mem.o: DEV += -fno-builtin
$(B)/dev/obj/%.o: %.c $(B)/dev/libs.ok $(B)/config.mk Makefile
	@mkdir -p $(@D)
	@$(DEV) $(SYSTEM) $(INCLUDES) $(DEFINES) -DMEM_INTERPOSE $(WARN) -MMD -MP -c -o $@ $<
$(B)/dev/obj/gen/%.o: $(B)/gen/%.c $(B)/dev/libs.ok $(B)/config.mk Makefile
	@mkdir -p $(@D)
	@$(DEV) $(SYSTEM) $(INCLUDES) $(DEFINES) -DMEM_INTERPOSE $(WARN) -Wno-cast-qual -MMD -MP -c -o $@ $<
$(B)/dev/hearth: $(DEV_OBJ)
	@$(DEV) $(STATIC) -o $@ $(B)/musl/lib/rcrt1.o $(B)/musl/lib/crti.o $^ $(LIBS:%=$(B)/dev/lib/lib%.a) \
	    $(B)/musl/lib/libc.a $(LIBGCC) $(B)/musl/lib/crtn.o
-include $(DEV_OBJ:.o=.d)

.PHONY: dev size reproducible relock
dev: ## build/dev/hearth: the same program for gdb, without LTO, linked in a second
	+@$(ALONE) $(MAKE) --no-print-directory -s $(J) $(B)/dev/hearth
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
# What the host's test library calls deprecated is no fault of this tree.
SANCC := clang -std=gnu11 $(SAN) $(INCLUDES) $(DEFINES) $(WARN) -Wno-error=deprecated-declarations -MMD -MP
ROOMS := $(sort $(wildcard boot/*/*.c)) embed/assets.c embed/help.c
UNIT_OBJ := $(ROOMS:%.c=$(B)/unit/obj/%.o) $(GEN:%=$(B)/unit/obj/gen/%.o)
UNIT_BIN := $(patsubst tests/unit/%.c,$(B)/unit/%,$(sort $(wildcard tests/unit/test_*.c)))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
REPLAY_BIN := $(patsubst tests/fuzz/fuzz_%.c,$(B)/unit/replay_%,$(FUZZ_SRC))
FUZZ_BIN := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(FUZZ_SRC))
SANLIBS = $(B)/unit/libhearth.a $(LIBS:%=$(B)/san/lib%.a)

$(B)/san.ok: $(B)/src.ok $(LIB_SOURCES)
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
# Calls that a target answers itself.
FUZZ_WRAP_machined := -Wl,--wrap=grpc_invoke
FUZZ_WRAP_grpc := -Wl,--wrap=socket,--wrap=connect
$(B)/unit/replay_%: $(B)/unit/obj/tests/fuzz/fuzz_%.o $(B)/unit/obj/tests/fuzz/replay.o $(B)/unit/libhearth.a
	@clang $(SAN) $(FUZZ_WRAP_$*) -o $@ $(wordlist 1,2,$^) $(SANLIBS)
# All once more, with libFuzzer's counters in it.
FUZZ_OBJ := $(ROOMS:%.c=$(B)/fuzz/obj/%.o) $(GEN:%=$(B)/unit/obj/gen/%.o)
$(B)/fuzz/obj/%.o: %.c $(B)/san.ok Makefile
	@mkdir -p $(@D)
	@$(SANCC) -fsanitize=fuzzer-no-link -c -o $@ $<
# The libraries too: without counters a fuzzer sees one step where a handshake or a scanner takes a thousand.
$(B)/fuzz/libs.ok: $(B)/src.ok $(LIB_SOURCES)
	+@$(libs) OUT=$(B)/fuzz/lib LIBS='$(LIBS)' ZLIB=full LCC=clang LAR=ar \
	    LCFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,fuzzer-no-link' && touch $@
$(B)/fuzz/fuzz_%: $(B)/fuzz/obj/tests/fuzz/fuzz_%.o $(FUZZ_OBJ) $(B)/fuzz/libs.ok
	@clang $(SAN) -fsanitize=fuzzer $(FUZZ_WRAP_$*) -o $@ $(filter %.o,$^) $(LIBS:%=$(B)/fuzz/lib/lib%.a)
# And once with clang's coverage, for what the corpora reach.
COVER := -fprofile-instr-generate=$(B)/cover/default.profraw -fcoverage-mapping
COVER_CC = clang -std=gnu11 -O1 -g $(COVER) $(INCLUDES) $(DEFINES) $(WARN) -Wno-error=deprecated-declarations -MMD -MP
COVER_OBJ := $(ROOMS:%.c=$(B)/cover/obj/%.o) $(GEN:%=$(B)/unit/obj/gen/%.o)
COVER_BIN := $(patsubst tests/fuzz/fuzz_%.c,$(B)/cover/replay_%,$(FUZZ_SRC))
$(B)/cover/obj/%.o: %.c $(B)/san.ok Makefile
	@mkdir -p $(@D)
	@$(COVER_CC) -c -o $@ $<
$(B)/cover/libhearth.a: $(COVER_OBJ)
	@rm -f $@
	@ar qcsD $@ $^
$(B)/cover/replay_%: $(B)/cover/obj/tests/fuzz/fuzz_%.o $(B)/cover/obj/tests/fuzz/replay.o $(B)/cover/libhearth.a
	@clang $(SAN) $(COVER) $(FUZZ_WRAP_$*) -o $@ $^ $(LIBS:%=$(B)/san/lib%.a)
-include $(UNIT_OBJ:.o=.d) $(FUZZ_OBJ:.o=.d) $(COVER_OBJ:.o=.d) $(wildcard $(B)/*/obj/tests/*/*.d)

# T= names tests by the word behind test_, or a replay by its whole name.
UNIT_ALL = $(UNIT_BIN) $(REPLAY_BIN)
CHOSEN = $(if $(T),$(foreach t,$(T),$(or $(filter %/test_$(t) %/$(t),$(UNIT_ALL)),$(error T=$(t): no such unit test))),$(UNIT_ALL))

.PHONY: test-deps unit-build unit blackbox test conformance fault faults faults-deep fuzz fuzz-coverage fuzz-planted chaos rack bench
# For a target whose set scripts/ready does not know.
test-deps:
	@scripts/deps test
unit-build:
	+@$(ALONE) $(MAKE) --no-print-directory -s $(J) $(CHOSEN)
unit: unit-build ## [T=match]: unit tests and replayed fuzz corpora, under ASan and UBSan
	@scripts/suite $(B)/counts/unit scripts/run-unit $(B)/unit $(CHOSEN)
blackbox: all ## [T=plan/no-match]: cases as data, on the program itself
	@scripts/suite $(B)/counts/blackbox tests/blackbox/run $(B)/hearth $(T)
test: override T :=
test: unit-build all ## unit and blackbox: Debian packages only; ends with the counts
	@rm -f $(B)/counts/unit $(B)/counts/blackbox
	-@scripts/suite $(B)/counts/unit scripts/run-unit $(B)/unit $(UNIT_ALL)
	-@scripts/suite $(B)/counts/blackbox tests/blackbox/run $(B)/hearth
	@scripts/tally $(B)/counts/unit $(B)/counts/blackbox
conformance: all ## [T=starts]: against Talos's Go packages and Azure's SDK; skipped, and counted, without go and node
	@scripts/suite $(B)/counts/conformance tests/conformance/run $(B)/hearth $(T)
faults: all ## [T=secrets/dns]: the table of faults on `boot`, what goes wrong and what must come of it; skipped, and counted, without go
	@scripts/suite $(B)/counts/faults tests/faults/run $(B)/hearth $(T)
fault: faults
faults-deep: all ## [POINTS=5000] [SEED=1] [FOR=SECONDS]: each call to the kernel fails, moves one byte alone, or is the last, in `render` and `boot`; CI plays a sample
	@scripts/suite $(B)/counts/faults-deep tests/faults/deep --points $(or $(POINTS),5000) --seed $(or $(SEED),1) $(if $(FOR),--seconds $(FOR)) $(B)/hearth
fuzz: ## Each fuzz target for FUZZ_SECONDS (20)
	+@$(ALONE) $(MAKE) --no-print-directory -s $(J) $(FUZZ_BIN)
	@scripts/fuzz $(FUZZ_SECONDS) $(FUZZ_BIN)
fuzz-coverage: ## The share of the lines that read outside bytes which the committed corpora reach
	+@$(ALONE) $(MAKE) --no-print-directory -s $(J) $(COVER_BIN)
	@scripts/fuzz-coverage $(B)/cover $(COVER_BIN)
fuzz-planted: ## [T=dns]: does each fuzz target find a defect that is planted in its reader? Half an hour; not part of CI
	+@$(ALONE) $(MAKE) --no-print-directory -s $(J) $(if $(T),$(T:%=$(B)/fuzz/fuzz_%),$(FUZZ_BIN))
	@scripts/suite $(B)/counts/fuzz-planted tests/fuzz/planted.py $(B) $(T)
chaos: all ## [RUNS=500] [SEED=1]: the vault client under seeded random trouble, and how it ended; not part of CI
	@scripts/suite $(B)/counts/chaos tests/chaos/run --runs $(or $(RUNS),500) --seed $(or $(SEED),1) $(B)/hearth
rack: all ## [BOXES=200]: so many `boot` at once before an Entra and a vault that throttle; not part of CI
	@scripts/suite $(B)/counts/rack tests/rack/run --boxes $(or $(BOXES),200) $(B)/hearth
bench: all ## [BASELINE=FILE]: size, memory, round trips, CPU beside curl, SDKs, an earlier build; boot (with go); how cost grows
	@tests/bench/run $(B)/hearth $(if $(BASELINE),--baseline $(BASELINE) --turns 30)
	@tests/bench/boot.py $(B)/hearth $(if $(BASELINE),--baseline $(BASELINE) --turns 30)
	@tests/bench/growth.py $(B)/hearth $(if $(BASELINE),--baseline $(BASELINE))
.PHONY: desks
desks: ## README's commands on bare Debians of three suites, and on odd desks; as root, an hour
	@scripts/suite $(B)/counts/desks tests/desks/run
.PHONY: format-check
format-check: all ## Is every C file laid out as .clang-format says, every room of boot/ as its table says, and the hand one?
	@scripts/format-check
	@scripts/rooms-check $(B)/obj $(AR:ar=nm)
	@scripts/style-check

## Images

# Settings reach the tools as environment variables: SITE, ROLE, CREDENTIAL, TALOS, KERNEL, INITRAMFS, KARGS, BASE,
# PERMANENT, IMAGE_CACHE, REGISTRY, DIGEST, IF, PORT. Outputs go to OUT (default out).
export SITE ROLE CREDENTIAL TALOS KERNEL INITRAMFS KERNEL_SHA256 INITRAMFS_SHA256 KARGS BASE PERMANENT IMAGE_CACHE REGISTRY DIGEST IF PORT
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
installer: all ## SITE=DIR TALOS=v1.13.x [REGISTRY=host/path] [KARGS=] [EXTENSIONS="NAME..."] [SCHEMATIC=FILE] [SECUREBOOT=DIR [CREDENTIAL=1]] [DIGEST=]: how hearth stays on the disk; imager profile and commands
	@$(IMAGE) installer
reset: $(if $(SITE),all) ## [SITE=DIR]: back to maintenance mode: what is lost, then the commands
	@$(IMAGE) reset
talos-pin: ## SITE=DIR TALOS=v1.13.x: record the SHA-256 of Talos's kernel and initramfs in the site
	@$(IMAGE) talos-pin
image-test: all ## The outputs, unpacked as a kernel would, and against Talos's Go packages
	@scripts/suite $(B)/counts/image tests/image/run $(B)/hearth

## Virtual machines

.PHONY: vm talos demo-vm screen
vm: all ## Virtual boxes boot the stick and the network images under QEMU; skipped, and counted, without it
	@scripts/suite $(B)/counts/vm tests/vm/run --verbose $(B)/hearth
talos: all ## A virtual box with Talos's real machined: from a blank disk to a founded cluster; skipped, and counted, without go
	@scripts/suite $(B)/counts/talos tests/talos/run --verbose $(B)/hearth
demo-vm: all ## One virtual OptiPlex with its screen: by stick to a founded cluster, then by network
	@tests/vm/run --demo $(B)/hearth
screen: all ## tests/vm/screen.png anew: the screen of that box, taken from QEMU
	@tests/vm/run --picture tests/vm/screen.png $(B)/hearth

## Clusters

.PHONY: cluster database
cluster: test-deps all ## The example under real etcd, Kubernetes, Flux and External Secrets; long, as root, outside CI (needs Go)
	@scripts/suite $(B)/counts/cluster tests/cluster/run --verbose $(B)/hearth
database: all ## [T=lost_box]: the ways back of databases/README.md with CloudNativePG, barman and Azurite; long, as root, outside CI
	@scripts/suite $(B)/counts/database tests/database/run --verbose $(T)

## Using

.PHONY: demo man flux clean distclean help FORCE
demo: all ## The main job from end to end, against a stand-in for Azure
	@scripts/demo $(B)/hearth
man: ## build/hearth.1, the manual page, made of the help texts
	@mkdir -p $(B)
	@scripts/man >$(B)/hearth.1
flux: ## SITE=DIR: put Flux's pinned gotk-components.yaml into a site (FLUX_COMPONENTS=FILE: a local one)
	@scripts/flux '$(SITE)'
clean: ## Remove what was built, keep the fetched sources
	@if [ -d $(B) ]; then find $(B) -mindepth 1 -maxdepth 1 ! -name sources -exec rm -rf {} +; fi
distclean: ## Remove build/ altogether
	@rm -rf $(B)
help: ## This list
	@scripts/help Makefile
FORCE:
