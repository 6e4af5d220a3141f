/*
 * certification_number.h
 *	  Is the number of a judged certification free?
 *
 * The number comes from the agent's row, so it is, unless rows came in without
 * guards (by replication, or from an edited dump): then the key of
 * certifications could drop the judged row, or its history tell two facts under
 * one number.
 */
#ifndef CGAE_CERTIFICATION_NUMBER_H
#define CGAE_CERTIFICATION_NUMBER_H

#include "guards/certification.h"
#include "server/table_shape.h"

/*
 * Refuse (object_not_in_prerequisite_state) a judged certification whose number
 * a certification or an event of its agent has already, and (unique_violation)
 * one whose request_id has been taken since it was looked for.
 */
extern void cgae_require_free_number(Relation certifications, const CgaeShape *shape,
									 const CgaeCertification *certification);

#endif							/* CGAE_CERTIFICATION_NUMBER_H */
