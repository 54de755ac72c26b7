/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "place.h"
#include "table.h"
#include "xalloc.h"

struct places {
	struct folders *folders;
	struct table all;
};

struct key {
	const struct folder *from;
	const char *text;
	enum place_naming naming;
};

struct places *
places_new(struct folders *folders)
{
	struct places *p = xcalloc(1, sizeof(*p));

	p->folders = folders;
	return p;
}

void
places_free(struct places *p)
{
	struct place *place;

	if (p == NULL)
		return;
	for (size_t i = 0; (place = table_next(&p->all, &i)) != NULL;) {
		ways_release(&place->ways);
		free(place->text);
		free(place);
	}
	table_release(&p->all);
	free(p);
}

static bool
is_equal(const void *item, const void *key)
{
	const struct place *place = item;
	const struct key *k = key;

	return place->from == k->from && place->naming == k->naming && strcmp(place->text, k->text) == 0;
}

struct place *
places_find(struct places *p, struct folder *from, const char *text, enum place_naming naming)
{
	struct folder *begin = text[0] == '/' ? folders_root(p->folders) : from;
	struct key key = {begin, text, naming};
	uint64_t hash = table_hash(text, strlen(text), (uintptr_t)begin + naming);
	struct place *place = table_find(&p->all, hash, is_equal, &key);

	if (place == NULL) {
		place = xcalloc(1, sizeof(*place));
		place->text = xstrdup(text);
		place->from = begin;
		place->naming = naming;
		table_add(&p->all, hash, place);
	}
	return place;
}

struct place *
places_find_folder(struct places *p, struct folder *from, const char *path, enum place_naming naming)
{
	size_t len = strlen(path);
	char *text = xasprintf("%s%s", path, len != 0 && path[len - 1] != '/' ? "/" : "");
	struct place *place = places_find(p, from, text, naming);

	free(text);
	return place;
}

void
places_go(struct places *p, struct place *place)
{
	if (place->state == PLACE_KNOWN && trail_has_stayed(&place->ways.depends, p->folders, place->time))
		return;
	ways_clear(&place->ways);
	place->result = walk(p->folders, place->from, place->text, &place->ways, &place->end);
	if (place->result == OK && place->end->kind != ENTRY_FOLDER)
		place->result = ERR_MISSING;
	place->state = place->result != ERR_DENIED ? PLACE_KNOWN : PLACE_UNKNOWN;
	place->time = folders_time(p->folders);
}

bool
place_is_system(struct place *place, uint64_t scan, bool is_first_system)
{
	if (place->scan != scan) {
		place->scan = scan;
		place->is_system = is_first_system;
	}
	return place->is_system;
}
