/*
 * certification_request.h
 *	  Certifications that are asked for again under the same request_id.
 *
 * A request_id names one certification of its agent.  The guard looks for it
 * before it touches the agent, in one snapshot with the agent's last_seq; when
 * the agent, once locked, has gone on since, it looks again.  So a repetition
 * takes no lock and writes nothing, and two calls at once end as one
 * certification.
 */
#ifndef CGAE_CERTIFICATION_REQUEST_H
#define CGAE_CERTIFICATION_REQUEST_H

#include "certification.h"
#include "certification_row.h"
#include "table_shape.h"

/* A row of cgae.certifications as it is on record. */
typedef struct CgaeRecord
{
	Datum		values[CERT_COLUMNS];
	bool		nulls[CERT_COLUMNS];
} CgaeRecord;

/*
 * Look for a certification's request, with the rights of the owner of the
 * relation.  When it is on record, is_repeated is set and the record filled in,
 * unless it is NULL.
 */
extern bool cgae_request_look(Relation certifications, CgaeCertification *certification,
							  CgaeRecord *record);

/*
 * Make a row that asks again the one on record, and take from there what
 * followed; refuse (unique_violation) a row that asks for something else.
 */
extern void cgae_request_repeat(CgaeRow *row, CgaeCertification *certification,
								const CgaeRecord *record);

/* Refuse (unique_violation) an INSERT whose request is on record. */
extern void cgae_request_refuse_used(const CgaeCertification *certification);

/* Refuse a request_id that cannot be kept; one that came with drift is dropped instead. */
extern void cgae_request_settle(CgaeRow *row, const CgaeCertification *certification);

#endif							/* CGAE_CERTIFICATION_REQUEST_H */
