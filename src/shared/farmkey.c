/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For explicit_bzero(3). */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "farmkey.h"
#include "xalloc.h"

#define HEX_DIGITS (2 * FARMKEY_SIZE)
#define BLANKS " \t\r"

static bool
is_name(const char *p, size_t len)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (len == 0 || len > FARMKEY_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (p[i] == '\0' || strchr(letters, p[i]) == NULL)
			return false;
	return true;
}

bool
farmkey_is_name(const char *name)
{
	return is_name(name, strlen(name));
}

/* 16: no hexadecimal digit. */
static unsigned
digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

static bool
read_secret(const char *p, size_t len, unsigned char secret[FARMKEY_SIZE])
{
	if (len != HEX_DIGITS)
		return false;
	for (size_t i = 0; i < FARMKEY_SIZE; i++) {
		unsigned high = digit(p[2 * i]), low = digit(p[2 * i + 1]);

		if (high > 15 || low > 15)
			return false;
		secret[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

/* The next word before end; its length, 0 for none. */
static size_t
next_word(const char **p, const char *end)
{
	while (*p < end && strchr(BLANKS, **p) != NULL)
		(*p)++;
	if (*p == end || **p == '#')
		return 0;
	size_t n = 0;

	while (*p + n < end && strchr(BLANKS, (*p)[n]) == NULL)
		n++;
	return n;
}

/* One line without its newline; NULL, or what is wrong with it. */
static const char *
read_line(const char *p, const char *end, struct farmkeys *keys)
{
	struct farmkey key = {.name = ""};
	size_t len = next_word(&p, end);
	const char *trouble = NULL;

	if (len == 0)
		return NULL;
	if (!is_name(p, len))
		return "the name may have letters, digits, '.', '_' and '-', 64 at most";
	memcpy(key.name, p, len);
	p += len;
	len = next_word(&p, end);
	if (!read_secret(p, len, key.secret))
		trouble = "behind the name stand 64 hexadecimal digits";
	p += len;
	if (trouble == NULL && next_word(&p, end) != 0)
		trouble = "something stands behind the key";
	if (trouble == NULL && farmkey_find(keys, key.name) != NULL)
		trouble = "a second key of this name";
	if (trouble == NULL && keys->count == FARMKEY_COUNT_MAX)
		trouble = "too many keys";
	if (trouble == NULL)
		keys->list[keys->count++] = key;
	explicit_bzero(&key, sizeof(key));
	return trouble;
}

static size_t
count_lines(const char *text)
{
	size_t n = 1;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

enum err
farmkey_parse(const char *text, struct farmkeys *keys, char **error)
{
	size_t lines = count_lines(text);
	const char *trouble = NULL;
	unsigned number = 1;

	/* All at once: growing would leave copies of secrets behind. */
	*keys = (struct farmkeys){.list = xcalloc(lines < FARMKEY_COUNT_MAX ? lines : FARMKEY_COUNT_MAX,
	                                          sizeof(*keys->list))};
	for (const char *line = text; trouble == NULL; number++) {
		const char *end = line + strcspn(line, "\n");

		trouble = read_line(line, end, keys);
		if (trouble != NULL || *end == '\0')
			break;
		line = end + 1;
	}
	if (trouble == NULL && keys->count != 0)
		return OK;
	*error = trouble != NULL ? xasprintf("line %u: %s", number, trouble) : xstrdup("there is no key in it");
	farmkey_release(keys);
	return ERR_USAGE;
}

void
farmkey_release(struct farmkeys *keys)
{
	if (keys->list != NULL)
		explicit_bzero(keys->list, keys->count * sizeof(*keys->list));
	free(keys->list);
	*keys = (struct farmkeys){0};
}

void
farmkey_format(const struct farmkey *key, struct buffer *out)
{
	char hex[HEX_DIGITS + 1];

	for (size_t i = 0; i < FARMKEY_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", key->secret[i]);
	buffer_add_string(out, key->name);
	buffer_add_string(out, " ");
	buffer_add_string(out, hex);
	buffer_add_string(out, "\n");
	explicit_bzero(hex, sizeof(hex));
}

const struct farmkey *
farmkey_find(const struct farmkeys *keys, const char *name)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->list[i].name, name) == 0)
			return &keys->list[i];
	return NULL;
}

void
farmkey_put_identity(const char *name, char identity[FARMKEY_IDENTITY_MAX])
{
	snprintf(identity, FARMKEY_IDENTITY_MAX, FARMKEY_PREFIX "%s", name);
}

enum err
farmkey_get_identity(const unsigned char *bytes, size_t len, char name[FARMKEY_NAME_MAX + 1])
{
	size_t prefix = sizeof(FARMKEY_PREFIX) - 1;

	if (len < prefix || memcmp(bytes, FARMKEY_PREFIX, prefix) != 0)
		return ERR_MISSING;
	if (!is_name((const char *)bytes + prefix, len - prefix))
		return ERR_PROTOCOL;
	memcpy(name, bytes + prefix, len - prefix);
	name[len - prefix] = '\0';
	return OK;
}
