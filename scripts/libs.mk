# Compiles the fetched sources into static archives. The Makefile calls it once a variant (the program, the build's own
# tools, the sanitizer build), so that each variant gets the same sources and the same patches.
#
#   SRC     where scripts/unpack put the trees     OUT      where the archives and objects go
#   LCC     compiler with its target and includes  LCFLAGS  flags of the variant
#   LAR     archiver                               CONFIG   a file that all objects depend on
#   LIBS    which archives                         ZLIB     inflate or full

zlib_inflate := adler32 inffast inflate inftrees zutil
zlib_full    := $(zlib_inflate) compress crc32 deflate trees uncompr

sources = $(sort $(patsubst $(SRC)/%,%,$(1)))
bearssl_c := $(call sources,$(wildcard $(SRC)/bearssl/src/*.c $(SRC)/bearssl/src/*/*.c))
yaml_c    := $(addprefix libyaml/src/,$(addsuffix .c,api emitter parser reader scanner writer))
zlib_c    := $(addprefix zlib/,$(addsuffix .c,$(zlib_$(ZLIB))))
jansson_c := $(call sources,$(wildcard $(SRC)/jansson/src/*.c))
# What embed/mkroots.c needs: PEM, the X.509 decoder, SHA-256.
x509_c    := $(filter bearssl/src/codec/% bearssl/src/hash/sha2small.c bearssl/src/x509/x509_decoder.c,$(bearssl_c))

archives := $(addprefix $(OUT)/lib,$(addsuffix .a,$(LIBS)))
all: $(archives)
.SUFFIXES:

# No RDRAND and no /dev/urandom: entropy comes from getrandom(2), injected by the caller, or the handshake fails closed.
# No time(2) either: a validation whose caller set no time ends with BR_ERR_X509_TIME_UNKNOWN.
$(OUT)/bearssl/%: F = -I$(SRC)/bearssl/inc -I$(SRC)/bearssl/src -DBR_RDRAND=0 -DBR_USE_URANDOM=0 -DBR_USE_UNIX_TIME=0
$(OUT)/libyaml/%: F = -I$(SRC)/libyaml/include -DYAML_DECLARE_STATIC -DYAML_VERSION_MAJOR=0 -DYAML_VERSION_MINOR=2 \
                      -DYAML_VERSION_PATCH=5 -DYAML_VERSION_STRING='"0.2.5"'
$(OUT)/bearssl/src/rsa/rsa_i62_pub%: F += -include inner.h -include embed/bearssl_rsa.h
$(OUT)/bearssl/src/rsa/rsa_i62_pub.o: embed/bearssl_rsa.h
# Only the zlib container is read, so gzip's header and CRC code stay out of the program. BUILDFIXED: 2 KB of tables are
# computed at the first use, which needs no lock in a program with one thread.
$(OUT)/zlib/%:    F = -I$(SRC)/zlib -DHAVE_UNISTD_H -DBUILDFIXED $(if $(filter inflate,$(ZLIB)),-DNO_GZIP)
$(OUT)/jansson/%: F = -Iembed -I$(SRC)/jansson/src -DHAVE_STDINT_H=1 -DHAVE_GETPID=1 -DHAVE_UNISTD_H=1 -DHAVE_SYS_TYPES_H=1

# Where the time of a boot goes: RSA, SHA-256. clang's program goes without: it unrolls and inlines 12 KB at -O2, and
# gcc's is the one that ships.
HOT :=
ifneq ($(findstring clang,$(LCC))$(findstring -flto,$(LCFLAGS)),clang-flto)
$(OUT)/bearssl/src/int/i31_mont%: HOT := -O2
$(OUT)/bearssl/src/int/i62_%: HOT := -O2
$(OUT)/bearssl/src/hash/sha2small.o: HOT := -O2
endif

$(OUT)/%.o: $(SRC)/%.c $(CONFIG) scripts/libs.mk
	@mkdir -p $(@D)
	@$(LCC) -std=gnu11 -w -ffile-prefix-map="$$PWD"=. $(LCFLAGS) $(HOT) $(F) -c -o $@ $<

define archive
$(OUT)/lib$(1).a: $(patsubst %.c,$(OUT)/%.o,$($(1)_c))
	@rm -f $$@
	@$(LAR) qcsD $$@ $$^
	@printf '  lib     %s\n' $$@
endef
$(foreach lib,$(LIBS),$(eval $(call archive,$(lib))))
