/*
 * module.c
 *	  Module magic, and what is set up when the server loads the library.
 */
#include "postgres.h"

#include "compat.h"
#include "notify.h"

PG_MODULE_MAGIC_EXT(.name = "cgae", .version = "1.0");

void		_PG_init(void);

void
_PG_init(void)
{
	cgae_notify_define();
}
