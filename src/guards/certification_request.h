/*
 * certification_request.h
 *	  Certifications that are asked for again under the same request_id.
 *
 * A request_id names one certification of its agent.  The guard looks for it
 * before it updates the agent, in one snapshot with the agent's last_seq; when
 * the agent, once locked, has gone on since, it looks again.  So a repetition
 * takes no lock, waits for nobody and writes nothing, and two calls at once end as one
 * certification.  Tested by test/specs/certify_request.spec and the test
 * request_id.
 *
 * To lock the agent first and then look would need no second look, but one more
 * statement: measured, a certification with a request_id costs 11% more
 * instructions then and a repetition 19%, which also locks the agent and
 * writes that to the log.  And under one snapshot (REPEATABLE READ) a
 * repetition would fail (40001) whenever the agent has gone on since.
 *
 * A row whose request is used judges nothing.  The guard leaves it to the index
 * on (agent_id, request_id), as a row of number 0 that no history has, and puts
 * nothing of what is on record into it: who may not read that learns nothing.
 */
#ifndef CGAE_CERTIFICATION_REQUEST_H
#define CGAE_CERTIFICATION_REQUEST_H

#include "guards/certification.h"
#include "guards/certification_row.h"
#include "server/table_shape.h"

#define CGAE_REQUEST_KEY "certifications_request_id_key"

/*
 * Look for a certification's request, with the rights of the owner of the
 * relation.  True when it is on record; then is_repeated is set, and
 * is_left_to_key and hides_drift tell what there is to know about a row in relation.
 */
extern bool cgae_request_look(Relation certifications, const CgaeShape *shape,
							  CgaeCertification *certification);

/*
 * Make a row whose request is on record one that its index refuses.  Refused
 * here (unique_violation): one that no index would surely refuse, and one that
 * observed what the record does not show, which must not get lost.
 */
extern void cgae_request_leave_to_key(CgaeRow *row, const CgaeCertification *certification);

/* Refuse (unique_violation) a certification whose request is on record. */
extern void cgae_request_refuse_used(const CgaeCertification *certification);

/* Refuse a request_id that cannot be kept; one that came with drift is dropped instead. */
extern void cgae_request_settle(CgaeRow *row, const CgaeCertification *certification);

#endif							/* CGAE_CERTIFICATION_REQUEST_H */
