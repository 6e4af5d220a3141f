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

# Pages of the documentation, likewise.
DOCS = \
	doc/certification.svg \
	doc/concepts.md \
	doc/internals.md \
	doc/layers.svg \
	doc/operations.md \
	doc/promises.md \
	doc/recipes.md \
	doc/reference.md \
	doc/spot-audits.md

OBJS = \
	src/core/decay_core.o \
	src/core/gate_core.o \
	src/core/lifecycle_core.o \
	src/server/cache.o \
	src/server/caller.o \
	src/server/clock.o \
	src/server/enum_map.o \
	src/server/errors.o \
	src/server/jsonb_object.o \
	src/server/plan_cache.o \
	src/server/registry_definition.o \
	src/server/registry_namespace.o \
	src/server/registry_sql.o \
	src/server/registry_tables.o \
	src/server/registry_triggers.o \
	src/server/rights.o \
	src/server/row_reader.o \
	src/server/row_stream.o \
	src/server/statement.o \
	src/server/table_keys.o \
	src/server/table_shape.o \
	src/server/ticket.o \
	src/server/varlena.o \
	src/json/canonical_json.o \
	src/json/canonical_output.o \
	src/json/float_repr.o \
	src/json/json_string.o \
	src/types/architecture.o \
	src/types/robustness.o \
	src/types/robustness_cast.o \
	src/types/robustness_json.o \
	src/types/robustness_ops.o \
	src/types/score.o \
	src/policy/decay.o \
	src/policy/gate.o \
	src/policy/gate_aggregate.o \
	src/policy/policy.o \
	src/policy/policy_rules.o \
	src/policy/standing.o \
	src/guards/agent.o \
	src/guards/agent_architecture.o \
	src/guards/agent_certify.o \
	src/guards/agent_changes.o \
	src/guards/agent_columns.o \
	src/guards/agent_decay.o \
	src/guards/agent_fault.o \
	src/guards/agent_limits.o \
	src/guards/agent_register.o \
	src/guards/agent_row.o \
	src/guards/agent_steps.o \
	src/guards/agent_update.o \
	src/guards/audit_seeds.o \
	src/guards/certification.o \
	src/guards/certification_batch.o \
	src/guards/certification_number.o \
	src/guards/certification_repeat.o \
	src/guards/certification_request.o \
	src/guards/certification_update.o \
	src/guards/disclosure.o \
	src/guards/event.o \
	src/guards/guard.o \
	src/guards/history_end.o \
	src/guards/holds.o \
	src/guards/notify.o \
	src/guards/own_table.o \
	src/guards/policy_digest.o \
	src/guards/policy_row.o \
	src/guards/publication.o \
	src/guards/standing_row.o \
	src/guards/sweep.o \
	src/guards/trigger_agent.o \
	src/guards/trigger_append_only.o \
	src/guards/trigger_certification.o \
	src/guards/trigger_event.o \
	src/guards/trigger_policy.o \
	src/guards/trigger_require_tier.o \
	src/guards/trigger_seeds.o \
	src/guards/user_code.o \
	src/schema/access.o \
	src/schema/create_registry.o \
	src/schema/ddl.o \
	src/schema/partitions.o \
	src/schema/upgrade_registry.o \
	src/history/history.o \
	src/history/history_facts.o \
	src/history/history_series.o \
	src/api/audit_lottery.o \
	src/api/certify.o \
	src/api/module.o \
	src/api/permission.o \
	src/api/publication_locks.o \
	src/api/publish_policy.o \
	src/api/registry.o \
	src/api/registry_lookup.o \
	src/api/rotate_audit_seed.o \
	src/api/sweep_decay.o \
	src/check/check.o \
	src/check/check_agents.o \
	src/check/check_epochs.o \
	src/check/check_fact.o \
	src/check/check_guards.o \
	src/check/check_keys.o \
	src/check/check_layout.o \
	src/check/check_objects.o \
	src/check/check_rating.o \
	src/check/check_registry.o \
	src/check/check_replay.o \
	src/check/check_values.o \
	src/report/page_html.o \
	src/report/report.o \
	src/report/report_chart.o \
	src/report/report_data.o \
	src/report/report_html.o \
	src/report/report_page.o \
	src/report/report_template.o \
	src/report/style_css.o

# The registry's relations, in the order in which they are made, and the steps that upgrade older
# ones, 1--2 2--3 ...: sql/registry/NAME.sql, embedded in the library.
RELATIONS = \
	agents \
	certifications \
	agent_events \
	gate_policies \
	audit_seeds \
	registry_layout \
	events \
	audit_epochs \
	agent_standing \
	tier_changes \
	certification_history \
	expiring_agents \
	binding_dimension_counts \
	registry_health
UPGRADE_STEPS =

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

# For objects and for the bitcode that JIT inlines, which takes no PG_CFLAGS.  The gate must give
# the same tier on every machine and either way, so no fused multiply-add.
PG_CPPFLAGS = -I$(srcdir)/src -ffp-contract=off

# What the server's own headers and calling convention force off: a function
# called from SQL takes fcinfo whether it uses it or not, and the macros of
# utils/array.h mix signed and unsigned.
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare
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

# What is made at build: the SQL files, the report's page and its style sheet, as C strings.
REPORT_TEXTS = src/report/page_html.c src/report/style_css.c
GENERATED = src/server/registry_sql.c $(REPORT_TEXTS)

EXTRA_CLEAN = $(GENERATED) $(OBJS:=.d) $(OBJS:.o=.bc.d) cgae-*.zip results isolation output_iso regression.diffs regression.out

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# A folder of their own, since other extensions have pages of such names too.
docmoduledir := $(docmoduledir)/$(EXTENSION)
# PGXS would look for them in doc/ below it
uninstall: uninstall-docs
uninstall-docs:
	rm -f $(addprefix '$(DESTDIR)$(docdir)/$(docmoduledir)'/, $(notdir $(DOCS)))
.PHONY: uninstall-docs

# A build folder takes sources from the source tree, never what was built there.
srcdir := $(srcdir)
override VPATH =
$(foreach source, $(filter-out $(GENERATED), $(OBJS:.o=.c)), $(eval vpath $(source) $(srcdir)))
vpath %.control $(srcdir)

# The compiler writes down which headers each object and each bitcode was made from.
BITCODE = $(OBJS:.o=.bc)
COMPILE.c += -MMD -MP -MF $@.d
COMPILE.c.bc += -MMD -MP -MF $@.d
-include $(OBJS:=.d) $(BITCODE:=.d)
$(OBJS) $(BITCODE): | $(sort $(dir $(OBJS)))

src/report/page_html.c: $(srcdir)/src/report/page.html
src/report/style_css.c: $(srcdir)/src/report/style.css
$(REPORT_TEXTS): $(srcdir)/src/report/embed.awk | src/report/
	LC_ALL=C awk -f $(srcdir)/src/report/embed.awk $(filter-out %.awk, $^) >$@.new && mv $@.new $@

# The SQL files as C.  The Makefile says which, in which order.
REGISTRY_SQL = $(patsubst %,$(srcdir)/sql/registry/%.sql,$(RELATIONS) $(UPGRADE_STEPS))
src/server/registry_sql.c: $(srcdir)/sql/registry/embed.awk $(REGISTRY_SQL) $(firstword $(MAKEFILE_LIST)) | src/server/
	LC_ALL=C awk -f $< $(REGISTRY_SQL) >$@.new
	mv $@.new $@

# The release as PGXN takes it: what is committed, or another tree (DIST_TREE=v1.0.0).  META.json says the version.
DIST_TREE = HEAD
DIST = $(EXTENSION)-$(shell sed -n 's/^  "version": "\(.*\)",$$/\1/p' $(srcdir)/META.json)
dist:
	git -C $(srcdir) archive --prefix=$(DIST)/ --output=$(CURDIR)/$(DIST).zip $(DIST_TREE)
.PHONY: dist

# Only in a build folder do these two have anything to do.
$(sort $(dir $(OBJS))):
	$(MKDIR_P) $@
expected:
	ln -s $(abspath $(srcdir))/expected $@

isolation/specs/%.spec: $(srcdir)/test/specs/%.spec $(srcdir)/test/specs/include.awk $(wildcard $(srcdir)/test/specs/include/*)
	$(MKDIR_P) $(@D)
	awk -v folder=$(srcdir)/test/specs/include -f $(srcdir)/test/specs/include.awk $< >$@.new
	mv $@.new $@
