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
	X(UNMODELLED_COMMAND, "command", HERE, "the command is none for a volunteer") \
	X(UNMODELLED_PREPROCESSED, "preprocessed", PLAIN, "the source is preprocessed already") \
	X(UNMODELLED_OPTION, "option", PLAIN, "an option whose effect on includes is not modelled") \
	X(UNMODELLED_ENVIRONMENT, "environment", HERE, "a variable changes what a compiler reads or writes") \
	X(UNMODELLED_COMPILER, "compiler", PLAIN, "the compiler does not answer") \
	X(UNMODELLED_LANGUAGE, "language", PLAIN, "options give a language that is not modelled") \
	X(UNMODELLED_FOLDER, "folder", HERE, "what is searched is no folder, cannot be looked at, or has the compiler below it") \
	X(UNMODELLED_PRECOMPILED, "precompiled", HERE, "a precompiled header may be used") \
	X(UNMODELLED_CHANGING, "changing", PLAIN, "files change faster than they can be read") \
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
