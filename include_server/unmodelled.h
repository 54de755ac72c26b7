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
	X(UNMODELLED_COUNTER, "counter", HERE, "a directive depends on __COUNTER__") \
	X(UNMODELLED_DATE, "date", HERE, "a directive depends on __DATE__, __TIME__ or __TIMESTAMP__") \
	X(UNMODELLED_SYNTAX, "syntax", PLAIN, "a directive does not compile") \
	X(UNMODELLED_ERROR, "error", PLAIN, "an #error is reached") \
	X(UNMODELLED_DIRECTIVE, "directive", PLAIN, "a directive is not known") \
	X(UNMODELLED_MISSING, "missing", PLAIN, "a file to include is not there") \
	X(UNMODELLED_DENIED, "denied", HERE, "a file or folder on the way to an include cannot be read") \
	X(UNMODELLED_DEPTH, "depth", PLAIN, "includes are nested too deeply") \
	X(UNMODELLED_LIMIT, "limit", HERE, "the preprocessor's work is too large to follow") \
	X(UNMODELLED_ASSERT, "assert", HERE, "#assert and its questions are not followed") \
	X(UNMODELLED_CHARACTER, "character", PLAIN, "a directive depends on a character outside ASCII") \
	X(UNMODELLED_LITERAL, "literal", PLAIN, "a literal or comment has no end") \
	X(UNMODELLED_LINE_COMMENT, "line-comment", PLAIN, "a // that may or may not begin a comment matters") \
	X(UNMODELLED_LINE, "line", PLAIN, "__LINE__ matters in a directive of several lines") \
	X(UNMODELLED_PRAGMA, "pragma", PLAIN, "a macro may hold a pragma that changes macros") \
	X(UNMODELLED_POISON, "poison", PLAIN, "a poisoned word is used") \
	X(UNMODELLED_TARGET, "target", HERE, "a condition depends on what #pragma GCC target or optimize changes") \
	X(UNMODELLED_MODULE, "module", HERE, "modules are not followed") \
	X(UNMODELLED_ASSEMBLER, "assembler", HERE, "a file that the assembler reads is not known") \
	X(UNMODELLED_QUESTION, "question", PLAIN, "the compiler does not answer a question in a condition") \
	X(UNMODELLED_EXTENSION, "extension", PLAIN, "an extension is not followed") \
	X(UNMODELLED_SIZE, "size", PLAIN, "more files, or larger ones, than can be sent") \
	X(UNMODELLED_NAME, "name", PLAIN, "a file's name cannot stand in a list of dependencies") \
	X(UNMODELLED_AUDIT, "audit", PLAIN, "for such options the compiler has read other files than were predicted")

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
