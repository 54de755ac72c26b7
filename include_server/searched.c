/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text, one line each:
 *
 *     quote PATH | user PATH | system PATH    a folder of the list, in its order
 *     folder DEV INO PATH | nothing PATH      a stamp; PATH is absolute
 *     preinclude
 */
/* For realpath(3). */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "path.h"
#include "searched.h"
#include "xalloc.h"

void
searched_release(struct searched *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->folders[i].path);
	free(s->folders);
	for (size_t i = 0; i < s->stamp_count; i++)
		free(s->stamps[i].path);
	free(s->stamps);
	strv_release(&s->hidden);
	strv_release(&s->shown);
	*s = (struct searched){0};
}

/* ---- the list ---- */

enum kind { QUOTE, USER, SYSTEM };

static void
add_folder(struct searched *s, enum kind kind, const char *path)
{
	s->folders = xrealloc(s->folders, (s->count + 1) * sizeof(*s->folders));
	s->folders[s->count++] = (struct search_folder){xstrdup(path), kind == SYSTEM};
	if (kind == QUOTE)
		s->bracket = s->count;
}

static void
add_folders(struct searched *s, const struct interview *i)
{
	for (size_t k = 0; k < i->quote.count; k++)
		add_folder(s, QUOTE, i->quote.items[k]);
	for (size_t k = 0; k < i->bracket.count; k++)
		add_folder(s, k < i->user_count ? USER : SYSTEM, i->bracket.items[k]);
}

/* ---- stamps ---- */

/* What is at path now; ERR_DENIED for what is neither a folder nor nothing. */
static enum err
stamp(struct searched_stamp *t)
{
	struct stat st;

	t->dev = 0;
	t->ino = 0;
	if (stat(t->path, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR ? OK : ERR_DENIED;
	if (!S_ISDIR(st.st_mode))
		return ERR_DENIED;
	t->dev = (uint64_t)st.st_dev;
	t->ino = (uint64_t)st.st_ino;
	return OK;
}

static bool
is_there(const struct searched_stamp *t)
{
	return t->dev != 0 || t->ino != 0;
}

static struct searched_stamp *
find_stamp(const struct searched *s, const char *path)
{
	for (size_t i = 0; i < s->stamp_count; i++)
		if (strcmp(s->stamps[i].path, path) == 0)
			return &s->stamps[i];
	return NULL;
}

/* Takes its path. */
static struct searched_stamp *
add_stamp(struct searched *s, struct searched_stamp t)
{
	s->stamps = xrealloc(s->stamps, (s->stamp_count + 1) * sizeof(*s->stamps));
	s->stamps[s->stamp_count] = t;
	return &s->stamps[s->stamp_count++];
}

enum expected { EXPECT_FOLDER, EXPECT_NOTHING, EXPECT_EITHER };

static enum err
add_path(struct searched *s, const char *cwd, const char *path, enum expected expected)
{
	char *absolute = path_join(cwd, path);
	struct searched_stamp *t = find_stamp(s, absolute);

	if (t != NULL) {
		free(absolute);
	} else {
		t = add_stamp(s, (struct searched_stamp){.path = absolute});
		enum err e = stamp(t);

		if (e != OK)
			return e;
	}
	return expected == EXPECT_EITHER || is_there(t) == (expected == EXPECT_FOLDER) ? OK : ERR_PROTOCOL;
}

static enum err
add_paths(struct searched *s, const char *cwd, const struct strv *paths, enum expected expected)
{
	enum err e = OK;

	for (size_t i = 0; e == OK && i < paths->count; i++)
		e = add_path(s, cwd, paths->items[i], expected);
	return e;
}

/* Where the compiler looked for a header of its own and found none, it would find one later. */
static enum err
expect_no_preinclude(struct searched *s, const char *cwd)
{
	enum err e = OK;

	for (size_t i = s->bracket; e == OK && i < s->count; i++) {
		char *path = path_join(s->folders[i].path, INTERVIEW_PREINCLUDE);

		e = add_path(s, cwd, path, EXPECT_NOTHING);
		free(path);
		/* It is there, and the compiler does not want it. */
		if (e == ERR_DENIED) {
			free(s->stamps[--s->stamp_count].path);
			e = OK;
		}
	}
	return e;
}

bool
searched_is_current(const struct searched *s)
{
	for (size_t i = 0; i < s->stamp_count; i++) {
		const struct searched_stamp *then = &s->stamps[i];
		struct searched_stamp now = {.path = then->path};

		if (stamp(&now) != OK || now.dev != then->dev || now.ino != then->ino)
			return false;
	}
	return true;
}

/* ---- what a volunteer must hide, and show ---- */

/* The part of path that exists becomes *shown (yours); the whole without links and ".." is returned, yours. */
static char *
resolve(const char *path, char **shown)
{
	char *existing = xstrdup(path);
	char *real = realpath(existing, NULL);

	while (real == NULL && strcmp(existing, "/") != 0) {
		char *parent = path_dir(existing);

		free(existing);
		existing = parent;
		real = realpath(existing, NULL);
	}
	const char *rest = path + strlen(existing);
	char *whole = xasprintf("%s/%s", real != NULL ? real : "", rest);
	char *clean = path_normalise("/", whole);

	free(real);
	free(whole);
	*shown = existing;
	return clean;
}

static void
add_once(struct strv *list, char *item)
{
	if (strv_has(list, item))
		free(item);
	else
		strv_take(list, item);
}

static void
resolve_all(struct searched *s)
{
	for (size_t i = 0; i < s->stamp_count; i++) {
		const char *path = s->stamps[i].path;
		char *shown;

		/* Not a folder, but the header that might come to lie in one. */
		if (strcmp(path_base(path), INTERVIEW_PREINCLUDE) == 0)
			continue;
		add_once(&s->hidden, resolve(path, &shown));
		add_once(&s->shown, shown);
	}
}

enum err
searched_take(struct searched *s, const struct interview *i, const char *cwd, const struct strv *named)
{
	add_folders(s, i);
	s->has_preinclude = i->has_preinclude;
	enum err e = add_paths(s, cwd, &i->quote, EXPECT_FOLDER);

	if (e == OK)
		e = add_paths(s, cwd, &i->bracket, EXPECT_FOLDER);
	if (e == OK)
		e = add_paths(s, cwd, &i->duplicates, EXPECT_FOLDER);
	if (e == OK)
		e = add_paths(s, cwd, &i->missing, EXPECT_NOTHING);
	for (size_t k = 0; e == OK && k < named->count; k++)
		/* The compiler has spelled out in its lists what is below a folder that it knows. */
		if (strchr("=$*", named->items[k][0]) == NULL || named->items[k][0] == '\0')
			e = add_path(s, cwd, named->items[k][0] != '\0' ? named->items[k] : ".", EXPECT_EITHER);
	if (e == OK && i->may_preinclude && !s->has_preinclude)
		e = expect_no_preinclude(s, cwd);
	if (e == OK)
		resolve_all(s);
	return e;
}

/* ---- as text ---- */

void
searched_format(const struct searched *s, struct buffer *out)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct search_folder *f = &s->folders[i];

		buffer_add_string(out, i < s->bracket ? "quote " : f->is_system ? "system " : "user ");
		buffer_add_string(out, f->path);
		buffer_add_string(out, "\n");
	}
	for (size_t i = 0; i < s->stamp_count; i++) {
		const struct searched_stamp *t = &s->stamps[i];
		char *line = is_there(t) ? xasprintf("folder %" PRIu64 " %" PRIu64 " %s\n", t->dev, t->ino, t->path)
		                         : xasprintf("nothing %s\n", t->path);

		buffer_add_string(out, line);
		free(line);
	}
	if (s->has_preinclude)
		buffer_add_string(out, "preinclude\n");
}

static bool
parse_number(char **text, uint64_t *number)
{
	char *end;

	errno = 0;
	unsigned long long n = strtoull(*text, &end, 10);

	if (end == *text || *end != ' ' || errno != 0)
		return false;
	*number = n;
	*text = end + 1;
	return true;
}

static enum err
parse_line(struct searched *s, char *line)
{
	static const char *const kinds[] = {[QUOTE] = "quote", [USER] = "user", [SYSTEM] = "system"};
	char *value = strchr(line, ' ');
	struct searched_stamp t = {0};

	if (strcmp(line, "preinclude") == 0) {
		s->has_preinclude = true;
		return OK;
	}
	if (value == NULL)
		return ERR_PROTOCOL;
	*value++ = '\0';
	for (int k = QUOTE; k <= SYSTEM; k++)
		if (strcmp(line, kinds[k]) == 0) {
			add_folder(s, (enum kind)k, value);
			return OK;
		}
	if (strcmp(line, "nothing") != 0 &&
	    (strcmp(line, "folder") != 0 || !parse_number(&value, &t.dev) || !parse_number(&value, &t.ino)))
		return ERR_PROTOCOL;
	if (value[0] != '/')
		return ERR_PROTOCOL;
	t.path = xstrdup(value);
	add_stamp(s, t);
	return OK;
}

enum err
searched_parse(char *text, struct searched *s)
{
	enum err e = OK;

	while (e == OK && *text != '\0') {
		size_t n = strcspn(text, "\n");

		if (text[n] == '\0')
			return ERR_PROTOCOL;
		text[n] = '\0';
		e = parse_line(s, text);
		text += n + 1;
	}
	if (e == OK)
		resolve_all(s);
	return e;
}
