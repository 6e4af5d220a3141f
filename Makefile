# cgae: PGXS build.
#   in the source tree:   make && make install
#   in a build folder:    make -f /path/to/cgae/Makefile VPATH=/path/to/cgae
# PG_CONFIG names the server to build for; WERROR=1 makes warnings errors.
# Written for GNU make.

EXTENSION = cgae
MODULE_big = cgae

# Installed scripts, explicitly: relative to the source tree.
DATA = \
	sql/cgae--1.0.sql

OBJS = \
	src/agent.o \
	src/architecture.o \
	src/audit_lottery.o \
	src/audit_seeds.o \
	src/cache.o \
	src/canonical_json.o \
	src/canonical_output.o \
	src/enum_map.o \
	src/errors.o \
	src/float_repr.o \
	src/gate.o \
	src/gate_aggregate.o \
	src/gate_core.o \
	src/guard.o \
	src/holds.o \
	src/json_string.o \
	src/lifecycle_core.o \
	src/module.o \
	src/plan_cache.o \
	src/policy.o \
	src/registry.o \
	src/registry_access.o \
	src/registry_ddl.o \
	src/registry_report.o \
	src/robustness.o \
	src/robustness_cast.o \
	src/robustness_ops.o \
	src/statement.o \
	src/table_shape.o \
	src/trigger_agent.o \
	src/trigger_append_only.o \
	src/trigger_certification.o \
	src/unconfirmed.o

# Regression tests, in running order: test/sql/NAME.sql, expected/NAME.out.
REGRESS = \
	install \
	robustness \
	robustness_ops \
	gate \
	gate_conformance \
	architecture \
	architecture_conformance \
	audit_lottery

# Isolation tests: test/specs/NAME.spec, expected/NAME.out.
ISOLATION = \
	audit_rotation

SHLIB_LINK = -lcrypto

# What the server's own headers and calling convention force off: a function
# called from SQL takes fcinfo whether it uses it or not, and the macros of
# utils/array.h mix signed and unsigned.
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare
# the gate must give the same tier on every machine, so no fused multiply-add
PG_CFLAGS += -ffp-contract=off
ifneq (,$(findstring clang,$(CC)))
# the server was built by gcc, whose options and attributes it hands down
PG_CFLAGS += -Wno-unknown-warning-option -Wno-ignored-optimization-argument -Wno-ignored-attributes
endif
ifdef WERROR
PG_CFLAGS += -Werror
endif

# These two replace PGXS's defaults: our inputs are in test/, the expected
# output is looked for in the current folder.
REGRESS_OPTS = --inputdir=$(srcdir)/test --encoding=UTF8 --no-locale
ISOLATION_OPTS = --inputdir=$(srcdir)/test --outputdir=.
REGRESS_PREP = expected

EXTRA_CLEAN = results output_iso regression.diffs regression.out

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# A build folder takes sources from the source tree, never objects built there.
srcdir := $(srcdir)
override VPATH =
vpath %.c $(srcdir)
vpath %.control $(srcdir)

# Every object, bitcode too, depends on every header: there are few of them.
BITCODE = $(OBJS:.o=.bc)
$(OBJS) $(BITCODE): $(wildcard $(srcdir)/src/*.h) | src

# Only in a build folder do these two have anything to do.
src:
	$(MKDIR_P) $@
expected:
	ln -s $(abspath $(srcdir))/expected $@
