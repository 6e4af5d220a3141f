/*
 * float_repr.c
 *	  The double that a JSON number denotes, written as Python's repr() writes it.
 *
 * Invariants: the result depends on the number's text alone, not on
 * extra_float_digits; it is the shortest text that reads back as the same double
 * (and the closest such text to it).  Leaves nothing allocated.  Called by
 * canonical_json.c.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "common/shortest_dec.h"

#include "json/float_repr.h"

/* The shortest double has at most 17 digits. */
#define SHORTEST_DIGITS 17

/* Decimal points this far from the first digit are out of reach of subnormals and of infinity. */
#define SHORT_DECIMAL_POINT 300

/* A positive decimal number: 0.d1d2d3... * 10^point. */
typedef struct Decimal
{
	int			count;
	int			point;
	char		digit[DOUBLE_SHORTEST_DECIMAL_LEN];
} Decimal;

/*
 * The double nearest to a JSON number without its sign, ties to even: 0 or
 * infinity where it is out of range.  The server keeps LC_NUMERIC at C, on which
 * its own reading of doubles rests too.
 */
static double
nearest_double(const char *number, size_t length)
{
	char	   *terminated = pnstrdup(number, length);
	double		value = strtod(terminated, NULL);

	pfree(terminated);
	return value;
}

/* Drop zeros at the end. */
static void
strip_zeros(Decimal *decimal)
{
	while (decimal->count > 1 && decimal->digit[decimal->count - 1] == '0')
		decimal->count--;
}

/*
 * A number of at most 15 significant digits, nearly always what a
 * configuration holds.  Doubles tell all those apart (DBL_DIG), but for the
 * subnormal ones: no shorter number and no other of its length reads back as
 * the same double, so that its own digits are the answer.  Returns false,
 * *decimal undefined, for any other number, and for zero.
 */
static bool
short_decimal(const char *number, size_t length, Decimal *decimal)
{
	const char *end = number + length;
	bool		beyond_point = false;
	int			exponent = 0;

	decimal->count = 0;
	decimal->point = 0;
	for (; number < end && *number != 'e' && *number != 'E'; number++)
	{
		if (*number == '.')
			beyond_point = true;
		else if (decimal->count == 0 && *number == '0')
			decimal->point -= beyond_point;
		else if (decimal->count == DBL_DIG)
			return false;
		else
		{
			decimal->digit[decimal->count++] = *number;
			decimal->point += !beyond_point;
		}
	}
	if (decimal->count == 0 || decimal->point < -SHORT_DECIMAL_POINT)
		return false;

	if (number < end)
	{
		bool		negative;

		number++;
		negative = (*number == '-');
		if (*number == '-' || *number == '+')
			number++;
		for (; number < end; number++)
		{
			exponent = exponent * 10 + (*number - '0');
			if (exponent > SHORT_DECIMAL_POINT)
				return false;
		}
		decimal->point += negative ? -exponent : exponent;
	}
	strip_zeros(decimal);
	return abs(decimal->point) <= SHORT_DECIMAL_POINT;
}

/* The double nearest to a decimal number of few digits. */
static double
decimal_value(const Decimal *decimal)
{
	char		integer[DOUBLE_SHORTEST_DECIMAL_LEN + 16];

	snprintf(integer, sizeof(integer), "%.*se%d",
			 decimal->count, decimal->digit, decimal->point - decimal->count);
	return strtod(integer, NULL);
}

/* Cut the last digit off, rounding up if asked. */
static Decimal
one_digit_less(const Decimal *decimal, bool up)
{
	Decimal		less = *decimal;
	int			i;

	less.count--;
	if (up)
	{
		for (i = less.count - 1; i >= 0 && less.digit[i] == '9'; i--)
			less.digit[i] = '0';
		if (i >= 0)
			less.digit[i]++;
		else
		{
			/* 99 became 100; its zeros are dropped below */
			less.digit[0] = '1';
			less.point++;
		}
	}
	strip_zeros(&less);
	return less;
}

/*
 * The shortest decimal number that reads back as a finite positive double.
 *
 * PostgreSQL's routine gives the shortest number strictly between the
 * midpoints to the two neighbours.  Python also takes a midpoint itself when
 * it is shorter and rounds, ties to even, to our double: 1e+23, not
 * 9.999999999999999e+22.  A midpoint is an odd 54-bit integer times a power
 * of two, so to be a decimal of at most 16 digits it must be an integer whose
 * zeros come from factors of 5 in that integer, at most 23 of them; hence the
 * bounds.  When there is one, no number of its length lies between it and the
 * digits that we have, so it is those digits with the last one cut off, down
 * or up.
 */
static void
shortest_decimal(double value, Decimal *decimal)
{
	char		text[DOUBLE_SHORTEST_DECIMAL_LEN];
	int			exponent = 0;
	int			before_point = -1;
	int			length;
	int			i;

	length = double_to_shortest_decimal_bufn(value, text);

	decimal->count = 0;
	for (i = 0; i < length; i++)
	{
		if (text[i] == '.')
			before_point = i;
		else if (text[i] == 'e')
			break;
		else
			decimal->digit[decimal->count++] = text[i];
	}
	if (before_point < 0)
		before_point = i;
	if (i < length)
	{
		bool		negative = (text[i + 1] == '-');

		for (i += 2; i < length; i++)
			exponent = exponent * 10 + (text[i] - '0');
		if (negative)
			exponent = -exponent;
	}
	decimal->point = before_point + exponent;

	/* zeros in front, as in 0.00012 */
	for (i = 0; i < decimal->count - 1 && decimal->digit[i] == '0'; i++)
		decimal->point--;
	decimal->count -= i;
	memmove(decimal->digit, decimal->digit + i, decimal->count);
	strip_zeros(decimal);
	Assert(decimal->count <= SHORTEST_DIGITS);

	if (decimal->count > 1 && value >= 18014398509481984.0 && value < 1e40)
	{
		for (i = 0; i <= 1; i++)
		{
			Decimal		less = one_digit_less(decimal, i == 1);

			if (decimal_value(&less) == value)
			{
				*decimal = less;
				break;
			}
		}
	}
}

int
cgae_float_repr(const char *number, size_t length, char dest[CGAE_FLOAT_REPR_LEN])
{
	char	   *out = dest;
	Decimal		decimal;
	int			i;

	if (*number == '-')
	{
		*out++ = *number++;
		length--;
	}

	if (!short_decimal(number, length, &decimal))
	{
		double		value = nearest_double(number, length);

		if (isinf(value))
			return (int) (out - dest) + sprintf(out, "Infinity");
		if (value == 0)
			return (int) (out - dest) + sprintf(out, "0.0");
		shortest_decimal(value, &decimal);
	}

	/* positional from 0.0001 up to, but not including, 1e16 */
	if (decimal.point > 16 || decimal.point < -3)
	{
		*out++ = decimal.digit[0];
		if (decimal.count > 1)
		{
			*out++ = '.';
			memcpy(out, decimal.digit + 1, decimal.count - 1);
			out += decimal.count - 1;
		}
		out += sprintf(out, "e%c%02d", decimal.point > 0 ? '+' : '-', abs(decimal.point - 1));
		return (int) (out - dest);
	}

	if (decimal.point <= 0)
	{
		*out++ = '0';
		*out++ = '.';
		for (i = decimal.point; i < 0; i++)
			*out++ = '0';
		memcpy(out, decimal.digit, decimal.count);
		out += decimal.count;
	}
	else
	{
		for (i = 0; i < decimal.point; i++)
			*out++ = i < decimal.count ? decimal.digit[i] : '0';
		*out++ = '.';
		if (decimal.count <= decimal.point)
			*out++ = '0';
		else
		{
			memcpy(out, decimal.digit + decimal.point, decimal.count - decimal.point);
			out += decimal.count - decimal.point;
		}
	}
	*out = '\0';
	return (int) (out - dest);
}
