/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "view.h"
#include "xalloc.h"

#define MAX 16

/* "f/a/b" is a file, "d/a" a folder, "l/a>target" a link; the strings stay the caller's. */
static size_t
parse(const char *const words[], struct manifest_entry entries[MAX], char *paths[MAX])
{
	size_t n = 0;

	for (; words[n] != NULL; n++) {
		const char *arrow = strchr(words[n], '>');
		size_t len = arrow != NULL ? (size_t)(arrow - words[n]) : strlen(words[n]);

		paths[n] = xstrndup(words[n] + 1, len - 1);
		entries[n] = (struct manifest_entry){
			.type = words[n][0] == 'f'   ? MANIFEST_FILE
			        : words[n][0] == 'l' ? MANIFEST_LINK
			                             : MANIFEST_DIRECTORY,
			.path = paths[n],
			.target = arrow != NULL ? arrow + 1 : "",
		};
	}
	return n;
}

struct sample {
	struct manifest_entry entries[MAX];
	char *paths[MAX];
	size_t count;
	struct view view;
};

static enum err
sample_init(struct sample *s, const char *const words[])
{
	struct manifest m = {0};

	s->count = parse(words, s->entries, s->paths);
	m.entries = s->entries;
	m.entry_count = s->count;
	return view_init(&s->view, &m, NULL, 0);
}

static void
sample_release(struct sample *s)
{
	view_release(&s->view);
	for (size_t i = 0; i < s->count; i++)
		free(s->paths[i]);
}

static enum err
try(const char *const words[])
{
	struct sample s;
	enum err e = sample_init(&s, words);

	sample_release(&s);
	return e;
}

static void
entries_of_catalogue_and_manifest_are_one_tree(void **state)
{
	static const char *const shared[] = {"f/c/z", "f/c/a", "d/b", NULL};
	static const char *const own[] = {"f/b/x", "l/d>c", NULL};
	static const char *const wanted[] = {"/b", "/b/x", "/c/z", "/d"};
	static const uint32_t numbers[] = {2, 3, 1, 4};
	struct manifest_entry catalogue[MAX], entries[MAX];
	char *paths[2][MAX];
	uint32_t indexes[] = {0, 2};
	size_t shared_count = parse(shared, catalogue, paths[0]);
	size_t own_count = parse(own, entries, paths[1]);
	struct manifest m = {.indexes = indexes, .index_count = 2, .entries = entries, .entry_count = own_count};
	struct view v;

	(void)state;
	assert_int_equal(view_init(&v, &m, catalogue, shared_count), OK);
	assert_int_equal(v.count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(v.entries[i]->path, wanted[i]);
		assert_int_equal(v.numbers[i], numbers[i]);
	}
	view_release(&v);
	indexes[1] = 3;
	assert_int_equal(view_init(&v, &m, catalogue, shared_count), ERR_PROTOCOL);
	for (size_t i = 0; i < shared_count; i++)
		free(paths[0][i]);
	for (size_t i = 0; i < own_count; i++)
		free(paths[1][i]);
}

static void
no_path_stands_twice(void **state)
{
	static const char *const twice[] = {"f/a", "d/b", "l/a>x", NULL};

	(void)state;
	assert_int_equal(try(twice), ERR_PROTOCOL);
}

static void
nothing_is_below_a_file_or_a_link(void **state)
{
	static const char *const below_link[] = {"l/a>/etc", "f/a-b", "f/a/passwd", NULL};
	static const char *const below_file[] = {"f/a/b", "f/a/b/c/d", NULL};
	static const char *const deep[] = {"l/a/b>.", "d/a/b/c", NULL};
	static const char *const fine[] = {"d/a", "f/a-b", "f/a.b", "f/a/b", "l/a/c>..", "f/ab", NULL};

	(void)state;
	assert_int_equal(try(below_link), ERR_PROTOCOL);
	assert_int_equal(try(below_file), ERR_PROTOCOL);
	assert_int_equal(try(deep), ERR_PROTOCOL);
	assert_int_equal(try(fine), OK);
}

static void
folders_stand_before_what_is_below(void **state)
{
	static const char *const words[] = {"f/a/b/c/x", "f/a-b/x", "f/a/y", "d/q/r", "l/s>x", NULL};
	static const char *const wanted[] = {"/a", "/a-b", "/a/b", "/a/b/c", "/q", "/q/r"};
	struct strv folders = {0};
	struct sample s;

	(void)state;
	assert_int_equal(sample_init(&s, words), OK);
	view_folders(s.view.entries, s.view.count, &folders);
	assert_int_equal(folders.count, 6);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(folders.items[i], wanted[i]);
	strv_release(&folders);
	sample_release(&s);
}

static void
entries_are_found(void **state)
{
	static const char *const words[] = {"f/a/b", "d/c", "f/a-b", NULL};
	struct sample s;

	(void)state;
	assert_int_equal(sample_init(&s, words), OK);
	assert_string_equal(view_find(&s.view, "/a/b")->path, "/a/b");
	assert_null(view_find(&s.view, "/a"));
	assert_null(view_find(&s.view, "/z"));
	assert_true(view_has_below(&s.view, "/a"));
	assert_true(view_has_below(&s.view, "/"));
	assert_false(view_has_below(&s.view, "/c"));
	assert_false(view_has_below(&s.view, "/a/b"));
	sample_release(&s);
}

static void
paths_are_resolved_through_links(void **state)
{
	static const char *const words[] = {"l/home/l>/data/x", "l/data/x/up>..", "l/rel>home/./l", "d/data/x/d", NULL};
	/* An entry below a link is no tree: so this one has links that lead to folders. */
	static const char *const rows[][3] = {
		{"/", "/home/l/a.c", "/data/x/a.c"},
		{"/home/l", "a.c", "/data/x/a.c"},
		{"/home/l", "../a.c", "/data/a.c"},
		{"/home/l/up", "b", "/data/b"},
		{"/rel/up/y", "../..", "/"},
		{"/w", "a/../b/./c//d", "/w/b/c/d"},
		{"/w", "../../../x", "/x"},
		{"/w", "/", "/"},
		{"/rel", ".", "/data/x"},
	};
	struct sample s;

	(void)state;
	assert_int_equal(sample_init(&s, words), OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *path = view_resolve(&s.view, rows[i][0], rows[i][1]);

		assert_non_null(path);
		assert_string_equal(path, rows[i][2]);
		free(path);
	}
	sample_release(&s);
}

static void
links_that_go_round_lead_nowhere(void **state)
{
	static const char *const words[] = {"l/a>b", "l/b>/a", NULL};
	struct sample s;

	(void)state;
	assert_int_equal(sample_init(&s, words), OK);
	assert_null(view_resolve(&s.view, "/", "a/x"));
	sample_release(&s);
}

static void
the_number_of_entries_is_bounded(void **state)
{
	uint32_t *indexes = xcalloc(MANIFEST_ENTRIES_MAX, sizeof(*indexes));
	struct manifest_entry entry = {.type = MANIFEST_FILE, .path = "/a", .target = ""};
	struct manifest m = {.indexes = indexes, .index_count = MANIFEST_ENTRIES_MAX, .entries = &entry, .entry_count = 1};
	struct view v;

	(void)state;
	assert_int_equal(view_init(&v, &m, NULL, 0), ERR_LIMIT);
	free(indexes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_of_catalogue_and_manifest_are_one_tree),
		cmocka_unit_test(no_path_stands_twice),
		cmocka_unit_test(nothing_is_below_a_file_or_a_link),
		cmocka_unit_test(folders_stand_before_what_is_below),
		cmocka_unit_test(entries_are_found),
		cmocka_unit_test(paths_are_resolved_through_links),
		cmocka_unit_test(links_that_go_round_lead_nowhere),
		cmocka_unit_test(the_number_of_entries_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
