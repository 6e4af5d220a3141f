/*
 * gate.h
 *	  Gate thresholds as SQL arguments.
 */
#ifndef CGAE_GATE_H
#define CGAE_GATE_H

#include "core/gate_core.h"
#include "utils/array.h"

/* Copy the six thresholds of a dimension from an array (invalid_parameter_value). */
extern void cgae_thresholds_of_array(ArrayType *array, CgaeDimension dimension, double *theta);

/* Refuse thresholds that a policy could not have (invalid_parameter_value). */
extern void cgae_check_thresholds(const CgaeThresholds *thresholds);

#endif							/* CGAE_GATE_H */
