/*
 * canonical_json.c
 *	  Canonical JSON against Python: both refuse a text or both write the same
 *	  bytes; they are ASCII, and canonical already.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "json/canonical_json.h"
#include "shim.h"

/* canonical(bytes): the bytes that Python writes, None when it refuses, False when nested too deeply. */
static const char reference[] =
"import json, sys\n"
"sys.set_int_max_str_digits(0)\n"
"def refuse(constant): raise ValueError(constant)\n"
"def canonical(text):\n"
"    try:\n"
"        value = json.loads(text.decode(), parse_constant=refuse)\n"
"        return json.dumps(value, sort_keys=True).encode('ascii')\n"
"    except RecursionError:\n"
"        return False\n"
"    except ValueError:\n"
"        return None\n";

static PyObject *canonical;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	PyObject   *module;

	Py_InitializeEx(0);
	module = PyImport_AddModule("__main__");
	CHECK(PyRun_SimpleString(reference) == 0);
	canonical = PyObject_GetAttrString(module, "canonical");
	CHECK(canonical != NULL);
	return 0;
}

typedef struct Text
{
	const char *text;
	size_t		length;
	StringInfoData written;
} Text;

static void
append(void *state, const char *piece, size_t length)
{
	appendBinaryStringInfo(state, piece, (int) length);
}

static void
write_canonical(void *argument)
{
	Text	   *text = argument;

	cgae_canonical_json_write(text->text, text->length, append, &text->written);
}

/* A number too large for a double is written as Infinity, which is no JSON: leave these alone. */
static bool
has_infinity(const StringInfo written)
{
	return strstr(written->data, "Infinity") != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	Text		once = {.length = size};
	PyObject   *expected;
	char	   *copy;
	int			error;

	/* a value of type json has no NUL byte, nor need the text end in one */
	if (memchr(data, 0, size) != NULL)
		return 0;
	copy = palloc(size);
	if (size > 0)
		memcpy(copy, data, size);
	once.text = copy;
	initStringInfo(&once.written);

	error = fuzz_try(write_canonical, &once);
	CHECK(error == 0 || error == ERRCODE_INVALID_TEXT_REPRESENTATION ||
		  error == ERRCODE_CHARACTER_NOT_IN_REPERTOIRE);

	expected = PyObject_CallFunction(canonical, "y#", copy, (Py_ssize_t) size);
	CHECK(expected != NULL);
	/* what a duplicate key replaces is not looked at, so only of UTF-8 is every fault found */
	if (expected == Py_None)
		CHECK(error != 0 || pg_encoding_verifymbstr(PG_UTF8, copy, size) != (int) size);
	else if (expected != Py_False)
	{
		CHECK(error == 0);
		CHECK(PyBytes_Size(expected) == once.written.len);
		CHECK(memcmp(PyBytes_AsString(expected), once.written.data, once.written.len) == 0);
	}
	Py_DECREF(expected);

	if (error == 0)
	{
		for (int i = 0; i < once.written.len; i++)
			CHECK(once.written.data[i] >= ' ' && once.written.data[i] <= '~');
		if (!has_infinity(&once.written))
		{
			Text		twice = {.text = once.written.data, .length = once.written.len};

			initStringInfo(&twice.written);
			CHECK(fuzz_try(write_canonical, &twice) == 0);
			CHECK(twice.written.len == once.written.len);
			CHECK(memcmp(twice.written.data, once.written.data, once.written.len) == 0);
		}
	}
	fuzz_reset();
	return 0;
}
