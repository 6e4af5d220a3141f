/*
 * module.c
 *	  Module magic: what the server checks when it loads the library.
 */
#include "postgres.h"

#include "compat.h"

PG_MODULE_MAGIC_EXT(.name = "cgae", .version = "1.0");
