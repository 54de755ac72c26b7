/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

#include "reason.h"

#define REASON_ROW(code, number, word, sentence) {number, word, sentence},

static const struct row {
	unsigned number;
	const char *word;
	const char *sentence;
} rows[] = {REASON_LIST(REASON_ROW)};

static const struct row *
find(unsigned number)
{
	static const struct row unknown = {0, "unknown", "a reason that this version does not know"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].number == number)
			return &rows[i];
	return &unknown;
}

const char *
reason_word(unsigned number)
{
	return find(number)->word;
}

const char *
reason_sentence(unsigned number)
{
	return find(number)->sentence;
}
