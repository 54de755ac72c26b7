/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random trees with links, folders under several names and every kind of include, compared with what
 * the real compilers enter. DCC_RANDOM_TREES and DCC_RANDOM_SEED ask for more of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "buffer.h"
#include "io.h"
#include "process.h"
#include "program.h"
#include "resolver.h"
#include "strv.h"
#include "xalloc.h"

#define DEPTH_MAX 4 /* as in the generated text */
#define ENTERED_MAX 4000
#define FLAGS_MAX 5

#include "resolver_tree.h"

static const char *const folders[] = {"a", "b", "a/c", "b/c", "a/c/d"};
/* Links, the last ones to files. */
static const char *const links[][2] = {{"a", "l"},        {"b/c", "m"},       {"..", "a/up"},     {"../b", "a/c/n"},
                                       {"../a/x.h", "b/x.h"}, {"c/y.h", "a/y.h"}, {"x.h", "a/c/z.h"}};
static const char *const file_names[] = {"x.h", "y.h", "z.h"};
static const char *const dirs[] = {"a",    "b",      "./a",     "a/",    "a/../b",  "l",   "m",
                                   "l/c",  ".",      "a/c",     "b/c",   "a/up/b",  "@/a", "@",
                                   "@/l",  "nowhere", "l/c/n/c", "a//c", "@/a/../b", "./.", "a/c/.."};
static const char *const includes[] = {"x.h",   "y.h",      "z.h",    "c/x.h",    "c/y.h",     "a/x.h",
                                       "b/x.h", "../x.h",   "c//z.h", "./y.h",    "l/c/x.h",   "up/b/x.h",
                                       "d/z.h", "c/../x.h", "n/x.h",  "up/a/y.h", "../a/c/y.h", "@/b/y.h"};
/* In the order in which clang takes them. */
static const char *const kinds[] = {"-I", "-iquote", "-isystem"};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

#define PICK(list) (list)[random_below(sizeof(list) / sizeof((list)[0]))]

static unsigned long long random_state;

static size_t
random_below(size_t n)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (size_t)(random_state >> 33) % n;
}

/* "@" stands for the tree's own folder. */
static char *
with_base(const struct tree *t, const char *text)
{
	return text[0] == '@' ? xasprintf("%s%s", t->base, text + 1) : xstrdup(text);
}

static void
write_random_file(struct tree *t, const char *path)
{
	struct buffer b = {0};

	buffer_add_string(&b, "#if __INCLUDE_LEVEL__ < 4\n");
	for (size_t i = random_below(4); i > 0; i--) {
		bool is_angled = random_below(3) == 0, is_next = random_below(4) == 0;
		char *name = with_base(t, PICK(includes));
		char *quoted = xasprintf(is_angled ? "<%s>" : "\"%s\"", name);
		char *line = xasprintf("#if __has_include%s(%s)\n#include%s %s\n#endif\n", is_next ? "_next" : "", quoted,
		                       is_next ? "_next" : "", quoted);

		buffer_add_string(&b, line);
		free(line);
		free(quoted);
		free(name);
	}
	buffer_add_string(&b, "#endif\n");
	char *text = buffer_take_string(&b);

	tree_file(path, text);
	free(text);
}

static void
make_random_tree(struct tree *t)
{
	assert_int_equal(tree_command("rm -rf a b l m x.h y.h z.h a.c"), 0);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		tree_folder(folders[i]);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (random_below(3) != 0)
			assert_int_equal(symlink(links[i][0], links[i][1]), 0);
	}
	for (size_t i = 0; i <= sizeof(folders) / sizeof(folders[0]); i++) {
		for (size_t k = 0; k < 3; k++) {
			char *path = xasprintf("%s%s%s", i != 0 ? folders[i - 1] : "", i != 0 ? "/" : "", file_names[k]);

			if (random_below(2) == 0 && access(path, F_OK) != 0)
				write_random_file(t, path);
			free(path);
		}
	}
	write_random_file(t, "a.c");
	if (access("a/c/a.c", F_OK) != 0)
		write_random_file(t, "a/c/a.c");
}

static char *
random_flags(const struct tree *t, struct strv *named, struct strv *systems)
{
	struct buffer b = {0};
	struct strv of_kind[KINDS] = {{0}};

	for (size_t i = random_below(FLAGS_MAX + 1); i > 0; i--) {
		size_t kind = random_below(KINDS);
		char *dir = with_base(t, PICK(dirs));
		char *flag = xasprintf("%s %s ", kinds[kind], dir);

		buffer_add_string(&b, flag);
		strv_take(&of_kind[kind], dir);
		free(flag);
	}
	for (size_t kind = 0; kind < KINDS; kind++) {
		for (size_t i = 0; i < of_kind[kind].count; i++) {
			strv_add(named, of_kind[kind].items[i]);
			if (kind == KINDS - 1)
				strv_add(systems, of_kind[kind].items[i]);
		}
		strv_release(&of_kind[kind]);
	}
	if (random_below(4) == 0) {
		char *name = with_base(t, PICK(includes));

		if (access(name, F_OK) == 0) {
			buffer_add_string(&b, "-include ");
			buffer_add_string(&b, name);
		}
		free(name);
	}
	return buffer_take_string(&b);
}

/* A folder that is named as a system folder is none of the others, whatever the name that is kept. */
static bool
is_system_folder(const struct strv *systems, const char *path)
{
	struct stat one, other;

	assert_int_equal(stat(path, &one), 0);
	for (size_t i = 0; i < systems->count; i++) {
		if (stat(systems->items[i], &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino)
			return true;
	}
	return false;
}

/* The search list as the compiler prints it: what exists, each folder once. */
static void
read_search(struct tree *t, const struct strv *named, const struct strv *systems)
{
	struct search *s = &t->searches[0];
	char *text, *rest;
	size_t len;
	bool is_list = false, is_bracket = false;

	for (size_t k = 0; k < s->count; k++)
		free(s->folders[k].path);
	s->count = s->bracket = 0;
	assert_int_equal(io_read_file("out.err", BUFFER_MAX, &text, &len), OK);
	rest = text;
	for (char *line; (line = strtok_r(rest, "\n", &rest)) != NULL;) {
		if (strncmp(line, "#include ", 9) == 0) {
			is_list = true;
			is_bracket = line[9] == '<';
			if (is_bracket)
				s->bracket = s->count;
		} else if (strncmp(line, "End of", 6) == 0) {
			/* Clang is silent about an empty one. */
			if (!is_bracket)
				s->bracket = s->count;
			is_list = false;
		} else if (is_list) {
			assert_true(s->count < FLAGS_MAX);
			s->folders[s->count++] =
				(struct search_folder){xstrdup(line + 1),
			                               is_bracket && is_system_folder(systems, line + 1)};
		}
	}
	free(text);
	s->named = (const char *const *)named->items;
	s->named_count = named->count;
	s->number++;
}

static int
compare_strings(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/*
 * Clang writes the newest name that it has for a file, not always the one by which it found it. So the names
 * are compared as sets, and the order by what they lead to.
 */
static void
split_names(struct strv *entered)
{
	struct strv files = {0}, names = {0};

	for (size_t i = 0; i < entered->count; i++) {
		char *name = xstrndup(entered->items[i], strcspn(entered->items[i], " "));
		struct stat st;

		assert_int_equal(stat(name, &st), 0);
		strv_take(&files, xasprintf("%ju %s", (uintmax_t)st.st_ino, entered->items[i] + strlen(name)));
		if (!strv_has(&names, name))
			strv_add(&names, name);
		free(name);
	}
	if (names.count != 0)
		qsort(names.items, names.count, sizeof(char *), compare_strings);
	strv_release(entered);
	for (size_t i = 0; i < files.count; i++)
		strv_add(entered, files.items[i]);
	for (size_t i = 0; i < names.count; i++)
		strv_add(entered, names.items[i]);
	strv_release(&files);
	strv_release(&names);
}

static void
check_tree(struct tree *t, const char *compiler, const char *source)
{
	struct strv named = {0}, systems = {0}, wanted = {0};
	char *flags = random_flags(t, &named, &systems);
	const char *include = strstr(flags, "-include ");

	strv_release(&t->forced);
	if (include != NULL)
		strv_add(&t->forced, include + 9);
	enum err e = tree_ask(compiler, flags, source, &wanted);

	if (e != ERR_MISSING) {
		resolver_free(t->resolver);
		t->resolver = resolver_new(NULL);
		read_search(t, &named, &systems);
		t->scan.compiler = strcmp(compiler, "clang") == 0 ? ARGS_CLANG : ARGS_GCC;
		assert_int_equal(tree_scan(t, source), OK);
		tree_drop_others(&t->entered, source);
		tree_drop_others(&wanted, source);
		while (e == ERR_CLOSED && t->entered.count > wanted.count)
			strv_remove(&t->entered, t->entered.count - 1);
		if (t->scan.compiler == ARGS_CLANG) {
			split_names(&t->entered);
			split_names(&wanted);
		}
		if (!tree_is_as_wanted(t, &wanted, source)) {
			print_error("%s %s %s in %s, seed %llu\n", compiler, flags, source, t->base, random_state);
			fail();
		}
	}
	strv_release(&named);
	strv_release(&systems);
	strv_release(&wanted);
	free(flags);
}

static unsigned long long
setting(const char *name, unsigned long long otherwise)
{
	const char *value = getenv(name);

	return value != NULL ? strtoull(value, NULL, 10) : otherwise;
}

static void
random_trees_are_entered_as_the_compilers_do(void **state)
{
	struct tree *t = *state;
	unsigned long long count = setting("DCC_RANDOM_TREES", 20);

	random_state = setting("DCC_RANDOM_SEED", 1);
	t->searches[0].folders = xcalloc(FLAGS_MAX, sizeof(struct search_folder));
	for (unsigned long long i = 0; i < count; i++) {
		char *absolute = xasprintf("%s/a.c", t->base);

		make_random_tree(t);
		check_tree(t, "gcc", "a.c");
		check_tree(t, "clang", "a.c");
		check_tree(t, "gcc", "a/c/a.c");
		check_tree(t, "clang", "a/c/a.c");
		check_tree(t, "clang", absolute);
		check_tree(t, "gcc", absolute);
		free(absolute);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(random_trees_are_entered_as_the_compilers_do, tree_setup, tree_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
