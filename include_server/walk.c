/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "walk.h"
#include "xalloc.h"

/* The kernel's own limit of links on one way. */
#define LINKS_MAX 40u

void
trail_release(struct trail *t)
{
	free(t->entries);
	*t = (struct trail){0};
}

void
trail_add(struct trail *t, struct entry *e)
{
	for (size_t i = 0; i < t->count; i++) {
		if (t->entries[i] == e)
			return;
	}
	if (t->count == t->cap) {
		t->cap = t->cap != 0 ? 2 * t->cap : 8;
		t->entries = xrealloc(t->entries, t->cap * sizeof(struct entry *));
	}
	t->entries[t->count++] = e;
}

void
trail_add_all(struct trail *t, struct entry *const *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		trail_add(t, entries[i]);
}

bool
trail_has_stayed(const struct trail *t, struct folders *f, uint64_t time)
{
	for (size_t i = 0; i < t->count; i++) {
		if (!folders_has_stayed(f, t->entries[i], time))
			return false;
	}
	return true;
}

void
ways_release(struct ways *w)
{
	trail_release(&w->depends);
	trail_release(&w->shown);
}

void
ways_clear(struct ways *w)
{
	w->depends.count = 0;
	w->shown.count = 0;
}

struct walker {
	struct folders *folders;
	struct ways *ways;
	struct folder *at;    /* where the next component is looked up */
	struct entry *end;    /* what the last one was */
	unsigned links;
};

static enum err
follow(struct walker *w, const char *path);

/* What /proc/self and /dev/fd lead to is ours, and not the compiler's. */
static bool
is_of_process(const struct entry *e)
{
	return strcmp(e->name, "proc") == 0 && folder_parent(e->in) == NULL;
}

/* Takes one component's entry: a link is followed, a folder becomes the place for the next one. */
static enum err
arrive(struct walker *w, struct entry *e)
{
	w->end = e;
	switch (e->kind) {
	case ENTRY_LINK:
		if (++w->links > LINKS_MAX) {
			log_info("%s/%s: too many links", folder_path(e->in), e->name);
			return ERR_DENIED;
		}
		trail_add(&w->ways->depends, e);
		trail_add(&w->ways->shown, e);
		return follow(w, e->target);
	case ENTRY_FOLDER:
		if (is_of_process(e)) {
			log_info("/proc: is not the same for every process");
			return ERR_DENIED;
		}
		w->at = e->folder;
		return OK;
	case ENTRY_FILE:
	case ENTRY_OTHER:
		w->at = NULL;
		return OK;
	case ENTRY_ABSENT:
	case ENTRY_UNKNOWN:
		break;
	}
	return ERR_MISSING;
}

/* One component of n bytes; "." and ".." too. */
static enum err
step(struct walker *w, const char *name, size_t n)
{
	if (w->at == NULL)
		return ERR_MISSING;
	if (n == 1 && name[0] == '.')
		return OK;
	if (n == 2 && name[0] == '.' && name[1] == '.') {
		struct folder *up = folder_parent(w->at);

		trail_add(&w->ways->shown, folder_entry(w->at));
		trail_add(&w->ways->depends, folder_entry(w->at));
		w->at = up != NULL ? up : w->at;
		w->end = folder_entry(w->at);
		return OK;
	}
	struct entry *e = NULL;
	enum err result = folders_look(w->folders, w->at, name, n, &e);

	return result == OK ? arrive(w, e) : result;
}

/* Recursive through links, at most LINKS_MAX deep. */
static enum err
follow(struct walker *w, const char *path)
{
	enum err result = OK;

	if (path[0] == '/') {
		w->at = folders_root(w->folders);
		w->end = folder_entry(w->at);
	}
	while (result == OK) {
		path += strspn(path, "/");
		if (path[0] == '\0')
			break;
		size_t n = strcspn(path, "/");

		result = step(w, path, n);
		path += n;
		/* "file/" is no file. */
		if (result == OK && path[0] == '/' && w->at == NULL)
			result = ERR_MISSING;
	}
	return result;
}

enum err
walk(struct folders *f, struct folder *from, const char *path, struct ways *w, struct entry **end)
{
	struct walker walker = {.folders = f, .ways = w, .at = from, .end = folder_entry(from)};
	enum err e = follow(&walker, path);

	trail_add(&w->depends, walker.end);
	*end = walker.end;
	return e;
}
