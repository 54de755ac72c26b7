/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the resolver's tests share: a tree of files in a folder of its own, programs that only keep
 * the text, and a scan that enters each #include line as a preprocessor would.
 */
#ifndef RESOLVER_TREE_H
#define RESOLVER_TREE_H

#define NO_TYPE ((enum manifest_type)0)
#define SEARCHES_MAX 64
#define SEARCH_MAX 8
#ifndef ENTERED_MAX
#define ENTERED_MAX 100
#endif
/* As deep as any #if in the text lets the compilers go. */
#ifndef DEPTH_MAX
#define DEPTH_MAX 100
#endif
#define LINE_MAX_LENGTH 512

/* The double of module program: the bytes, and how often any were taken. */
struct program {
	char *text;
	size_t len;
};

static unsigned programs_made;
static unsigned mask_of_all;

struct program *
program_new(struct symbols *symbols, const char *text, size_t len, unsigned mode)
{
	struct program *p = xmalloc(sizeof(*p));

	(void)symbols;
	(void)mode;
	p->text = xstrndup(text, len);
	p->len = len;
	programs_made++;
	return p;
}

void
program_free(struct program *p)
{
	free(p->text);
	free(p);
}

unsigned
program_mode_mask(const struct program *p)
{
	(void)p;
	return mask_of_all;
}

size_t
program_memory(const struct program *p)
{
	return p->len;
}

struct tree {
	char *base;
	struct resolver *resolver;
	struct search searches[SEARCHES_MAX]; /* they stay as long as the resolver */
	size_t search_count;
	struct resolver_scan scan;
	struct strv entered;  /* "name" or "name system", as entered */
	struct strv forced;  /* -include */
	int depth;
};

static inline void
tree_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static inline void
tree_folder(const char *path)
{
	assert_int_equal(io_make_dirs(path, 0755), OK);
}

/* Makes its times older than what is distrusted. */
static inline void
tree_age(const char *path, int seconds)
{
	struct timespec times[2];

	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= seconds;
	times[1] = times[0];
	assert_int_equal(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW), 0);
}

/* Our working folder, too. */
static inline int
tree_setup(void **state)
{
	struct tree *t = xcalloc(1, sizeof(*t));
	const char *tmp = getenv("TMPDIR");
	char *template = xasprintf("%s/dcc-resolver-XXXXXX", tmp != NULL ? tmp : "/tmp");
	char real[4096];

	assert_non_null(mkdtemp(template));
	assert_int_equal(chdir(template), 0);
	assert_non_null(getcwd(real, sizeof(real)));
	free(template);
	t->base = xstrdup(real);
	t->resolver = resolver_new(NULL);
	t->searches[0].number = 1;
	t->search_count = 1;
	t->scan = (struct resolver_scan){.cwd = t->base, .search = &t->searches[0]};
	programs_made = 0;
	mask_of_all = 0;
	*state = t;
	return 0;
}

static inline int
tree_command(const char *command)
{
	struct process_spec spec = PROCESS_SPEC_INIT;
	char *text = xstrdup(command);
	char sh[] = "sh", c[] = "-c";
	char *argv[] = {sh, c, text, NULL};
	pid_t pid;
	int status = -1;

	spec.path = "/bin/sh";
	spec.argv = argv;
	assert_int_equal(process_start(&spec, &pid), OK);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	free(text);
	return process_exit_code(status);
}

static inline int
tree_teardown(void **state)
{
	struct tree *t = *state;
	char *command = xasprintf("rm -rf '%s'", t->base);

	assert_int_equal(chdir("/"), 0);
	assert_int_equal(tree_command(command), 0);
	free(command);
	resolver_free(t->resolver);
	for (size_t i = 0; i < t->search_count; i++) {
		for (size_t k = 0; k < t->searches[i].count; k++)
			free(t->searches[i].folders[k].path);
		free(t->searches[i].folders);
	}
	strv_release(&t->entered);
	strv_release(&t->forced);
	free(t->base);
	free(t);
	return 0;
}

/* Sets the search list from what a command says, in the order of the chains. */
static inline void
tree_search(struct tree *t, const char *flags)
{
	static const char *const kinds[] = {"-iquote", "-I", "-isystem"};
	struct strv words = {0};
	char *copy = xstrdup(flags);
	char *rest = copy;

	for (char *word; (word = strtok_r(rest, " ", &rest)) != NULL;)
		strv_add(&words, word);
	free(copy);
	assert_true(t->search_count < SEARCHES_MAX);
	struct search *search = &t->searches[t->search_count++];

	search->number = t->search_count;
	search->folders = xcalloc(SEARCH_MAX, sizeof(*search->folders));
	t->scan.search = search;
	for (size_t k = 0; k < 3; k++) {
		for (size_t i = 0; i + 1 < words.count; i++) {
			if (strcmp(words.items[i], kinds[k]) != 0)
				continue;
			assert_true(search->count < SEARCH_MAX);
			search->bracket += k == 0;
			search->folders[search->count++] =
				(struct search_folder){.path = xstrdup(words.items[i + 1]), .is_system = k == 2};
		}
	}
	strv_release(&words);
}

static inline void
tree_enter(struct tree *t, const struct source *s, bool is_system);

/* #include "x", #include <x>, #include_next, and the same behind __has_include: the whole language of these files. */
static inline bool
tree_parse(const char *line, struct find *f, char name[LINE_MAX_LENGTH])
{
	static const struct {
		const char *prefix;
		enum find_purpose purpose;
		bool is_next;
	} rows[] = {{"#include_next ", FIND_TO_ENTER, true},
	            {"#include ", FIND_TO_ENTER, false},
	            {"#if __has_include_next(", FIND_TO_PROBE, true},
	            {"#if __has_include(", FIND_TO_PROBE, false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].prefix);

		if (strncmp(line, rows[i].prefix, n) != 0)
			continue;
		f->purpose = rows[i].purpose;
		f->is_next = rows[i].is_next;
		f->kind = line[n] == '<' ? FIND_ANGLE : FIND_QUOTE;
		f->name = name;
		snprintf(name, LINE_MAX_LENGTH, "%.*s", (int)strcspn(line + n + 1, "\">"), line + n + 1);
		return true;
	}
	return false;
}

static inline void
tree_line(struct tree *t, const struct source *from, bool is_system, const char *line)
{
	struct find f = {.from = from, .from_is_system = is_system};
	const struct source *found = NULL;
	char name[LINE_MAX_LENGTH];

	if (!tree_parse(line, &f, name))
		return;
	enum err e = resolver_find(t->resolver, &f, &found);

	if (e == OK && f.purpose == FIND_TO_ENTER)
		tree_enter(t, found, is_system || found->is_system);
	else if (e != OK)
		strv_take(&t->entered, xasprintf("%s: %s", name, err_name(e)));
}

static inline void
tree_enter(struct tree *t, const struct source *s, bool is_system)
{
	char *text = xstrdup(s->program->text);
	char *rest = text;

	assert_true(t->entered.count < ENTERED_MAX);
	strv_take(&t->entered, xasprintf("%s%s", s->name, is_system ? " system" : ""));
	t->depth++;
	for (char *line; t->depth <= DEPTH_MAX && (line = strtok_r(rest, "\n", &rest)) != NULL;)
		tree_line(t, s, is_system, line);
	t->depth--;
	free(text);
}

/* Scans main: t->entered is then what was entered. */
static inline enum err
tree_scan(struct tree *t, const char *main)
{
	const struct source *s = NULL;

	strv_release(&t->entered);
	resolver_begin(t->resolver, &t->scan);
	enum err e = resolver_main(t->resolver, main, &s);

	for (size_t i = 0; e == OK && i < t->forced.count; i++) {
		struct find f = {.kind = FIND_COMMAND_LINE, .name = t->forced.items[i]};
		const struct source *found = NULL;

		e = resolver_find(t->resolver, &f, &found);
		t->depth = 1;
		if (e == OK)
			tree_enter(t, found, found->is_system);
		t->depth = 0;
	}
	if (e == OK)
		tree_enter(t, s, false);
	return e;
}

static inline void
tree_expect(struct tree *t, const char *const *wanted)
{
	size_t i = 0;

	for (; wanted[i] != NULL && i < t->entered.count; i++)
		assert_string_equal(t->entered.items[i], wanted[i]);
	assert_null(wanted[i]);
	assert_int_equal(i, t->entered.count);
}
#define EXPECT(t, ...) tree_expect(t, (const char *const[]){__VA_ARGS__, NULL})

/* The piece of that path; one of no type when there is none. */
static inline const struct piece *
tree_piece(struct tree *t, const char *path)
{
	static const struct piece none;
	struct piece *const *pieces;
	size_t count;
	char *whole = path[0] == '/' ? xstrdup(path) : xasprintf("%s/%s", t->base, path);
	const struct piece *found = &none;

	resolver_pieces(t->resolver, &pieces, &count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(pieces[i]->entry.path, whole) == 0)
			found = pieces[i];
	}
	free(whole);
	return found;
}

/*
 * Adds what the compiler enters: lines like '# 1 "name" 1 3' of its output. ERR_MISSING: no such compiler;
 * ERR_CLOSED: it ended early, because of an error.
 */
static inline enum err
tree_ask(const char *compiler, const char *flags, const char *source, struct strv *entered)
{
	char *command = xasprintf("%s -E -v -nostdinc %s %s > out.i 2> out.err", compiler, flags, source);
	int code = tree_command(command);
	char *text, *rest;
	size_t len;

	free(command);
	if (code == 127)
		return ERR_MISSING;
	assert_int_equal(io_read_file("out.i", BUFFER_MAX, &text, &len), OK);
	rest = text;
	for (char *line; (line = strtok_r(rest, "\n", &rest)) != NULL;) {
		char name[LINE_MAX_LENGTH];
		int number = 0, flag = 0, system = 0;
		int n = sscanf(line, "# %d \"%511[^\"]\" %d %d", &number, name, &flag, &system);

		if (n >= 3 && flag == 1 && name[0] != '<')
			strv_take(entered, xasprintf("%s%s", name, system == 3 ? " system" : ""));
	}
	free(text);
	return code == 0 ? OK : ERR_CLOSED;
}

/* Without what was not found, and the main file itself, which no line marks as entered. */
static inline void
tree_drop_others(struct strv *entered, const char *source)
{
	for (size_t i = entered->count; i-- > 0;) {
		if (strstr(entered->items[i], ": ") != NULL || strcmp(entered->items[i], source) == 0)
			strv_remove(entered, i);
	}
}

static inline bool
tree_is_as_wanted(struct tree *t, struct strv *wanted, const char *source)
{
	size_t i = 0;

	tree_drop_others(&t->entered, source);
	tree_drop_others(wanted, source);
	while (i < wanted->count && i < t->entered.count && strcmp(wanted->items[i], t->entered.items[i]) == 0)
		i++;
	if (i == wanted->count && i == t->entered.count)
		return true;
	print_error("%zu: wanted %s, got %s\n", i, i < wanted->count ? wanted->items[i] : "nothing",
	            i < t->entered.count ? t->entered.items[i] : "nothing");
	return false;
}

#endif
