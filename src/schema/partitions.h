/*
 * partitions.h
 *	  A registry whose per-agent tables are hash-partitioned by agent_id.
 */
#ifndef CGAE_PARTITIONS_H
#define CGAE_PARTITIONS_H

/*
 * Each partition is a table, its indexes and its TOAST table, all locked until
 * the transaction that makes them ends, and locked by every later statement
 * whose plan is generic.
 */
#define CGAE_MAX_PARTITIONS 256

/* How many partitions agents has; 0 when it is an ordinary table. */
extern int	cgae_count_partitions(void);

/*
 * Make the partitions of those per-agent tables that have none yet, and the
 * guards that any of them lacks.  The tables and their triggers must be there,
 * partitioned.  Within cgae_ddl_begin() and cgae_ddl_end().
 */
extern void cgae_complete_partitions(int partitions);

#endif							/* CGAE_PARTITIONS_H */
