/*
 * history_end.c
 *	  The last number in an agent's history, as the two tables tell it.
 *
 * agents.last_seq is what the guards go by.  A row that came without them may
 * have one that lies behind the history, and then the next number is taken:
 * so those who take authority away look here.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "guards/history_end.h"
#include "server/rights.h"
#include "server/row_reader.h"
#include "server/table_shape.h"

int32
cgae_history_end(Relation agents, const text *agent_id)
{
	static const Oid types[] = {TEXTOID};
	static const char sql[] =
		"SELECT GREATEST((SELECT pg_catalog.max(c.seq) FROM cgae.certifications AS c"
		" WHERE c.agent_id OPERATOR(pg_catalog.=) $1),"
		" (SELECT pg_catalog.max(e.seq) FROM cgae.agent_events AS e"
		" WHERE e.agent_id OPERATOR(pg_catalog.=) $1))";
	Datum		values[] = {PointerGetDatum(agent_id)};
	Oid			root = cgae_table_root(agents);
	CgaeOwnerRights rights;
	int32		highest = 0;

	cgae_owner_begin(cgae_relation_owner(root), true, &rights);
	if (cgae_owner_execute(root, CGAE_Q_END_OF_HISTORY, sql, lengthof(types), types, values,
						   NULL) > 0)
		(void) cgae_read_int32(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &highest);
	cgae_owner_end(&rights);
	return highest;
}

bool
cgae_any_behind_history(Oid agents, Oid array_type, Datum array)
{
#define ANY_BEHIND(key) \
	"SELECT FROM cgae.agents AS a WHERE a." key " OPERATOR(pg_catalog.=) ANY ($1)" \
	" AND (EXISTS (SELECT FROM cgae.certifications AS c" \
	"  WHERE c.agent_id OPERATOR(pg_catalog.=) a.agent_id" \
	"  AND c.seq OPERATOR(pg_catalog.>) a.last_seq)" \
	" OR EXISTS (SELECT FROM cgae.agent_events AS e" \
	"  WHERE e.agent_id OPERATOR(pg_catalog.=) a.agent_id" \
	"  AND e.seq OPERATOR(pg_catalog.>) a.last_seq))" \
	" LIMIT 1"
	bool		by_place = array_type == TIDARRAYOID;
	CgaeOwnerRights rights;
	bool		any;

	cgae_owner_begin(cgae_relation_owner(agents), true, &rights);
	any = cgae_owner_execute(agents, by_place ? CGAE_Q_BEHIND_BY_PLACE : CGAE_Q_BEHIND_BY_KEY,
							 by_place ? ANY_BEHIND("ctid") : ANY_BEHIND("agent_id"),
							 1, &array_type, &array, NULL) > 0;
	cgae_owner_end(&rights);
	return any;
}
