/*
 * now.h
 *	  "Now" for whoever asks.
 */
#ifndef CGAE_NOW_H
#define CGAE_NOW_H

#include "access/xact.h"

/*
 * The later of the statement's and the transaction's beginning.  A procedure
 * that commits is one statement for as long as it runs, but begins a
 * transaction after each commit.  Of both, the views say
 * greatest(statement_timestamp(), transaction_timestamp()).
 */
static inline TimestampTz
cgae_now(void)
{
	TimestampTz statement = GetCurrentStatementStartTimestamp();
	TimestampTz transaction = GetCurrentTransactionStartTimestamp();

	return statement > transaction ? statement : transaction;
}

#endif							/* CGAE_NOW_H */
