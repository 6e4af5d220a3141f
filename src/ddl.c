/*
 * ddl.c
 *	  Running the registry's own DDL.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "utils/guc.h"

#include "ddl.h"
#include "guard.h"

int
cgae_ddl_begin(void)
{
	int			guc_level = cgae_restrict_search_path();

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	return guc_level;
}

void
cgae_ddl_run(const char *sql)
{
	int			result = SPI_execute(sql, false, 0);

	if (result < 0)
		elog(ERROR, "SPI_execute failed: %s", SPI_result_code_string(result));
}

void
cgae_ddl_end(int guc_level)
{
	SPI_finish();
	AtEOXact_GUC(true, guc_level);
}
