/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "distcc_wire.h"

void
distcc_put_token(struct buffer *b, const char name[4], uint32_t value)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char *p = buffer_reserve(b, DISTCC_TOKEN_SIZE);

	memcpy(p, name, 4);
	for (unsigned i = 0; i < 8; i++)
		p[4 + i] = (unsigned char)digits[(value >> (28 - 4 * i)) & 0xf];
	b->len += DISTCC_TOKEN_SIZE;
}

void
distcc_put_string(struct buffer *b, const char name[4], const char *s)
{
	size_t len = strlen(s);

	distcc_put_token(b, name, (uint32_t)len);
	buffer_add(b, s, len);
}

/* -1 for a byte that is no hexadecimal digit. */
static int
digit_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

enum err
distcc_get_token(const unsigned char bytes[DISTCC_TOKEN_SIZE], const char name[4], uint32_t *value)
{
	if (memcmp(bytes, name, 4) != 0)
		return ERR_PROTOCOL;
	uint32_t n = 0;

	for (unsigned i = 4; i < DISTCC_TOKEN_SIZE; i++) {
		int d = digit_value(bytes[i]);

		if (d < 0)
			return ERR_PROTOCOL;
		n = n << 4 | (uint32_t)d;
	}
	*value = n;
	return OK;
}
