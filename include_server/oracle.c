/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two things are kept. A dialect, by all that macros and answers may depend on: the compiler's identity,
 * the language and every option that is not known to be harmless. A list, by its dialect, the folders
 * that are named and where they count from: it holds as long as each folder that the compiler looked for is there,
 * or is not, as it was then; the server looks, which costs a stat(2) each.
 *
 * Computing search lists here, rather than to ask for each set of folders, would save a run of the
 * compiler (10 to 40 ms) per set; but the rules differ with compiler, version and configuration.
 */
#include <stdlib.h>
#include <string.h>

#include "environment.h"
#include "implied.h"
#include "interview.h"
#include "io.h"
#include "oracle.h"
#include "oracle_key.h"
#include "oracle_memory.h"
#include "oracle_run.h"
#include "path.h"
#include "record.h"
#include "xalloc.h"

#define QUESTIONS_MAX 8192u     /* of one dialect */
#define KNOWN_MAX 1024u         /* asked again of each new dialect */
#define FAILURE_MS 10000        /* a compiler that failed is not asked the same for so long */
#define CLANG_NAMES_BY_TEXT 17  /* since this version */
#define TRIES 3                 /* while folders change under our eyes */

struct oracle {
	struct symbols *symbols;
	char *dir;
	char *identity_dir;
	struct oracle_memory memory;
	struct strv known[ARGS_COMPILERS]; /* questions that some dialect was asked */
	char known_record[ARGS_COMPILERS][HASH_HEX_SIZE];
	struct strv noted;                 /* to be asked about the last view */
	struct known_list *last;
	const struct identity *last_compiler;
	struct oracle_counts counts;
};

/* One consultation. */
struct consultation {
	const struct oracle_request *q;
	const struct identity *compiler;
	struct known_list *list;
	char **detail;
};

/* ---- from the disk, and to it ---- */

static void
load_known(struct oracle *o, enum args_compiler compiler, const char *name)
{
	struct hash *h = hash_new();
	char *text = NULL;

	hash_add_field(h, "questions", strlen("questions"));
	hash_add_field(h, name, strlen(name));
	hash_finish(h, o->known_record[compiler]);
	if (record_load(o->dir, o->known_record[compiler], &text) != OK)
		return;
	for (char *line = text; o->known[compiler].count < KNOWN_MAX && *line != '\0';) {
		size_t n = strcspn(line, "\n");
		bool is_last = line[n] == '\0';

		line[n] = '\0';
		if (interview_is_question(line))
			strv_add(&o->known[compiler], line);
		line += n + (is_last ? 0 : 1);
	}
	free(text);
}

static void
save_known(const struct oracle *o, enum args_compiler compiler)
{
	struct buffer text = {0};

	for (size_t i = 0; i < o->known[compiler].count; i++) {
		buffer_add_string(&text, o->known[compiler].items[i]);
		buffer_add_string(&text, "\n");
	}
	record_save(o->dir, o->known_record[compiler], &text);
	buffer_release(&text);
}

static void
save_dialect(const struct oracle *o, const struct known_dialect *d)
{
	struct buffer text = {0};

	dialect_format(&d->said, &text);
	record_save(o->dir, d->record, &text);
	buffer_release(&text);
}

static void
save_list(const struct oracle *o, const struct known_list *l)
{
	struct buffer text = {0};

	searched_format(&l->searched, &text);
	record_save(o->dir, l->record, &text);
	buffer_release(&text);
}

struct oracle *
oracle_new(struct symbols *symbols, const char *dir)
{
	struct oracle *o = xcalloc(1, sizeof(*o));

	o->symbols = symbols;
	o->dir = path_join(dir, "oracle");
	o->identity_dir = path_join(dir, "identity");
	record_tidy(o->dir);
	load_known(o, ARGS_GCC, "gcc");
	load_known(o, ARGS_CLANG, "clang");
	return o;
}

void
oracle_free(struct oracle *o)
{
	if (o == NULL)
		return;
	oracle_memory_release(&o->memory);
	for (int i = 0; i < ARGS_COMPILERS; i++)
		strv_release(&o->known[i]);
	strv_release(&o->noted);
	free(o->identity_dir);
	free(o->dir);
	free(o);
}

/* ---- which compiler ---- */

/*
 * Which programs a compiler consists of depends on variables of whoever asks, and identity reads our own
 * environment: so that has to be the client's.
 */
static void
adopt_environment(const struct strv *env)
{
	for (size_t i = 0; i < environment_table_size; i++) {
		const struct environment_variable *v = &environment_table[i];
		const char *theirs = environment_find(env, v->name);
		const char *ours = getenv(v->name);

		if (v->part != ENVIRONMENT_IDENTITY && v->part != ENVIRONMENT_COMPILER)
			continue;
		if (theirs != NULL && (ours == NULL || strcmp(ours, theirs) != 0))
			setenv(v->name, theirs, 1);
		else if (theirs == NULL && ours != NULL && strcmp(v->name, "PATH") != 0)
			unsetenv(v->name);
	}
}

/* dcc has just written down what its compiler is, or seen that it was. */
static enum err
identify(struct oracle *o, const char *path, const struct identity **id)
{
	struct known_compiler *c = oracle_memory_compiler(&o->memory, xstrdup(path));

	if (c->identity.file_count == 0 || !identity_is_current(&c->identity)) {
		identity_release(&c->identity);
		enum err e = identity_load(o->identity_dir, path, &c->identity);

		if (e != OK)
			return e;
	}
	*id = &c->identity;
	return OK;
}

/* ---- the interview ---- */

static unsigned
mode_of(enum args_language language, enum args_compiler compiler)
{
	unsigned mode = compiler == ARGS_CLANG ? PROGRAM_CLANG : 0;

	if (language == ARGS_LANG_CXX || language == ARGS_LANG_OBJCXX)
		mode |= PROGRAM_CXX;
	if (language == ARGS_LANG_ASM_CPP)
		mode |= PROGRAM_ASSEMBLER;
	return mode;
}

static enum unmodelled
say(struct consultation *c, enum unmodelled why, const char *detail)
{
	free(*c->detail);
	*c->detail = detail != NULL ? xstrdup(detail) : NULL;
	return why;
}

/* The first line that speaks of an error. */
static enum unmodelled
say_what_compiler_said(struct consultation *c, const char *messages)
{
	const char *line = strstr(messages, "error:");

	while (line != NULL && line > messages && line[-1] != '\n')
		line--;
	if (line == NULL)
		return say(c, UNMODELLED_COMPILER, "it does not preprocess");
	char *text = xstrndup(line, strcspn(line, "\n"));
	enum unmodelled u = say(c, UNMODELLED_COMPILER, text);

	free(text);
	return u;
}

/* Runs the compiler with these questions; messages is yours. */
static enum unmodelled
interview(struct oracle *o, struct consultation *c, struct interview_answer *answers, size_t count,
          struct interview *i)
{
	struct strv argv = {0}, env = {0}, user = {0};
	struct buffer input = {0};
	char *output = NULL, *messages = NULL;
	enum unmodelled u = UNMODELLED_NONE;

	oracle_key_command(c->q, &argv);
	oracle_key_environment(c->q, &env);
	oracle_key_user_folders(c->q, &user);
	interview_format(answers, count, c->q->language, &input);
	struct oracle_run run = {.compiler = c->q->compiler, .cwd = c->q->cwd, .argv = &argv, .env = &env,
	                         .input = &input, .scratch = o->dir, .alive = c->q->alive, .context = c->q->context};
	enum err e = oracle_run(&run, &output, &messages);

	o->counts.runs++;
	if (e != OK)
		u = say(c, UNMODELLED_COMPILER, err_name(e));
	else if (interview_parse_output(output, i, answers, count) != OK)
		u = say_what_compiler_said(c, messages);
	else if (interview_parse_messages(messages, &user, i) != OK)
		u = say(c, UNMODELLED_COMPILER, "no list of folders in what it says");
	else if (i->odd != NULL)
		u = say(c, UNMODELLED_LANGUAGE, i->odd);
	buffer_release(&input);
	strv_release(&user);
	strv_release(&env);
	strv_release(&argv);
	free(output);
	free(messages);
	return u;
}

/* What a new dialect's options make the compiler read besides. */
static enum unmodelled
ask_implied(struct oracle *o, struct consultation *c)
{
	struct dialect *said = &c->list->dialect->said;
	struct strv argv = {0}, env = {0};
	struct buffer input = {0};
	char *output = NULL, *messages = NULL;

	if (c->list->dialect->predefines != NULL || !implied_is_likely(c->compiler->compiler, &c->q->search->dialect))
		return UNMODELLED_NONE;
	oracle_key_show_command(c->q, &argv);
	oracle_key_environment(c->q, &env);
	struct oracle_run run = {.compiler = c->q->compiler, .cwd = c->q->cwd, .argv = &argv, .env = &env,
	                         .input = &input, .scratch = o->dir, .alive = c->q->alive, .context = c->q->context};
	enum err e = oracle_run(&run, &output, &messages);

	o->counts.runs++;
	strv_release(&said->implied);
	strv_release(&said->implied_system);
	if (e == OK)
		e = implied_parse(messages, &said->implied, &said->implied_system);
	strv_release(&env);
	strv_release(&argv);
	free(output);
	free(messages);
	return e == OK ? UNMODELLED_NONE : say(c, UNMODELLED_COMPILER, "it does not show what it would do");
}

static void
keep_answers(struct oracle *o, struct known_dialect *d, const struct interview_answer *answers, size_t count)
{
	for (size_t k = 0; k < count; k++)
		dialect_add(&d->said, answers[k].question, &answers[k]);
	o->counts.questions += count;
}

static void
compile_predefines(struct oracle *o, const struct consultation *c, struct known_dialect *d)
{
	d->said.mode |= mode_of(c->q->language, c->compiler->compiler);
	d->predefines = program_new(o->symbols, d->said.predefines, strlen(d->said.predefines), d->said.mode);
	o->counts.dialects++;
}

/* Takes what a dialect was not told yet from the interview. */
static void
keep_dialect(struct oracle *o, struct consultation *c, struct interview *i, const struct interview_answer *answers,
             size_t count)
{
	struct known_dialect *d = c->list->dialect;

	if (d->predefines != NULL)
		return;
	d->said.predefines = i->predefines;
	i->predefines = NULL;
	d->said.mode = i->mode;
	keep_answers(o, d, answers, count);
	compile_predefines(o, c, d);
	save_dialect(o, d);
}

static bool
has_below(const struct identity *id, const char *dir)
{
	for (size_t i = 0; i < id->components.count; i++)
		if (path_is_below(id->components.items[i], dir))
			return true;
	return false;
}

/* A volunteer hides what is searched; but it cannot hide the compiler itself. */
static void
set_search(struct oracle *o, const struct consultation *c)
{
	struct known_list *l = c->list;
	const struct strv *hidden = &l->searched.hidden;
	struct strv named = {0};

	if (c->compiler->compiler == ARGS_CLANG && c->compiler->major < CLANG_NAMES_BY_TEXT)
		oracle_key_named_folders(c->q, &named);
	/* Where the others lie, only the compiler's list says. */
	for (size_t i = named.count; i > 0; i--)
		if (strchr("=$*", named.items[i - 1][0]) != NULL)
			strv_remove(&named, i - 1);
	l->search = oracle_memory_search(&o->memory, &l->searched, &named);
	strv_release(&named);
	l->covers = NULL;
	for (size_t i = 0; l->covers == NULL && i < hidden->count; i++)
		if (has_below(c->compiler, hidden->items[i]))
			l->covers = hidden->items[i];
}

/* ERR_PROTOCOL: folders came or went in the meantime. */
static enum err
keep_list(struct oracle *o, struct consultation *c, struct interview *i)
{
	struct known_list *l = c->list;
	struct strv named = {0};

	i->may_preinclude = c->compiler->compiler == ARGS_GCC && !c->q->search->has_no_standard_folders;
	oracle_key_named_folders(c->q, &named);
	searched_release(&l->searched);
	enum err e = searched_take(&l->searched, i, c->q->cwd, &named);

	strv_release(&named);
	if (e != OK) {
		searched_release(&l->searched);
		return e;
	}
	set_search(o, c);
	o->counts.lists++;
	save_list(o, l);
	return OK;
}

/* An interview for the list, and for the dialect if that is new too. */
static enum unmodelled
ask_all(struct oracle *o, struct consultation *c)
{
	const struct strv *known = &o->known[c->compiler->compiler];
	size_t count = c->list->dialect->predefines == NULL ? known->count : 0;
	struct interview_answer *answers = xcalloc(count + 1, sizeof(*answers));
	enum unmodelled u = UNMODELLED_NONE;
	enum err e = ERR_PROTOCOL;

	for (size_t k = 0; k < count; k++)
		answers[k].question = known->items[k];
	for (int try = 0; u == UNMODELLED_NONE && e == ERR_PROTOCOL && try < TRIES; try++) {
		struct interview i = {0};

		u = interview(o, c, answers, count, &i);
		if (u == UNMODELLED_NONE)
			u = ask_implied(o, c);
		if (u == UNMODELLED_NONE) {
			keep_dialect(o, c, &i, answers, count);
			e = keep_list(o, c, &i);
		}
		interview_release(&i);
	}
	free(answers);
	if (u == UNMODELLED_NONE && e == ERR_DENIED)
		return say(c, UNMODELLED_FOLDER, NULL);
	return u == UNMODELLED_NONE && e != OK ? say(c, UNMODELLED_CHANGING, NULL) : u;
}

/* ---- a consultation ---- */

static void
load_dialect(struct oracle *o, const struct consultation *c, struct known_dialect *d)
{
	char *text = NULL;

	if (d->predefines != NULL || record_load(o->dir, d->record, &text) != OK)
		return;
	if (dialect_parse(text, &d->said) == OK)
		compile_predefines(o, c, d);
	else
		dialect_release(&d->said);
	free(text);
}

/* A list's record says nothing of the dialect, so that has to be known. */
static bool
load_list(struct oracle *o, const struct consultation *c)
{
	struct known_list *l = c->list;
	char *text = NULL;

	if (l->search != NULL || l->dialect->predefines == NULL || record_load(o->dir, l->record, &text) != OK)
		return false;
	searched_release(&l->searched);
	bool is_good = searched_parse(text, &l->searched) == OK && searched_is_current(&l->searched);

	free(text);
	if (is_good)
		set_search(o, c);
	else
		searched_release(&l->searched);
	return is_good;
}

static enum unmodelled
bring_up_to_date(struct oracle *o, struct consultation *c)
{
	struct known_list *l = c->list;

	if (l->search != NULL && searched_is_current(&l->searched))
		return UNMODELLED_NONE;
	load_dialect(o, c, l->dialect);
	if (load_list(o, c))
		return UNMODELLED_NONE;
	if (l->failed_until_ms > io_now_ms())
		return say(c, l->why, l->detail);
	l->search = NULL;
	enum unmodelled u = ask_all(o, c);

	if (u != UNMODELLED_NONE) {
		l->failed_until_ms = io_now_ms() + FAILURE_MS;
		l->why = u;
		free(l->detail);
		l->detail = *c->detail != NULL ? xstrdup(*c->detail) : NULL;
	}
	return u;
}

static enum unmodelled
begin(struct oracle *o, struct consultation *c)
{
	const char *refused = oracle_key_refused_variable(c->q->env);

	if (refused != NULL)
		return say(c, UNMODELLED_ENVIRONMENT, refused);
	adopt_environment(c->q->env);
	if (identify(o, c->q->compiler, &c->compiler) != OK)
		return say(c, UNMODELLED_COMPILER, "it is not identified");
	struct known_dialect *d = oracle_memory_dialect(&o->memory, oracle_key_dialect(c->q, c->compiler));

	c->list = oracle_memory_list(&o->memory, d, oracle_key_list(c->q, d->key));
	return UNMODELLED_NONE;
}

enum unmodelled
oracle_consult(struct oracle *o, const struct oracle_request *q, struct oracle_view *view, char **detail)
{
	struct consultation c = {.q = q, .detail = detail};
	enum unmodelled u = begin(o, &c);

	if (u == UNMODELLED_NONE)
		u = bring_up_to_date(o, &c);
	if (u == UNMODELLED_NONE && c.list->covers != NULL)
		u = say(&c, UNMODELLED_FOLDER, c.list->covers);
	o->last = u == UNMODELLED_NONE ? c.list : NULL;
	strv_release(&o->noted);
	if (u != UNMODELLED_NONE)
		return u;
	bool is_clang = c.compiler->compiler == ARGS_CLANG;

	o->last_compiler = c.compiler;
	*view = (struct oracle_view){
		.compiler = c.compiler->compiler,
		.mode = c.list->dialect->said.mode,
		.rules = is_clang && c.compiler->major >= CLANG_NAMES_BY_TEXT ? RESOLVER_NAMES_BY_TEXT : 0,
		.predefines = c.list->dialect->predefines,
		.search = c.list->search,
		.has_preinclude = c.list->searched.has_preinclude,
		.hidden = &c.list->searched.hidden,
		.shown = &c.list->searched.shown,
		.implied = &c.list->dialect->said.implied,
		.implied_system = &c.list->dialect->said.implied_system,
	};
	return u;
}

bool
oracle_is_current(const struct oracle *o)
{
	return o->last != NULL && searched_is_current(&o->last->searched);
}

bool
oracle_is_needed(const struct oracle *o, const char *dir)
{
	return o->last != NULL && has_below(o->last_compiler, dir);
}

/* ---- questions ---- */

enum err
oracle_answer(struct oracle *o, const char *question, int64_t *value)
{
	const struct dialect *said = &o->last->dialect->said;
	enum err e = dialect_find(said, question, value);

	if (e != ERR_MISSING)
		return e;
	if (!interview_is_question(question) || said->answers.count + o->noted.count >= QUESTIONS_MAX)
		return ERR_DENIED;
	if (!strv_has(&o->noted, question))
		strv_add(&o->noted, question);
	return ERR_MISSING;
}

static void
keep_known(struct oracle *o, enum args_compiler compiler)
{
	struct strv *known = &o->known[compiler];
	size_t before = known->count;

	for (size_t i = 0; i < o->noted.count && known->count < KNOWN_MAX; i++)
		if (!strv_has(known, o->noted.items[i]))
			strv_add(known, o->noted.items[i]);
	if (known->count > before)
		save_known(o, compiler);
}

enum unmodelled
oracle_ask_noted(struct oracle *o, const struct oracle_request *q, char **detail)
{
	struct consultation c = {.q = q, .list = o->last, .detail = detail};
	struct interview_answer *answers = xcalloc(o->noted.count + 1, sizeof(*answers));
	struct interview i = {0};

	for (size_t k = 0; k < o->noted.count; k++)
		answers[k].question = o->noted.items[k];
	enum unmodelled u = interview(o, &c, answers, o->noted.count, &i);

	if (u == UNMODELLED_NONE) {
		keep_answers(o, o->last->dialect, answers, o->noted.count);
		save_dialect(o, o->last->dialect);
		keep_known(o, o->last_compiler->compiler);
	}
	interview_release(&i);
	free(answers);
	strv_release(&o->noted);
	return u;
}

void
oracle_count(const struct oracle *o, struct oracle_counts *c)
{
	*c = o->counts;
}
