# cgae: PGXS build.  In-tree: make && make install.  Out of tree (VPATH):
#   make -f /path/to/cgae/Makefile VPATH=/path/to/cgae
# PG_CONFIG names the server to build for.

EXTENSION = cgae
MODULE_big = cgae
DATA = $(wildcard $(srcdir)/sql/cgae--*.sql)
OBJS = \
	src/architecture.o \
	src/cache.o \
	src/canonical_json.o \
	src/canonical_output.o \
	src/float_repr.o \
	src/json_string.o \
	src/module.o \
	src/policy.o

PG_CPPFLAGS = -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers
SHLIB_LINK = -lcrypto

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)
