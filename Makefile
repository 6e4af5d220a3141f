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
	src/agent_fault.o \
	src/agent_limits.o \
	src/agent_told.o \
	src/architecture.o \
	src/audit_lottery.o \
	src/audit_seeds.o \
	src/cache.o \
	src/caller.o \
	src/canonical_json.o \
	src/canonical_output.o \
	src/certification.o \
	src/certification_batch.o \
	src/certification_number.o \
	src/certification_repeat.o \
	src/certification_request.o \
	src/certification_touch.o \
	src/check.o \
	src/check_agents.o \
	src/check_epochs.o \
	src/check_keys.o \
	src/check_layout.o \
	src/check_objects.o \
	src/check_rating.o \
	src/check_replay.o \
	src/check_values.o \
	src/clock.o \
	src/ddl.o \
	src/decay.o \
	src/decay_core.o \
	src/enum_map.o \
	src/errors.o \
	src/event.o \
	src/float_repr.o \
	src/gate.o \
	src/gate_aggregate.o \
	src/gate_core.o \
	src/guard.o \
	src/history.o \
	src/history_core.o \
	src/history_end.o \
	src/history_series.o \
	src/holds.o \
	src/json_string.o \
	src/lifecycle_core.o \
	src/module.o \
	src/notify.o \
	src/own_table.o \
	src/permission.o \
	src/plan_cache.o \
	src/policy.o \
	src/policy_digest.o \
	src/publication.o \
	src/publication_locks.o \
	src/registry.o \
	src/registry_access.o \
	src/registry_certify.o \
	src/registry_check.o \
	src/registry_columns.o \
	src/registry_ddl.o \
	src/registry_namespace.o \
	src/registry_partitions.o \
	src/registry_policy.o \
	src/registry_report.o \
	src/registry_sweep.o \
	src/registry_tables.o \
	src/registry_upgrade.o \
	src/registry_views.o \
	src/report.o \
	src/report_chart.o \
	src/report_data.o \
	src/report_html.o \
	src/report_page.o \
	src/report_section.o \
	src/report_style.o \
	src/robustness.o \
	src/robustness_cast.o \
	src/robustness_json.o \
	src/robustness_ops.o \
	src/row_reader.o \
	src/standing.o \
	src/statement.o \
	src/sweep_passed.o \
	src/table_keys.o \
	src/table_shape.o \
	src/trigger_agent.o \
	src/trigger_append_only.o \
	src/trigger_certification.o \
	src/trigger_require_tier.o \
	src/user_code.o

# Regression tests, in running order: test/sql/NAME.sql, expected/NAME.out.
REGRESS = \
	install \
	robustness \
	robustness_json \
	robustness_ops \
	robustness_path \
	gate \
	gate_conformance \
	decay \
	decay_conformance \
	architecture \
	architecture_conformance \
	tampering \
	two_phase \
	history \
	audit_lottery \
	publication \
	schema_renamed \
	looping \
	permission \
	superuser \
	sweep \
	unreadable

# Isolation tests: test/specs/NAME.spec, expected/NAME.out.  What several have in common is in
# test/specs/include; they are put together in the folder isolation/.
ISOLATION = \
	registration \
	certify_certify \
	certify_deregister \
	deregister_at \
	certify_drift \
	certify_architecture \
	certify_holds \
	certify_many \
	certify_money \
	certify_request \
	certify_policy \
	heartbeats \
	lock_order \
	meanwhile \
	crosswise \
	savepoint \
	repeatable_read \
	serializable \
	audit_rotation \
	altered \
	publish \
	publish_midway \
	publish_patience \
	partitions \
	require_tier \
	schema_renames \
	sweep_certify \
	sweeps \
	sweep_passing \
	sweep_watched \
	superuser_meanwhile

SHLIB_LINK = -lcrypto $(filter -lm, $(LIBS)) -Wl,-Bsymbolic-functions

# What the server's own headers and calling convention force off: a function
# called from SQL takes fcinfo whether it uses it or not, and the macros of
# utils/array.h mix signed and unsigned.
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare
# the gate must give the same tier on every machine, so no fused multiply-add
PG_CFLAGS += -ffp-contract=off
# nobody replaces our functions from outside: calls within the library need no detour
PG_CFLAGS += -fno-semantic-interposition
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
ISOLATION_OPTS = --inputdir=isolation --outputdir=.
REGRESS_PREP = expected $(ISOLATION:%=isolation/specs/%.spec)

EXTRA_CLEAN = cgae-*.zip results isolation output_iso regression.diffs regression.out

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

# The release as PGXN takes it: what is committed, or another tree (DIST_TREE=v1.0.0).  META.json says the version.
DIST_TREE = HEAD
DIST = $(EXTENSION)-$(shell sed -n 's/^  "version": "\(.*\)",$$/\1/p' $(srcdir)/META.json)
dist:
	git -C $(srcdir) archive --prefix=$(DIST)/ --output=$(CURDIR)/$(DIST).zip $(DIST_TREE)
.PHONY: dist

# Only in a build folder do these two have anything to do.
src:
	$(MKDIR_P) $@
expected:
	ln -s $(abspath $(srcdir))/expected $@

isolation/specs/%.spec: $(srcdir)/test/specs/%.spec $(srcdir)/test/specs/include.awk $(wildcard $(srcdir)/test/specs/include/*)
	$(MKDIR_P) $(@D)
	awk -v folder=$(srcdir)/test/specs/include -f $(srcdir)/test/specs/include.awk $< >$@.new
	mv $@.new $@
