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

/*
 * The statement as a partitioned registry needs it: CREATE TABLE of a
 * per-agent table gets its PARTITION BY, any other is returned as it is.
 */
extern const char *cgae_partitioned_statement(const char *sql);

/*
 * Make the partitions of all per-agent tables, with their guards.  The tables
 * and their triggers must be there.  Within SPI, search_path as for the layout.
 */
extern void cgae_make_partitions(int partitions);

#endif							/* CGAE_PARTITIONS_H */
