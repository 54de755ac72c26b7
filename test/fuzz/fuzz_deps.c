/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dependency file as a compiler in the jail left it. Names that were read, written again with make's
 * quoting, are read as the same names.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "deps.h"
#include "fuzz.h"

/* As gcc quotes: a blank needs its backslashes doubled and one more. */
static void
put_name(struct buffer *b, const char *name)
{
	size_t slashes = 0;

	buffer_add_string(b, " ");
	for (; *name != '\0'; name++) {
		if (*name == ' ' || *name == '\t')
			for (size_t i = 0; i < slashes; i++)
				buffer_add_string(b, "\\");
		if (strchr(" \t#:", *name) != NULL)
			buffer_add_string(b, "\\");
		if (*name == '$')
			buffer_add_string(b, "$");
		buffer_add(b, name, 1);
		slashes = *name == '\\' ? slashes + 1 : 0;
	}
	/* Those at the end would quote the blank that follows. */
	for (size_t i = 0; i < slashes; i++)
		buffer_add_string(b, "\\");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strv names = {0};
	struct strv again = {0};
	struct buffer b = {0};

	if (deps_parse((const char *)data, size, &names) == OK) {
		unsigned char digest[HASH_SIZE];

		buffer_add_string(&b, "a:");
		for (size_t i = 0; i < names.count; i++)
			put_name(&b, names.items[i]);
		buffer_add_string(&b, " \n");
		if (deps_parse((const char *)b.data, b.len, &again) != OK || again.count != names.count)
			abort();
		for (size_t i = 0; i < names.count; i++)
			if (strcmp(again.items[i], names.items[i]) != 0)
				abort();
		deps_digest(&names, digest);
	}
	buffer_release(&b);
	strv_release(&names);
	strv_release(&again);
	return 0;
}
