/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "compress.h"
#include "stockwire.h"

enum err
stockwire_read_token(struct peer *p, const char name[4], uint32_t *value)
{
	unsigned char bytes[DISTCC_TOKEN_SIZE];
	enum err e = peer_read(p, bytes, sizeof(bytes));

	return e == OK ? distcc_get_token(bytes, name, value) : e;
}

enum err
stockwire_read_either(struct peer *p, const char first[4], const char second[4], int *which, uint32_t *value)
{
	unsigned char bytes[DISTCC_TOKEN_SIZE];
	enum err e = peer_read(p, bytes, sizeof(bytes));

	if (e != OK)
		return e;
	*which = memcmp(bytes, second, 4) == 0;
	return distcc_get_token(bytes, *which ? second : first, value);
}

enum err
stockwire_read_body(struct peer *p, size_t len, struct buffer *body)
{
	while (len > 0) {
		const unsigned char *data;
		size_t n;
		enum err e = peer_read_some(p, len, &data, &n);

		if (e != OK)
			return e;
		buffer_add(body, data, n);
		len -= n;
	}
	return OK;
}

enum err
stockwire_read_string(struct peer *p, const char name[4], size_t max, char **s)
{
	struct buffer body = {0};
	uint32_t len;
	enum err e = stockwire_read_token(p, name, &len);

	if (e == OK && len > max)
		e = ERR_LIMIT;
	if (e == OK)
		e = stockwire_read_body(p, len, &body);
	if (e == OK && len != 0 && memchr(body.data, '\0', len) != NULL)
		e = ERR_PROTOCOL;
	if (e == OK)
		*s = buffer_take_string(&body);
	buffer_release(&body);
	return e;
}

enum err
stockwire_read_lzo(struct peer *p, size_t len, struct buffer *text)
{
	struct buffer packed = {0};

	if (len > STOCKWIRE_LZO_MAX)
		return ERR_LIMIT;
	enum err e = stockwire_read_body(p, len, &packed);

	if (e == OK)
		e = decompress_lzo(packed.data, packed.len, STOCKWIRE_TEXT_MAX, text);
	buffer_release(&packed);
	return e;
}
