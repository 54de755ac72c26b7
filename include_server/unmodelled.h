/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_UNMODELLED_H
#define DCC_UNMODELLED_H

/*
 * Why a source does not go in pump mode: the word is counted, logged and explained in
 * dcc-include-server(1). PLAIN: preprocessing here is right. HERE: only a local compile is.
 * X(code, word, ladder, sentence)
 */
#define UNMODELLED_LIST(X) \
	X(UNMODELLED_NONE, "none", PLAIN, "nothing") \
	X(UNMODELLED_COUNTER, "counter", HERE, "a condition depends on __COUNTER__") \
	X(UNMODELLED_DATE, "date", HERE, "a condition depends on __DATE__, __TIME__ or __TIMESTAMP__")

enum unmodelled_ladder { UNMODELLED_PLAIN, UNMODELLED_HERE };

#define UNMODELLED_ENUM(code, word, ladder, sentence) code,
enum unmodelled { UNMODELLED_LIST(UNMODELLED_ENUM) UNMODELLED_COUNT };

const char *
unmodelled_word(enum unmodelled u);
const char *
unmodelled_sentence(enum unmodelled u);
enum unmodelled_ladder
unmodelled_ladder(enum unmodelled u);

#endif
