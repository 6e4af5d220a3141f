/*
 * float_repr.c
 *	  The double that a JSON number denotes, against Python's own reader and writer
 *	  of doubles: for numbers as they come, and near and at the midpoints between doubles.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "postgres.h"

#include <float.h>
#include <math.h>

#include "json/float_repr.h"
#include "shim.h"

/* Longest number tried; longer than any double or midpoint, with a margin. */
#define LONGEST 1200

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	Py_InitializeEx(0);
	return 0;
}

/* repr(float(number)), with Infinity for inf as json.dumps() has it. */
static void
check(const char *number)
{
	char		written[CGAE_FLOAT_REPR_LEN];
	size_t		length = strlen(number);
	char	   *copy = palloc(length);
	double		value = PyOS_string_to_double(number, NULL, NULL);
	char	   *expected;

	CHECK(!PyErr_Occurred());
	/* without a NUL, so that reading beyond is seen */
	memcpy(copy, number, length);
	CHECK(cgae_float_repr(copy, length, written) == (int) strlen(written));

	if (isinf(value))
	{
		CHECK(strcmp(written, value < 0 ? "-Infinity" : "Infinity") == 0);
		return;
	}
	expected = PyOS_double_to_string(value, 'r', 0, Py_DTSF_ADD_DOT_0, NULL);
	CHECK(expected != NULL);
	if (strcmp(written, expected) != 0)
		fprintf(stderr, "%s is %s, expected %s\n", number, written, expected);
	CHECK(strcmp(written, expected) == 0);
	PyMem_Free(expected);
}

/*
 * The exact decimal expansion of a double, or of the midpoint between it and
 * the next.  Beyond the greatest one it is where numbers begin to be infinite.
 */
static void
expansion(double value, bool midpoint, char *out)
{
	long double exact = value;

	if (midpoint && value == DBL_MAX)
		exact += (exact - nextafter(value, 0)) / 2;
	else if (midpoint)
		exact = (exact + (long double) nextafter(value, INFINITY)) / 2;
	/* the C library's: exact, and it knows long double */
#undef snprintf
	snprintf(out, LONGEST, "%.780Le", exact);
}

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	FuzzInput	input = {data, size};
	uint8		way = fuzz_byte(&input);
	double		value = fuzz_double(&input);
	uint8		precision = fuzz_byte(&input);
	char		number[LONGEST + 64] = "1.5";

	if (isnan(value) || isinf(value))
		return 0;
	switch (way % 5)
	{
		case 0:
			snprintf(number, LONGEST, "%.*e", precision % 25, value);
			break;
		case 1:
			/* 1e400 and the like would only be infinite */
			value = fmod(value, 1e25);
			snprintf(number, LONGEST, "%.*f", 1 + precision % 30, value);
			break;
		case 2:
			expansion(value, false, number);
			break;
		case 3:
			expansion(value, true, number);
			break;
		default:
			{
				/* digits as they come: [-] int [.frac] [e exp] */
				char	   *out = number;
				int			digits = 1 + precision % 40;
				int			point = 1 + fuzz_byte(&input) % 40;

				if (way & 0x80)
					*out++ = '-';
				for (int i = 0; i < digits; i++)
				{
					int			digit = fuzz_byte(&input) % 10;

					/* no zero in front: that is not JSON */
					*out++ = '0' + (i == 0 && digit == 0 ? 1 : digit);
					if (i + 1 == point && i + 1 < digits)
						*out++ = '.';
				}
				snprintf(out, 16, "e%d", (int) (int16) fuzz_uint64(&input) % 400);
			}
			break;
	}

	/* a midpoint and its neighbours in the last digit that we give */
	if (way % 5 >= 2 && way % 5 <= 3 && way & 0x40)
	{
		char	   *exponent = strchr(number, 'e');
		int			at = 2 + precision + (number[0] == '-');

		if (number + at < exponent)
			number[at] = '0' + fuzz_byte(&input) % 10;
	}
	check(number);
	fuzz_reset();
	return 0;
}
