/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file of keys, or (behind a first byte that is 0) the identity that a client sends. Keys that were read are written and
 * read again as the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "farmkey.h"
#include "fuzz.h"
#include "xalloc.h"

static void
try_identity(const uint8_t *data, size_t size)
{
	char name[FARMKEY_NAME_MAX + 1], identity[FARMKEY_IDENTITY_MAX];

	if (farmkey_get_identity(data, size, name) != OK)
		return;
	check(farmkey_is_name(name));
	farmkey_put_identity(name, identity);
	check(strlen(identity) == size && memcmp(identity, data, size) == 0);
}

static void
check_again(const struct farmkeys *keys)
{
	struct farmkeys again = {0};
	struct buffer text = {0};
	char *error = NULL;

	for (size_t i = 0; i < keys->count; i++) {
		check(farmkey_is_name(keys->list[i].name));
		check(farmkey_find(keys, keys->list[i].name) == &keys->list[i]);
		farmkey_format(&keys->list[i], &text);
	}
	char *whole = buffer_take_string(&text);

	check(farmkey_parse(whole, &again, &error) == OK && again.count == keys->count);
	check(memcmp(again.list, keys->list, keys->count * sizeof(*keys->list)) == 0);
	farmkey_release(&again);
	free(whole);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct farmkeys keys = {0};
	char *error = NULL;

	if (size != 0 && data[0] == 0) {
		try_identity(data + 1, size - 1);
		return 0;
	}
	char *text = xmalloc(size + 1);

	if (size != 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (farmkey_parse(text, &keys, &error) == OK)
		check_again(&keys);
	else
		check(error != NULL && keys.list == NULL);
	farmkey_release(&keys);
	free(error);
	free(text);
	return 0;
}
