/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unmodelled.h"

#define PLAIN UNMODELLED_PLAIN
#define HERE UNMODELLED_HERE
#define UNMODELLED_ROW(code, word, ladder, sentence) {word, sentence, ladder},

static const struct {
	const char *word;
	const char *sentence;
	enum unmodelled_ladder ladder;
} rows[] = {UNMODELLED_LIST(UNMODELLED_ROW)};

const char *
unmodelled_word(enum unmodelled u)
{
	return rows[u].word;
}

const char *
unmodelled_sentence(enum unmodelled u)
{
	return rows[u].sentence;
}

enum unmodelled_ladder
unmodelled_ladder(enum unmodelled u)
{
	return rows[u].ladder;
}
