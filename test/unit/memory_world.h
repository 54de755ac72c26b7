/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world for the expander without a disk: files are in a table, "..." and <...> find them by name, in folders 1/, 2/
 * for #include_next; the compiler's answers are in another. What was entered stands in a string.
 */
#ifndef DCC_TEST_MEMORY_WORLD_H
#define DCC_TEST_MEMORY_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expander.h"
#include "program.h"
#include "symbols.h"
#include "xalloc.h"

#define WORLD_FILES 64
#define WORLD_GNU (PROGRAM_LINE_COMMENTS | PROGRAM_RAW_STRINGS | PROGRAM_ELIFDEF)
#define WORLD_CLANG (WORLD_GNU | PROGRAM_CLANG)

struct world_file {
	struct source source;
	struct program *program;
	char *name;
};

struct world {
	struct symbols *symbols;
	struct expander *expander;
	struct expander_world face;
	enum args_compiler compiler;
	unsigned mode;
	struct world_file files[WORLD_FILES];
	size_t count;
	const char *predefines, *command_line;
	const char *includes[4], *imacros[4]; /* end with NULL */
	const char *answers;                  /* "question=value;" ... */
	char trace[4096];                     /* names entered, "name " each; "-name " skipped, "?name " probed, "!name " read */
	char *detail;
	unsigned asked;
};

static inline void
world_note(struct world *w, const char *mark, const char *name)
{
	size_t n = strlen(w->trace);

	snprintf(w->trace + n, sizeof(w->trace) - n, "%s%s ", mark, name);
}

static inline struct world_file *
world_file(struct world *w, const char *name)
{
	for (size_t i = 0; i < w->count; i++) {
		if (w->files[i].name != NULL && strcmp(w->files[i].name, name) == 0)
			return &w->files[i];
	}
	return NULL;
}

static inline struct world_file *
world_search(struct world *w, int first, const char *name)
{
	struct world_file *found = NULL;

	for (int folder = first; folder <= 3 && found == NULL; folder++) {
		char *path = folder == 0 ? xstrdup(name) : xasprintf("%d/%s", folder, name);

		found = world_file(w, path);
		free(path);
	}
	return found;
}

static inline enum err
world_find(void *context, const struct find *f, const struct source **found)
{
	struct world *w = context;
	int from = f->from != NULL && f->from->name[0] >= '1' && f->from->name[0] <= '3' && f->from->name[1] == '/'
	                   ? f->from->name[0] - '0'
	                   : 0;
	int first = f->is_next ? from + 1 : f->kind == FIND_ANGLE ? 1 : 0;
	struct world_file *file = strcmp(f->name, "denied.h") == 0 ? NULL : world_search(w, first, f->name);

	if (f->purpose == FIND_TO_PROBE)
		world_note(w, "?", f->name);
	if (f->purpose == FIND_TO_READ)
		world_note(w, "!", f->name);
	if (file == NULL)
		return strcmp(f->name, "denied.h") == 0 ? ERR_DENIED : ERR_MISSING;
	*found = &file->source;
	return OK;
}

static inline enum err
world_ask(void *context, const char *question, int64_t *value)
{
	struct world *w = context;
	size_t n = strlen(question);

	w->asked++;
	for (const char *p = w->answers; p != NULL && *p != '\0'; p = strchr(p, ';') + 1) {
		if (strncmp(p, question, n) == 0 && p[n] == '=') {
			*value = atoll(p + n + 1);
			return OK;
		}
	}
	return ERR_DENIED;
}

static inline void
world_entered(void *context, const struct source *s, enum source_side side)
{
	world_note(context, side == SOURCE_OF_SYSTEM ? "*" : "", s->name);
}

static inline void
world_skipped(void *context, const struct source *s, enum source_side side)
{
	(void)side;
	world_note(context, "-", s->name);
}

static inline void
world_alive(void *context)
{
	(void)context;
}

/* gcc, C17 with GNU extensions, until something else is set. */
static inline struct world
world_new(void)
{
	struct world w = {.symbols = symbols_new(), .mode = WORLD_GNU};

	w.expander = expander_new(w.symbols);
	w.answers = "defined __has_include=1;defined __has_include_next=1;defined __has_attribute=1;defined __has_builtin=1;"
	            "defined __has_feature=0;defined __FILE_NAME__=1;defined _Pragma=1;";
	return w;
}

static inline void
world_add(struct world *w, const char *name, const char *text)
{
	struct world_file *f = &w->files[w->count++];

	f->name = xstrdup(name);
	f->program = program_new(w->symbols, text, strlen(text), w->mode);
	f->source = (struct source){
		.program = f->program,
		.name = f->name,
		.once_key = w->count,
		.is_system = strncmp(name, "3/", 2) == 0,
	};
}

static inline void
world_add_empty(struct world *w)
{
	world_add(w, "a.h", "");
	world_add(w, "b.h", "");
	world_add(w, "c.h", "");
	world_add(w, "d.h", "");
	world_add(w, "1/e.h", "");
}

/* Runs the file of that name; its trace is in w->trace. */
static inline enum unmodelled
world_run(struct world *w, const char *name)
{
	const char *predefines = w->predefines != NULL ? w->predefines : "";
	const char *command_line = w->command_line != NULL ? w->command_line : "";
	struct program *before = program_new(w->symbols, predefines, strlen(predefines), w->mode);
	struct program *options = program_new(w->symbols, command_line, strlen(command_line), w->mode);
	struct expander_run run = {
		.world = &w->face,
		.compiler = (w->mode & PROGRAM_CLANG) != 0 ? ARGS_CLANG : ARGS_GCC,
		.mode = w->mode,
		.predefines = before,
		.command_line = options,
		.imacros = w->imacros,
		.includes = w->includes,
		.main = &world_file(w, name)->source,
	};

	w->face = (struct expander_world){w, world_find, world_ask, world_entered, world_skipped, world_alive};
	while (w->imacros[run.imacros_count] != NULL)
		run.imacros_count++;
	while (w->includes[run.include_count] != NULL)
		run.include_count++;
	w->trace[0] = '\0';
	free(w->detail);
	enum unmodelled why = expander_run(w->expander, &run, &w->detail);

	program_free(before);
	program_free(options);
	return why;
}

/* The main file m.c of that text is run. */
static inline enum unmodelled
world_run_text(struct world *w, const char *text)
{
	world_add(w, "m.c", text);
	return world_run(w, "m.c");
}

static inline void
world_release(struct world *w)
{
	expander_free(w->expander);
	for (size_t i = 0; i < w->count; i++) {
		program_free(w->files[i].program);
		free(w->files[i].name);
	}
	symbols_free(w->symbols);
	free(w->detail);
}

/* m.c of that text, among empty files a.h b.h c.h d.h 1/e.h, leaves that trace. */
#define assert_trace_as(a_mode, text, expected) \
	do { \
		struct world world = world_new(); \
		world.mode = a_mode; \
		world_add_empty(&world); \
		enum unmodelled world_why = world_run_text(&world, text); \
		if (world_why != UNMODELLED_NONE) \
			fail_msg("%s: %s", unmodelled_word(world_why), world.detail); \
		assert_string_equal(world.trace, expected); \
		world_release(&world); \
	} while (0)
#define assert_trace(text, expected) assert_trace_as(WORLD_GNU, text, expected)
/* It ends for that reason with that detail. */
#define assert_unmodelled_as(a_mode, text, a_why, expected) \
	do { \
		struct world world = world_new(); \
		world.mode = a_mode; \
		world_add_empty(&world); \
		assert_int_equal(world_run_text(&world, text), a_why); \
		assert_string_equal(world.detail, expected); \
		world_release(&world); \
	} while (0)
#define assert_unmodelled(text, why, expected) assert_unmodelled_as(WORLD_GNU, text, why, expected)

#endif
