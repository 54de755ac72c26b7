/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first byte is the mode, then come files, each ended by a line "@": the first is the main one, the others are a.h, b.h ...
 * and found under these names wherever they are looked for. Whatever they hold, the run ends, leaves nothing behind, and
 * a second one finds the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "expander.h"
#include "fuzz.h"
#include "mode.h"
#include "program.h"
#include "symbols.h"
#include "xalloc.h"

#define FILES_MAX 8

struct world {
	struct symbols *symbols;
	struct source files[FILES_MAX];
	size_t count;
	uint64_t trace; /* a hash of what was asked and found */
};

static void
note(struct world *w, const char *text)
{
	for (; *text != '\0'; text++)
		w->trace = (w->trace ^ (unsigned char)*text) * 0x100000001b3u;
	w->trace *= 31;
}

static enum err
find(void *context, const struct find *f, const struct source **found)
{
	struct world *w = context;

	note(w, f->name);
	for (size_t i = 0; i < w->count; i++) {
		if (strcmp(w->files[i].name, f->name) == 0) {
			*found = &w->files[i];
			return OK;
		}
	}
	return strcmp(f->name, "denied.h") == 0 ? ERR_DENIED : ERR_MISSING;
}

static enum err
ask(void *context, const char *question, int64_t *value)
{
	note(context, question);
	*value = strncmp(question, "defined ", 8) == 0 || strlen(question) % 2 == 0;
	return strlen(question) > 100 ? ERR_DENIED : OK;
}

static void
entered(void *context, const struct source *s, enum source_side side)
{
	note(context, side == SOURCE_OF_USER ? "user" : "system");
	note(context, s->name);
}

static void
skipped(void *context, const struct source *s, enum source_side side)
{
	(void)side;
	note(context, "skipped");
	note(context, s->name);
}

static void
alive(void *context)
{
	(void)context;
}

static void
load(struct world *w, const char *text, size_t length, unsigned mode)
{
	static const char *const names[FILES_MAX] = {"m.c", "a.h", "b.h", "c.h", "d.h", "e.h", "f.h", "g.h"};

	while (length > 0 && w->count < FILES_MAX) {
		const char *end = text;
		size_t n = length, skip = length;

		for (; (end = memchr(end, '@', length - (size_t)(end - text))) != NULL; end++) {
			if (end > text && end[-1] == '\n' && end + 1 < text + length && end[1] == '\n') {
				n = (size_t)(end - text);
				skip = n + 2;
				break;
			}
		}
		w->files[w->count] = (struct source){
			.program = program_new(w->symbols, text, n, mode),
			.name = names[w->count],
			.once_key = n,
			.is_system = w->count == 3,
		};
		w->count++;
		text += skip;
		length -= skip;
	}
}

static uint64_t
run(struct world *w, struct expander *e, unsigned mode)
{
	static const char *const includes[] = {"b.h"};
	struct expander_world face = {w, find, ask, entered, skipped, alive};
	struct expander_run r = {
		.world = &face,
		.compiler = (mode & PROGRAM_CLANG) != 0 ? ARGS_CLANG : ARGS_GCC,
		.mode = mode,
		.includes = includes,
		.include_count = w->count > 2,
		.main = &w->files[0],
		.steps_max = 300000,
	};
	char *detail;

	w->trace = 0;
	enum unmodelled why = expander_run(e, &r, &detail);

	if ((why == UNMODELLED_NONE) != (detail == NULL))
		abort();
	if (detail != NULL)
		note(w, detail);
	free(detail);
	return w->trace;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct world w = {.symbols = symbols_new()};
	struct expander *e = expander_new(w.symbols);

	load(&w, (const char *)data + 1, size - 1, data[0]);
	if (run(&w, e, data[0]) != run(&w, e, data[0]))
		abort();
	expander_free(e);
	for (size_t i = 0; i < w.count; i++) {
		struct program *p;

		/* The const is the expander's view of it. */
		memcpy(&p, &w.files[i].program, sizeof(p));
		program_free(p);
	}
	symbols_free(w.symbols);
	return 0;
}
