/*
 * rotate_audit_seed.c
 *	  The end of an epoch of the audit lottery.
 */
#include "postgres.h"

#include "guards/audit_seeds.h"
#include "server/errors.h"
#include "server/statement.h"

/*
 * cgae.rotate_audit_seed() -> int
 *
 * Ends the current epoch of the audit lottery, reveals its secret and begins
 * a new epoch, all at one instant; returns the new epoch.  Runs with the
 * caller's privileges: INSERT, SELECT and UPDATE (revealed_at) on
 * cgae.audit_seeds.  Rotations wait for each other; under REPEATABLE READ one
 * that another overtook fails (serialization_failure).
 */
PG_FUNCTION_INFO_V1(cgae_rotate_audit_seed);
Datum
cgae_rotate_audit_seed(PG_FUNCTION_ARGS)
{
	CgaeRotation rotation = {0};

	cgae_require_registry();
	cgae_statement_begin();
	cgae_rotation_begin_epoch(fcinfo, &rotation);
	if (rotation.epoch > 1 && !cgae_rotation_reveal(fcinfo, &rotation))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not end epoch %d of the audit lottery: it began after this transaction's snapshot",
						rotation.epoch - 1),
				 errhint("The transaction might succeed if retried.")));
	cgae_statement_end();
	PG_RETURN_INT32(rotation.epoch);
}
