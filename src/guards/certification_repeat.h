/*
 * certification_repeat.h
 *	  What a call returns that repeats a request on record.
 *
 * The guard keeps the row that reached it and does not judge it.  The function
 * whose row it was then reads the record with its caller's own privileges and
 * row security: who may not read it is refused, as by a plain INSERT.
 */
#ifndef CGAE_CERTIFICATION_REPEAT_H
#define CGAE_CERTIFICATION_REPEAT_H

#include "fmgr.h"
#include "guards/certification_batch.h"
#include "guards/certification_row.h"
#include "server/table_shape.h"

/* A row of cgae.certifications as it is on record. */
typedef struct CgaeRecord
{
	Datum		values[CGAE_CERT_COLUMNS];
	bool		nulls[CGAE_CERT_COLUMNS];
} CgaeRecord;

/* The column of certifications for each thing that a client says. */
extern const CgaeCertColumn cgae_given_columns[CGAE_GIVEN_COLUMNS];

/* Keep a row that reached the guard, for as long as a memory context. */
extern CgaeGivenRow *cgae_repeat_keep(const CgaeRow *row, MemoryContext context);

/*
 * Read what is on record under the request of a row that was kept, between
 * cgae_statement_begin() and _end(); the record lives in the caller's context.
 * Refuses (unique_violation) a call that asks for something else, and a caller
 * who may not read the record.
 */
extern void cgae_repeat_find(FunctionCallInfo fcinfo, const CgaeGivenRow *given,
							 CgaeRecord *record);

#endif							/* CGAE_CERTIFICATION_REPEAT_H */
