/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dialect.h"
#include "fuzz.h"
#include "implied.h"
#include "interview.h"
#include "searched.h"
#include "xalloc.h"

/* The first byte says whose text the rest is: a compiler's two streams, or what was kept of them. */
#define ANSWERS 3

static void
read_output(char *text)
{
	struct interview_answer answers[ANSWERS] = {{.question = text}};
	struct interview i = {0};

	if (interview_parse_output(text, &i, answers, ANSWERS) == OK)
		assert(i.predefines != NULL);
	interview_release(&i);
}

static void
read_messages(char *text)
{
	struct strv user = {0};
	struct interview i = {0};

	strv_add(&user, "a/");
	strv_add(&user, "=b");
	strv_add(&user, "*");
	if (interview_parse_messages(text, &user, &i) == OK)
		assert(i.user_count <= i.bracket.count);
	interview_release(&i);
	strv_release(&user);
}

static void
read_dialect(char *text)
{
	struct dialect d = {0}, again = {0};
	struct buffer b = {0};

	if (dialect_parse(text, &d) == OK) {
		dialect_format(&d, &b);
		char *copy = buffer_take_string(&b);

		assert(dialect_parse(copy, &again) == OK);
		assert(again.answers.count == d.answers.count);
		free(copy);
	}
	dialect_release(&again);
	dialect_release(&d);
}

static void
read_searched(char *text)
{
	struct searched s = {0}, again = {0};
	struct buffer b = {0};

	if (searched_parse(text, &s) == OK) {
		searched_format(&s, &b);
		char *copy = buffer_take_string(&b);

		assert(searched_parse(copy, &again) == OK);
		assert(again.count == s.count && again.stamp_count == s.stamp_count);
		free(copy);
	}
	searched_release(&again);
	searched_release(&s);
}

static void
read_implied(char *text)
{
	struct strv names = {0}, system = {0};

	if (implied_parse(text, &names, &system) == OK) {
		for (size_t i = 0; i < names.count; i++)
			assert(strchr(names.items[i], '\n') == NULL);
	} else {
		assert(names.count == 0 && system.count == 0);
	}
	strv_release(&names);
	strv_release(&system);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(char *text) = {read_output, read_messages, read_dialect, read_searched,
	                                             read_implied};

	if (size == 0 || size > 8192)
		return 0;
	char *text = xstrndup((const char *)data + 1, size - 1);

	readers[data[0] % (sizeof(readers) / sizeof(readers[0]))](text);
	free(text);
	return 0;
}
