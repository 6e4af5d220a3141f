/*
 * access.h
 *	  What the owner of the registry's tables needs beside them.
 */
#ifndef CGAE_ACCESS_H
#define CGAE_ACCESS_H

#include "fmgr.h"

/*
 * Let the owner of the registry's tables make triggers of the guards, which
 * nobody else may but who installed the extension.  Granted by the owner of the
 * functions; to be called between SPI_connect and SPI_finish by a function that
 * is a member of the extension.
 */
extern void cgae_access_grant_guards(FunctionCallInfo fcinfo, Oid owner);

#endif							/* CGAE_ACCESS_H */
