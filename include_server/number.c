/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "number.h"

static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* u, l, ll, ul, lu, ull, llu, z, uz, in either case; both letters of ll are alike. */
static bool
parse_suffix(const char *p, const char *end, bool *is_unsigned)
{
	unsigned u = 0, l = 0, z = 0;

	while (p < end) {
		if (*p == 'u' || *p == 'U') {
			u++;
			p++;
		} else if (*p == 'l' || *p == 'L') {
			l++;
			p += p + 1 < end && p[1] == p[0] ? 2 : 1;
		} else if (*p == 'z' || *p == 'Z') {
			z++;
			p++;
		} else {
			return false;
		}
	}
	*is_unsigned = u > 0;
	return u <= 1 && l + z <= 1;
}

bool
number_parse(const char *text, size_t length, struct number *n)
{
	const char *p = text, *end = text + length, *first;
	unsigned base = 10;
	uint64_t value = 0;

	if (length > 2 && p[0] == '0' && (p[1] | 0x20) == 'x') {
		base = 16;
		p += 2;
	} else if (length > 2 && p[0] == '0' && (p[1] | 0x20) == 'b') {
		base = 2;
		p += 2;
	} else if (*p == '0') {
		base = 8;
	}
	for (first = p; p < end; p++) {
		if (*p == '\'' && p > first)
			continue;
		int digit = digit_value(*p);

		if (digit >= (int)base)
			break;
		/* A division for each digit would be most of the work. */
		if (value >= (uint64_t)1 << 59 && value > (UINT64_MAX - (unsigned)digit) / base)
			return false;
		value = value * base + (unsigned)digit;
	}
	*n = (struct number){.bits = value};
	if (p == first || p[-1] == '\'' || !parse_suffix(p, end, &n->is_unsigned))
		return false;
	/* Too large for intmax_t: unsigned, for decimal ones too. */
	if (value > INT64_MAX)
		n->is_unsigned = true;
	return true;
}

/* The escape behind the backslash at *p, which moves on. -1: none that is followed. */
static int
parse_escape(const char **p, const char *end)
{
	static const char from[] = "abfnrtvEe\\'\"?([{%", to[] = "\a\b\f\n\r\t\v\033\033\\'\"?([{%";
	const char *found;
	int value = 0, digits = 0;

	if (*p == end)
		return -1;
	if (**p == 'x') {
		for (++*p; *p < end && digit_value(**p) < 16 && digits < 3; ++*p, digits++)
			value = value * 16 + digit_value(**p);
		return digits > 0 && value <= 0xff ? value : -1;
	}
	for (; *p < end && digits < 3 && digit_value(**p) < 8; ++*p, digits++)
		value = value * 8 + digit_value(**p);
	if (digits > 0)
		return value <= 0xff ? value : -1;
	found = **p != '\0' ? strchr(from, **p) : NULL;
	++*p;
	return found != NULL ? (unsigned char)to[found - from] : -1;
}

bool
number_parse_character(const char *text, size_t length, bool char_is_unsigned, struct number *n)
{
	const char *p = text, *end = text + length - 1;
	uint32_t value = 0;
	size_t count = 0;
	bool has_prefix = *text != '\'', is_unsigned = *text == 'u' || *text == 'U';

	for (; *p != '\''; p++)
		;
	for (p++; p < end; count++) {
		int c = (unsigned char)*p++;

		if (c == '\\')
			c = parse_escape(&p, end);
		/* What a wide one or one outside ASCII is depends on character sets. */
		if (c < 0 || (c >= 0x80 && (p[-1] < 0 || has_prefix)))
			return false;
		value = value << 8 | (uint32_t)c;
	}
	if (count == 0 || count > 4 || (count > 1 && has_prefix))
		return false;
	*n = (struct number){.bits = value, .is_unsigned = is_unsigned};
	if (count == 1 && !has_prefix) {
		n->is_unsigned = char_is_unsigned;
		if (!char_is_unsigned && value >= 0x80)
			n->bits = value | ~(uint64_t)0xff;
	} else if (!has_prefix && value > INT32_MAX) {
		n->bits = value | ~(uint64_t)UINT32_MAX;
	}
	return true;
}
