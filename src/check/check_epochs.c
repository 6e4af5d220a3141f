/*
 * check_epochs.c
 *	  Epochs of the audit lottery, for cgae.check_registry().
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/rls.h"
#include "utils/timestamp.h"

#include "check/check_epochs.h"
#include "check/check_layout.h"
#include "guards/audit_seeds.h"
#include "server/statement.h"

/*
 * Every secret is a null to who reads the view, until its epoch ends.
 * hidden: what the reader cannot judge.
 */
#define EPOCHS(source, hidden) \
	"SELECT x.epoch, x.created_at, x.revealed_at," \
	" pg_catalog.lag(x.revealed_at) OVER (ORDER BY x.epoch)," \
	" " hidden " OR COALESCE(x.commitment OPERATOR(pg_catalog.=)" \
	"  pg_catalog.encode(pg_catalog.sha256(x.secret), 'hex'), false)," \
	" " hidden " OR COALESCE(pg_catalog.octet_length(x.secret) OPERATOR(pg_catalog.=) " \
	CppAsString2(CGAE_SECRET_BYTES) ", false)," \
	" pg_catalog.lead(x.epoch) OVER (ORDER BY x.epoch) IS NULL," \
	" COALESCE(" CGAE_CHECK_IS_ROLE("actor") ", false)" \
	" FROM cgae." source " AS x ORDER BY x.epoch"

#define SEEDS EPOCHS("audit_seeds", "false")
#define VIEW EPOCHS("audit_epochs", "(x.revealed_at IS NULL AND x.secret IS NULL)")

enum
{
	EPOCH_NUMBER = 1,
	EPOCH_CREATED_AT,
	EPOCH_REVEALED_AT,
	EPOCH_LAST_REVEALED_AT,
	EPOCH_KEPT,
	EPOCH_IS_WHOLE,
	EPOCH_IS_LAST,
	EPOCH_HAS_ACTOR
};

/* An instant of an epoch must be finite, and is named when it lies ahead. */
static void
check_instant(CgaeCheck *check, const CgaeStream *row, int32 epoch, int column, const char *name)
{
	bool		isnull = cgae_stream_is_null(row, column);
	TimestampTz at = cgae_stream_time(row, column);

	if (isnull ? column == EPOCH_CREATED_AT : TIMESTAMP_NOT_FINITE(at))
		cgae_check_report(check, "audit_seed", "epoch %d: %s is %s", epoch, name,
						  isnull ? "null" : timestamptz_to_str(at));
	else if (!isnull)
		cgae_check_ahead(check, psprintf("%s of epoch %d,", name, epoch), at);
}

static void
check_epoch(CgaeCheck *check, const CgaeStream *row)
{
	int32		epoch = cgae_stream_int32(row, EPOCH_NUMBER);
	bool		is_last = cgae_stream_bool(row, EPOCH_IS_LAST);
	bool		secret = cgae_stream_is_null(row, EPOCH_REVEALED_AT);
	TimestampTz begins = cgae_stream_time(row, EPOCH_CREATED_AT);
	TimestampTz ends = cgae_stream_time(row, EPOCH_REVEALED_AT);

	if ((uint64) epoch != row->number)
		cgae_check_report(check, "audit_seed", "epoch %d is number " UINT64_FORMAT, epoch,
						  row->number);
	if (!cgae_stream_bool(row, EPOCH_IS_WHOLE))
		cgae_check_report(check, "audit_seed", "epoch %d has no secret of %d bytes", epoch,
						  CGAE_SECRET_BYTES);
	else if (!cgae_stream_bool(row, EPOCH_KEPT))
		cgae_check_report(check, "audit_seed", "epoch %d: the secret is not the one committed to",
						  epoch);
	if (secret != is_last)
		cgae_check_report(check, "audit_seed", "epoch %d %s", epoch,
						  secret ? "has ended, but is not revealed" :
						  "is revealed, but has not ended");
	if (row->number > 1 && begins != cgae_stream_time(row, EPOCH_LAST_REVEALED_AT))
		cgae_check_report(check, "audit_seed", "epoch %d does not begin where the one before ends",
						  epoch);
	/* one that began under a clock that ran ahead may end before that, by more than a minute */
	if (!secret && ends < begins && ends >= begins - USECS_PER_MINUTE)
		cgae_check_report(check, "audit_seed", "epoch %d ends before it begins", epoch);
	if (!cgae_stream_bool(row, EPOCH_HAS_ACTOR))
		cgae_check_report(check, "audit_seed", "epoch %d has a blank actor", epoch);
	check_instant(check, row, epoch, EPOCH_CREATED_AT, "created_at");
	check_instant(check, row, epoch, EPOCH_REVEALED_AT, "revealed_at");
}

/* Does the caller itself see all rows of audit_seeds? */
static bool
reads_seeds(const CgaeCheck *check)
{
	Oid			seeds = check->tables[CGAE_AUDIT_SEEDS].oid;

	return pg_class_aclcheck(seeds, GetUserId(), ACL_SELECT) == ACLCHECK_OK &&
		check_enable_rls(seeds, InvalidOid, true) != RLS_ENABLED;
}

static const CgaeStatement list_seeds = {SEEDS, 0, NULL};
static const CgaeStatement list_epochs = {VIEW, 0, NULL};

void
cgae_check_epochs(FunctionCallInfo fcinfo, CgaeCheck *check)
{
	const CgaeStatement *statement;
	CgaeStream	row;

	if (!cgae_check_readable(check, CGAE_AUDIT_SEEDS))
		return;
	if (reads_seeds(check))
		statement = &list_seeds;
	else if (cgae_check_epochs_view(check))
		statement = &list_epochs;
	else
		return;
	if (cgae_statement_run(fcinfo, statement, NULL, NULL, true) == 0)
		cgae_check_report(check, "audit_seed", "there is no epoch");
	cgae_stream_take(&row);
	while (cgae_stream_next(&row))
		check_epoch(check, &row);
}
