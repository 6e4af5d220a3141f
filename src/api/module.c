/*
 * module.c
 *	  Module magic, and what is set up when the server loads the library.
 */
#include "postgres.h"

#include "guards/notify.h"
#include "server/compat.h"

PG_MODULE_MAGIC_EXT(.name = "cgae", .version = "1.0");

void		_PG_init(void);

void
_PG_init(void)
{
	cgae_notify_define();
}
