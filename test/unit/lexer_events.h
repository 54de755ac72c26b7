/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a lexer finds in a text, as a text. */
#ifndef DCC_TEST_LEXER_EVENTS_H
#define DCC_TEST_LEXER_EVENTS_H

#include <stdio.h>
#include <string.h>

#include "lexer.h"
#include "mode.h"

#define LEXER_GNU (PROGRAM_LINE_COMMENTS | PROGRAM_RAW_STRINGS)

/*
 * Each event as "LINE MARK[text]": # directive (* behind the line: of several lines), _ pragma, w word, r read, i import, ! unmodelled;
 * at the end "broken" if it is.
 */
static inline const char *
lexer_events(const char *text, size_t length, unsigned mode)
{
	static char out[4000];
	static const char marks[] = " #_wri!";
	struct lexer l;
	enum lexer_event event;

	out[0] = '\0';
	lexer_init(&l, text, length, mode);
	while ((event = lexer_next(&l)) != LEXER_END && l.broken == UNMODELLED_NONE) {
		size_t n = strlen(out);
		bool has_text = event != LEXER_IMPORT && event != LEXER_UNMODELLED;

		snprintf(out + n, sizeof(out) - n, "%u%s %c[%.*s] ", (unsigned)l.line,
		         event == LEXER_DIRECTIVE && l.is_multiline ? "*" : "", marks[event], has_text ? (int)l.length : 0,
		         has_text ? l.text : "");
	}
	if (l.broken != UNMODELLED_NONE)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "broken");
	lexer_release(&l);
	return out;
}

#define assert_events(text, mode, expected) assert_string_equal(lexer_events(text, strlen(text), mode), expected)

#endif
