/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "scope.h"
#include "xalloc.h"

struct scope *
scope_new(const struct resolver_scan *scan, struct folder *folder)
{
	struct scope *s = xcalloc(1, sizeof(*s));

	s->search = scan->search;
	s->compiler = scan->compiler;
	s->rules = scan->rules;
	s->cwd = xstrdup(scan->cwd);
	s->folder = folder;
	s->folders = xcalloc(scan->search->count + 1, sizeof(struct place *));
	for (size_t i = 0; i < scan->search->count; i++)
		s->folders[i] = scope_place_of_folder(s, scan->search->folders[i].path);
	return s;
}

void
scope_free(struct scope *s)
{
	struct place *place;

	for (size_t i = 0; (place = table_next(&s->places, &i)) != NULL;) {
		ways_release(&place->ways);
		free(place->text);
		free(place);
	}
	table_release(&s->places);
	table_release(&s->founds);
	table_release(&s->memos);
	free(s->folders);
	free(s->cwd);
	free(s);
}

bool
scope_is_of(const struct scope *s, const struct resolver_scan *scan, const struct folder *folder)
{
	return s->search->number == scan->search->number && s->compiler == scan->compiler &&
	       s->rules == scan->rules && s->folder == folder && strcmp(s->cwd, scan->cwd) == 0;
}

static bool
has_text(const void *item, const void *key)
{
	return strcmp(((const struct place *)item)->text, key) == 0;
}

struct place *
scope_place(struct scope *s, const char *text)
{
	uint64_t hash = table_hash(text, strlen(text), 0);
	struct place *place = table_find(&s->places, hash, has_text, text);

	if (place == NULL) {
		place = xcalloc(1, sizeof(*place));
		place->text = xstrdup(text);
		table_add(&s->places, hash, place);
	}
	return place;
}

struct place *
scope_place_of_folder(struct scope *s, const char *path)
{
	size_t len = strlen(path);
	char *text = xasprintf("%s%s", path, len != 0 && path[len - 1] != '/' ? "/" : "");
	struct place *place = scope_place(s, text);

	free(text);
	return place;
}

void
scope_go(struct scope *s, struct folders *f, struct place *place)
{
	if (place->is_known && trail_has_stayed(&place->ways.depends, f, place->time))
		return;
	ways_clear(&place->ways);
	place->result = walk(f, s->folder, place->text, &place->ways, &place->end);
	if (place->result == OK && place->end->kind != ENTRY_FOLDER)
		place->result = ERR_MISSING;
	place->is_known = place->result != ERR_DENIED;
	place->time = folders_time(f);
}

bool
scope_is_place_system(struct place *place, uint64_t scan, bool is_first_system)
{
	if (place->scan != scan) {
		place->scan = scan;
		place->is_system = is_first_system;
	}
	return place->is_system;
}

bool
scope_names_by_folder(const struct scope *s)
{
	return s->compiler == ARGS_CLANG && (s->rules & RESOLVER_NAMES_BY_TEXT) == 0;
}
