/*
 * canonical_output.h
 *	  Python's way of writing JSON strings and numbers, into a buffered sink.
 */
#ifndef CGAE_CANONICAL_OUTPUT_H
#define CGAE_CANONICAL_OUTPUT_H

/* Receives the canonical text piece by piece; a piece is valid during the call only. */
typedef void (*CgaeJsonSink) (void *state, const char *piece, size_t length);

/* Bytes gathered before the sink is called. */
#define CGAE_JSON_PIECE 8192

typedef struct CgaeJsonOutput
{
	CgaeJsonSink sink;
	void	   *state;			/* the sink's */
	size_t		buffered;
	char		buffer[CGAE_JSON_PIECE];
} CgaeJsonOutput;

/* Hand what is buffered to the sink; a place to cancel. */
extern void cgae_json_flush(CgaeJsonOutput *output);

/* Write bytes that fill the buffer. */
extern void cgae_json_put_across(CgaeJsonOutput *output, const char *bytes, size_t length);

/* Write bytes as they are. */
static inline void
cgae_json_put(CgaeJsonOutput *output, const char *bytes, size_t length)
{
	if (unlikely(length >= CGAE_JSON_PIECE - output->buffered))
	{
		cgae_json_put_across(output, bytes, length);
		return;
	}
	memcpy(output->buffer + output->buffered, bytes, length);
	output->buffered += length;
}

#define cgae_json_put_literal(output, literal) \
	cgae_json_put(output, "" literal "", sizeof(literal) - 1)

/* Write a string, quotes around it, given as written between its quotes. */
extern void cgae_json_put_string(CgaeJsonOutput *output, const char *s, size_t length);

/* Write a number: an integer as it is, anything else as the double it denotes. */
extern void cgae_json_put_number(CgaeJsonOutput *output, const char *number, size_t length);

#endif							/* CGAE_CANONICAL_OUTPUT_H */
