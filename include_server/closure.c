/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One scan: the command is read, the compiler's oracle consulted, the expander run over what the
 * resolver finds, and what was entered is listed as the compiler will list it. It is done again when
 * the compiler has to be asked something (all at once: meanwhile the answer is taken to be 0, and what is
 * found on a wrong way is forgotten) and when the disk changed in the meantime.
 *
 * gcc lists each file where it is entered first, and counts it as a system header if it was one then; clang
 * also lists what it skips and what __has_include finds, and a file that is entered as a user's later is still listed.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "args.h"
#include "args_search.h"
#include "closure.h"
#include "expander.h"
#include "interview.h"
#include "oracle.h"
#include "path.h"
#include "reason.h"
#include "symbols.h"
#include "table.h"
#include "xalloc.h"

#define ROUNDS_MAX 64   /* of questions: each brings an answer that was met */
#define CHANGES_MAX 5

struct closure {
	struct symbols *symbols;
	struct resolver *resolver;
	struct expander *expander;
	struct oracle *oracle;
	const char *preinclude; /* interned */
};

struct scan {
	struct closure *c;
	const struct closure_request *q;
	void (*alive)(void *context);
	void *context;
	struct args args;
	struct args_search search;
	struct oracle_request oracle;
	struct oracle_view view;
	struct program *macros;          /* of -D and -U */
	struct closure_result *result;
	/* Of one round. */
	struct table names, user_names, entered;
	bool has_searched;               /* for anything but the header that comes by itself */
	bool is_precompiled;             /* what it searched first has a precompiled form */
	bool has_noted;                  /* a question is to be asked */
};

struct closure *
closure_new(const char *dir)
{
	struct closure *c = xcalloc(1, sizeof(*c));

	c->symbols = symbols_new();
	c->resolver = resolver_new(c->symbols);
	c->expander = expander_new(c->symbols);
	c->oracle = oracle_new(c->symbols, dir);
	c->preinclude = symbols_intern(c->symbols, INTERVIEW_PREINCLUDE, strlen(INTERVIEW_PREINCLUDE))->name;
	return c;
}

void
closure_free(struct closure *c)
{
	if (c == NULL)
		return;
	oracle_free(c->oracle);
	expander_free(c->expander);
	resolver_free(c->resolver);
	symbols_free(c->symbols);
	free(c);
}

struct resolver *
closure_resolver(struct closure *c)
{
	return c->resolver;
}

const struct oracle *
closure_oracle(const struct closure *c)
{
	return c->oracle;
}

static void
clear_lists(struct closure_result *r)
{
	strv_release(&r->names);
	strv_release(&r->user_names);
	strv_release(&r->hidden);
	r->pieces = NULL;
	r->piece_count = 0;
	r->source = NULL;
}

void
closure_result_release(struct closure_result *r)
{
	clear_lists(r);
	free(r->detail);
	r->detail = NULL;
}

static enum unmodelled
say(struct scan *s, enum unmodelled why, const char *detail)
{
	free(s->result->detail);
	s->result->detail = detail != NULL ? xstrdup(detail) : NULL;
	return why;
}

/* ---- what is listed ---- */

static bool
is_name(const void *item, const void *key)
{
	return strcmp(item, key) == 0;
}

static bool
is_item(const void *item, const void *key)
{
	return item == key;
}

/* Each once. */
static void
list_name(struct table *seen, struct strv *list, const char *name)
{
	uint64_t hash = table_hash(name, strlen(name), 0);

	if (table_find(seen, hash, is_name, name) != NULL)
		return;
	strv_add(list, name);
	table_add(seen, hash, list->items[list->count - 1]);
}

/* Both compilers drop "./" in front. */
static void
list_source(struct scan *s, const struct source *source, enum source_side side)
{
	const char *name = source->name;

	while (name[0] == '.' && name[1] == '/') {
		name += 2;
		name += strspn(name, "/");
	}
	list_name(&s->names, &s->result->names, name);
	if (side == SOURCE_OF_USER)
		list_name(&s->user_names, &s->result->user_names, name);
}

static void
entered(void *context, const struct source *source, enum source_side side)
{
	struct scan *s = context;
	uint64_t hash = table_hash(&source, sizeof(source), 0);

	if (s->view.compiler == ARGS_GCC) {
		if (table_find(&s->entered, hash, is_item, source) != NULL)
			return;
		table_add(&s->entered, hash, (void *)(uintptr_t)source);
	}
	list_source(s, source, side);
}

static void
skipped(void *context, const struct source *source, enum source_side side)
{
	struct scan *s = context;

	if (s->view.compiler == ARGS_CLANG)
		list_source(s, source, side);
}

/* ---- what the expander asks for ---- */

/*
 * gcc takes X.gch, a file or a folder of them, for X if that is the first thing included, wherever it
 * looks for X. Here a file anywhere counts, a folder beside the X that is found.
 */
static void
look_for_precompiled(struct scan *s, const struct find *f, const struct source *found)
{
	struct find precompiled = *f;
	char *name = xasprintf("%s.gch", f->name);
	const struct source *unused;

	precompiled.name = symbols_intern(s->c->symbols, name, strlen(name))->name;
	precompiled.purpose = FIND_TO_PROBE;
	if (resolver_find(s->c->resolver, &precompiled, &unused) != ERR_MISSING)
		s->is_precompiled = true;
	free(name);
	if (found != NULL) {
		char *beside = xasprintf("%s.gch", found->name);
		char *path = path_join(s->q->cwd, beside);
		struct stat st;

		if (stat(path, &st) == 0)
			s->is_precompiled = true;
		free(path);
		free(beside);
	}
}

static enum err
find(void *context, const struct find *f, const struct source **found)
{
	struct scan *s = context;
	bool is_first = !s->has_searched;
	enum err e = resolver_find(s->c->resolver, f, found);

	s->has_searched = true;
	if (is_first && s->view.compiler == ARGS_GCC)
		look_for_precompiled(s, f, e == OK ? *found : NULL);
	return e;
}

static enum err
ask(void *context, const char *question, int64_t *value)
{
	struct scan *s = context;
	enum err e = oracle_answer(s->c->oracle, question, value);

	if (e != ERR_MISSING)
		return e;
	s->has_noted = true;
	*value = 0;
	return OK;
}

static void
show_life(void *context)
{
	struct scan *s = context;

	if (s->alive != NULL)
		s->alive(s->context);
}

/* ---- one round ---- */

static void
begin_round(struct scan *s)
{
	struct resolver_scan scan = {
		.cwd = s->q->cwd,
		.search = s->view.search,
		.mode = s->view.mode,
		.compiler = s->view.compiler,
		.rules = s->view.rules | (s->search.keeps_spelling ? RESOLVER_KEEP_SPELLING : 0u),
	};

	clear_lists(s->result);
	table_release(&s->names);
	table_release(&s->user_names);
	table_release(&s->entered);
	s->has_searched = false;
	s->is_precompiled = false;
	s->has_noted = false;
	resolver_begin(s->c->resolver, &scan);
}

static enum unmodelled
expand(struct scan *s, const struct source *main, const struct source *before)
{
	const struct expander_world world = {
		.context = s,
		.find = find,
		.ask = ask,
		.entered = entered,
		.skipped = skipped,
		.alive = show_life,
	};
	const struct expander_run run = {
		.world = &world,
		.compiler = s->view.compiler,
		.mode = s->view.mode,
		.predefines = s->view.predefines,
		.command_line = s->macros,
		.before = &before,
		.before_count = before != NULL ? 1 : 0,
		.imacros = (const char *const *)s->search.imacros.items,
		.imacros_count = s->search.imacros.count,
		.includes = (const char *const *)s->search.includes.items,
		.include_count = s->search.includes.count,
		.main = main,
	};
	char *detail = NULL;
	enum unmodelled u = expander_run(s->c->expander, &run, &detail);

	free(s->result->detail);
	s->result->detail = detail;
	return u;
}

static enum unmodelled
run_round(struct scan *s)
{
	const struct find preinclude = {.kind = FIND_ANGLE, .purpose = FIND_TO_ENTER, .name = s->c->preinclude};
	const char *name = s->args.argv.items[s->args.source];
	const struct source *main = NULL, *before = NULL;

	begin_round(s);
	enum err e = resolver_main(s->c->resolver, name, &main);

	if (e != OK)
		return say(s, e == ERR_MISSING ? UNMODELLED_MISSING : UNMODELLED_DENIED, name);
	list_source(s, main, SOURCE_OF_USER);
	if (s->view.has_preinclude && resolver_find(s->c->resolver, &preinclude, &before) != OK)
		return say(s, UNMODELLED_CHANGING, INTERVIEW_PREINCLUDE);
	enum unmodelled u = expand(s, main, before);

	return s->is_precompiled && !s->has_noted ? say(s, UNMODELLED_PRECOMPILED, NULL) : u;
}

/* ---- what has to be there besides ---- */

/* A folder that the job needs if the client has it. */
static enum err
use_folder(struct scan *s, const char *path)
{
	enum err e = resolver_use_folder(s->c->resolver, path);

	return e == ERR_MISSING ? OK : e;
}

static enum err
use_folder_of(struct scan *s, const char *file)
{
	char *dir = path_dir(file);
	enum err e = use_folder(s, dir);

	free(dir);
	return e;
}

static enum err
use_folders(struct scan *s)
{
	const struct strv *shown = s->view.shown;
	enum err e = use_folder(s, s->q->cwd);

	for (size_t i = 0; e == OK && i < shown->count; i++)
		e = use_folder(s, shown->items[i]);
	if (e == OK && s->args.object != NULL)
		e = use_folder_of(s, s->args.object);
	if (e == OK && s->args.dep_file != NULL)
		e = use_folder_of(s, s->args.dep_file);
	for (size_t i = 0; e == OK && i < s->args.named_outputs.count; i++)
		e = use_folder_of(s, s->args.named_outputs.items[i]);
	return e;
}

/* Most files lie where the one before lay: *last. */
static bool
is_hidden(const struct strv *hidden, const char *path, size_t *last)
{
	if (*last < hidden->count && path_is_below(path, hidden->items[*last]))
		return true;
	for (*last = 0; *last < hidden->count; (*last)++)
		if (path_is_below(path, hidden->items[*last]))
			return true;
	return false;
}

/*
 * The folder of an including file is searched too. What the compiler itself lies below is never
 * hidden: there the proof alone has to do.
 */
static void
hide_folders(struct scan *s)
{
	struct closure_result *r = s->result;
	size_t last = 0;

	if (s->view.hidden->count > 0)
		strv_add_all(&r->hidden, s->view.hidden->items);
	for (size_t i = 0; i < r->piece_count; i++) {
		const struct manifest_entry *entry = &r->pieces[i]->entry;

		if (entry->type != MANIFEST_FILE || is_hidden(&r->hidden, entry->path, &last))
			continue;
		char *dir = path_dir(entry->path);

		if (oracle_is_needed(s->c->oracle, dir))
			free(dir);
		else
			strv_take(&r->hidden, dir);
	}
}

/*
 * A file for an option's sake. What is not there is not there for the volunteer's compiler either; what belongs to
 * the compiler it has. A folder may hold anything (gcc's profiles).
 */
static enum err
use_file(struct scan *s, const char *name)
{
	char *path = path_join(s->q->cwd, name);
	bool is_compilers = oracle_is_needed(s->c->oracle, path);
	struct stat st;
	enum err e = is_compilers ? OK : resolver_use_file(s->c->resolver, name);

	if (e == ERR_MISSING)
		e = stat(path, &st) == 0 ? ERR_DENIED : OK;
	free(path);
	return e;
}

static enum err
use_files(struct scan *s, const struct strv *names)
{
	enum err e = OK;

	for (size_t i = 0; e == OK && i < names->count; i++)
		e = use_file(s, names->items[i]);
	return e;
}

static enum err
use_inputs(struct scan *s)
{
	struct closure_result *r = s->result;
	const struct strv *implied = s->view.implied, *system = s->view.implied_system;
	enum err e = use_files(s, &s->args.inputs);

	if (e == OK)
		e = use_files(s, implied);
	if (e == OK)
		e = use_files(s, system);
	for (size_t i = 0; i < implied->count; i++) {
		list_name(&s->names, &r->names, implied->items[i]);
		list_name(&s->user_names, &r->user_names, implied->items[i]);
	}
	for (size_t i = 0; i < system->count; i++)
		list_name(&s->names, &r->names, system->items[i]);
	return e;
}

static enum unmodelled
finish(struct scan *s)
{
	struct closure_result *r = s->result;

	if (use_inputs(s) != OK)
		return say(s, UNMODELLED_DENIED, "a file that an option names");
	if (use_folders(s) != OK)
		return say(s, UNMODELLED_DENIED, "a folder");
	r->source = resolver_main_piece(s->c->resolver);
	resolver_pieces(s->c->resolver, &r->pieces, &r->piece_count);
	hide_folders(s);
	return UNMODELLED_NONE;
}

/* ---- the scan ---- */

static enum unmodelled
consult(struct scan *s)
{
	char *detail = NULL;
	enum unmodelled u = oracle_consult(s->c->oracle, &s->oracle, &s->view, &detail);

	if (u == UNMODELLED_NONE && s->macros == NULL && s->search.macros[0] != '\0')
		s->macros = program_new(s->c->symbols, s->search.macros, strlen(s->search.macros), s->view.mode);
	free(s->result->detail);
	s->result->detail = detail;
	return u;
}

static enum unmodelled
ask_noted(struct scan *s)
{
	char *detail = NULL;
	enum unmodelled u = oracle_ask_noted(s->c->oracle, &s->oracle, &detail);

	free(s->result->detail);
	s->result->detail = detail;
	return u;
}

/* Until nothing has to be asked any more. */
static enum unmodelled
run_rounds(struct scan *s)
{
	enum unmodelled u = run_round(s);

	for (int round = 1; s->has_noted; round++) {
		if (round == ROUNDS_MAX)
			return say(s, UNMODELLED_QUESTION, "too many");
		u = ask_noted(s);
		if (u != UNMODELLED_NONE)
			return u;
		u = run_round(s);
	}
	return u;
}

/* clang looks for X.pch and X.gch itself, in the current folder alone. */
static bool
has_precompiled(const struct scan *s)
{
	static const char *const suffixes[] = {".pch", ".gch"};
	bool has_one = false;

	for (size_t i = 0; i < s->search.includes.count; i++)
		for (size_t k = 0; k < 2; k++) {
			char *name = xasprintf("%s%s", s->search.includes.items[i], suffixes[k]);
			char *path = path_join(s->q->cwd, name);
			struct stat st;

			has_one = has_one || stat(path, &st) == 0;
			free(path);
			free(name);
		}
	return has_one;
}

static enum unmodelled
scan(struct scan *s)
{
	for (int changes = 0; changes < CHANGES_MAX; changes++) {
		enum unmodelled u = consult(s);

		if (u == UNMODELLED_NONE && s->view.compiler == ARGS_CLANG && has_precompiled(s))
			return say(s, UNMODELLED_PRECOMPILED, NULL);
		if (u == UNMODELLED_NONE)
			u = run_rounds(s);
		if (u == UNMODELLED_NONE)
			u = finish(s);
		if (u == UNMODELLED_CHANGING)
			continue;
		/* A reason not to, found while files changed, may be one no longer; but it does no harm. */
		if (u != UNMODELLED_NONE || (oracle_is_current(s->c->oracle) && resolver_is_current(s->c->resolver)))
			return u;
	}
	return say(s, UNMODELLED_CHANGING, NULL);
}

/* What a volunteer would refuse anyway is nothing to be scanned. */
static enum unmodelled
read_command(struct scan *s)
{
	const struct args *a = &s->args;

	strv_add_all(&s->args.argv, s->q->argv->items);
	args_scan(&s->args);
	if (a->source == 0 || (a->here != REASON_NONE && a->here != REASON_CONFTEST))
		return say(s, UNMODELLED_COMMAND, reason_sentence(a->here));
	if (a->is_preprocessed)
		return UNMODELLED_PREPROCESSED;
	args_search_parse(a, &s->search);
	if (s->search.refused != NULL)
		return say(s, UNMODELLED_OPTION, s->search.refused);
	s->oracle = (struct oracle_request){
		.compiler = s->q->compiler,
		.cwd = s->q->cwd,
		.env = s->q->env,
		.language = a->language,
		.search = &s->search,
		.alive = s->alive,
		.context = s->context,
	};
	return UNMODELLED_NONE;
}

void
closure_scan(struct closure *c, const struct closure_request *q, void (*alive)(void *context), void *context,
             struct closure_result *result)
{
	struct scan s = {.c = c, .q = q, .alive = alive, .context = context, .result = result};

	*result = (struct closure_result){.why = UNMODELLED_NONE};
	enum unmodelled u = read_command(&s);

	if (u == UNMODELLED_NONE)
		u = scan(&s);
	if (u != UNMODELLED_NONE)
		clear_lists(result);
	result->why = u;
	table_release(&s.names);
	table_release(&s.user_names);
	table_release(&s.entered);
	if (s.macros != NULL)
		program_free(s.macros);
	args_search_release(&s.search);
	args_release(&s.args);
}
