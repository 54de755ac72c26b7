/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A memo holds for as long as each entry stays that the search came across: absent ones in the folders
 * before the hit, links, the hit itself. Its places and its names depend on the cwd, so each pair
 * of search list and cwd has memos of its own: a scope.
 */
#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "table.h"
#include "xalloc.h"

struct place {
	char *text;
	struct ways ways;
	struct entry *end;
	enum err result;     /* of the walk */
	uint64_t time;       /* of the same */
	bool is_known;
	bool is_system;      /* in that scan */
	uint64_t scan;
};

struct memo {
	struct start start;
	struct found *found;       /* NULL: ERR_MISSING */
	struct ways ways;
	uint64_t time;
	uint64_t scan;             /* in which it was found to hold */
	char name[];
};

struct scope {
	uint64_t number;           /* of the search list */
	const struct search *search;
	enum args_compiler compiler;
	unsigned rules;
	char *cwd;
	struct folder *folder;
	struct ways cwd_ways;
	struct place **folders;    /* of the search list */
	struct table places;
	struct table founds;
	struct table memos;
	struct scope *next;
};

struct lookup {
	struct folders *folders;
	struct pieces *pieces;
	struct scope *scopes;
	uint64_t hits;
};

struct lookup *
lookup_new(struct folders *folders, struct pieces *pieces)
{
	struct lookup *l = xcalloc(1, sizeof(*l));

	l->folders = folders;
	l->pieces = pieces;
	return l;
}

static void
memo_free(struct memo *m)
{
	ways_release(&m->ways);
	free(m);
}

static void
scope_free(struct scope *s)
{
	struct place *place;
	struct found *found;
	struct memo *memo;

	for (size_t i = 0; (place = table_next(&s->places, &i)) != NULL;) {
		ways_release(&place->ways);
		free(place->text);
		free(place);
	}
	for (size_t i = 0; (found = table_next(&s->founds, &i)) != NULL;) {
		free(found->name);
		free(found);
	}
	for (size_t i = 0; (memo = table_next(&s->memos, &i)) != NULL;)
		memo_free(memo);
	table_release(&s->places);
	table_release(&s->founds);
	table_release(&s->memos);
	ways_release(&s->cwd_ways);
	free(s->folders);
	free(s->cwd);
	free(s);
}

void
lookup_free(struct lookup *l)
{
	if (l == NULL)
		return;
	while (l->scopes != NULL) {
		struct scope *s = l->scopes;

		l->scopes = s->next;
		scope_free(s);
	}
	free(l);
}

static bool
has_text(const void *item, const void *key)
{
	return strcmp(((const struct place *)item)->text, key) == 0;
}

struct place *
lookup_place(struct scope *scope, const char *text)
{
	uint64_t hash = table_hash(text, strlen(text), 0);
	struct place *place = table_find(&scope->places, hash, has_text, text);

	if (place == NULL) {
		place = xcalloc(1, sizeof(*place));
		place->text = xstrdup(text);
		table_add(&scope->places, hash, place);
	}
	return place;
}

bool
lookup_is_place_system(struct lookup *l, struct place *place, bool is_first_system)
{
	if (place->scan != folders_scan(l->folders)) {
		place->scan = folders_scan(l->folders);
		place->is_system = is_first_system;
	}
	return place->is_system;
}

/* A folder's path is a place with the slash that it may lack. */
static struct place *
place_of_folder(struct scope *s, const char *path)
{
	size_t len = strlen(path);
	char *text = xasprintf("%s%s", path, len != 0 && path[len - 1] != '/' ? "/" : "");
	struct place *place = lookup_place(s, text);

	free(text);
	return place;
}

static struct scope *
scope_new(const struct resolver_scan *scan)
{
	struct scope *s = xcalloc(1, sizeof(*s));

	s->search = scan->search;
	s->number = scan->search->number;
	s->compiler = scan->compiler;
	s->rules = scan->rules;
	s->cwd = xstrdup(scan->cwd);
	s->folders = xcalloc(scan->search->count + 1, sizeof(struct place *));
	for (size_t i = 0; i < scan->search->count; i++)
		s->folders[i] = place_of_folder(s, scan->search->folders[i].path);
	return s;
}

static struct scope *
find_scope(struct lookup *l, const struct resolver_scan *scan)
{
	for (struct scope *s = l->scopes; s != NULL; s = s->next) {
		if (s->number == scan->search->number && s->compiler == scan->compiler && s->rules == scan->rules &&
		    strcmp(s->cwd, scan->cwd) == 0)
			return s;
	}
	struct scope *s = scope_new(scan);

	s->next = l->scopes;
	l->scopes = s;
	return s;
}

static void
forget(struct scope *s)
{
	struct memo *memo;
	struct place *place;

	for (size_t i = 0; (memo = table_next(&s->memos, &i)) != NULL;)
		memo_free(memo);
	table_release(&s->memos);
	for (size_t i = 0; (place = table_next(&s->places, &i)) != NULL;)
		place->is_known = false;
}

static void
use_all(struct lookup *l, const struct trail *shown)
{
	for (size_t i = 0; i < shown->count; i++)
		pieces_use(l->pieces, shown->entries[i]);
}

enum err
lookup_scope(struct lookup *l, const struct resolver_scan *scan, struct scope **scope)
{
	struct scope *s = find_scope(l, scan);
	struct entry *end = NULL;

	ways_clear(&s->cwd_ways);
	enum err e = walk(l->folders, folders_root(l->folders), scan->cwd, &s->cwd_ways, &end);

	if (e == OK && end->kind != ENTRY_FOLDER)
		e = ERR_MISSING;
	if (e != OK)
		return e;
	if (s->folder != end->folder) {
		forget(s);
		s->folder = end->folder;
	}
	use_all(l, &s->cwd_ways.shown);
	pieces_use(l->pieces, end);
	*scope = s;
	return OK;
}

static bool
have_stayed(struct lookup *l, const struct trail *depends, uint64_t time)
{
	for (size_t i = 0; i < depends->count; i++) {
		if (!folders_has_stayed(l->folders, depends->entries[i], time))
			return false;
	}
	return true;
}

static void
go_to(struct lookup *l, struct scope *s, struct place *place)
{
	if (place->is_known && have_stayed(l, &place->ways.depends, place->time))
		return;
	ways_clear(&place->ways);
	place->result = walk(l->folders, s->folder, place->text, &place->ways, &place->end);
	if (place->result == OK && place->end->kind != ENTRY_FOLDER)
		place->result = ERR_MISSING;
	place->is_known = place->result != ERR_DENIED;
	place->time = folders_time(l->folders);
}

/* Looks for name in one place, and adds the way. OK: *end is a file. */
static enum err
look_in(struct lookup *l, struct scope *s, struct place *place, const char *name, struct memo *memo)
{
	struct folder *from = s->folder;
	struct entry *end = NULL;

	if (name[0] != '/') {
		go_to(l, s, place);
		trail_add_all(&memo->ways.depends, place->ways.depends.entries, place->ways.depends.count);
		if (place->result != OK)
			return place->result;
		from = place->end->folder;
	}
	struct ways ways = {0};
	enum err e = walk(l->folders, from, name, &ways, &end);

	if (e == OK && end->kind == ENTRY_FOLDER)
		e = ERR_MISSING;
	if (e == OK && end->kind != ENTRY_FILE)
		e = ERR_DENIED;
	trail_add_all(&memo->ways.depends, ways.depends.entries, ways.depends.count);
	if (e == OK) {
		if (name[0] != '/')
			trail_add_all(&memo->ways.shown, place->ways.shown.entries, place->ways.shown.count);
		trail_add_all(&memo->ways.shown, ways.shown.entries, ways.shown.count);
		trail_add(&memo->ways.shown, end);
	}
	ways_release(&ways);
	return e;
}

static bool
is_same_found(const void *item, const void *key)
{
	const struct found *a = item;
	const struct found *b = key;

	return a->entry == b->entry && a->place == b->place && a->source.is_system == b->source.is_system &&
	       strcmp(a->name, b->name) == 0;
}

/* gcc spells what it finds in system folders by the physical path where that is shorter. */
static char *
spell(const struct scope *s, const char *prefix, const char *name, const struct found *found)
{
	char *spelling = xasprintf("%s%s", prefix, name);

	if (s->compiler != ARGS_GCC || !found->source.is_system || (s->rules & RESOLVER_KEEP_SPELLING) != 0)
		return spelling;
	char *physical = entry_path(found->entry);

	if (strlen(physical) < strlen(spelling)) {
		free(spelling);
		return physical;
	}
	free(physical);
	return spelling;
}

static struct found *
find_found(struct scope *s, struct found *key)
{
	uint64_t hash = table_hash(key->name, strlen(key->name), (uint64_t)(int64_t)key->place);
	struct found *found = table_find(&s->founds, hash, is_same_found, key);

	if (found == NULL) {
		found = xcalloc(1, sizeof(*found));
		*found = *key;
		found->name = xstrdup(key->name);
		found->source.name = found->name;
		found->source.owner = found;
		table_add(&s->founds, hash, found);
	}
	return found;
}

/* The hit in a place: the last entry that the search has shown. */
static struct found *
take_hit(struct scope *s, const struct memo *memo, const struct place *place, struct found key)
{
	key.entry = memo->ways.shown.entries[memo->ways.shown.count - 1];
	key.name = spell(s, memo->name[0] != '/' ? place->text : "", memo->name, &key);

	struct found *found = find_found(s, &key);

	free(key.name);
	return found;
}

static enum err
search_all(struct lookup *l, struct scope *s, struct memo *memo)
{
	const struct start *start = &memo->start;
	enum err e = ERR_MISSING;

	if (start->first != NULL) {
		e = look_in(l, s, start->first, memo->name, memo);
		if (e == OK)
			memo->found = take_hit(s, memo, start->first,
			                       (struct found){.place = start->first_number,
			                                      .source.is_system = start->is_first_system});
	}
	for (size_t i = start->index; e == ERR_MISSING && i < s->search->count; i++) {
		e = look_in(l, s, s->folders[i], memo->name, memo);
		if (e == OK)
			memo->found = take_hit(s, memo, s->folders[i],
			                       (struct found){.place = (int)i,
			                                      .source.is_system = s->search->folders[i].is_system});
	}
	return e;
}

struct memo_key {
	const struct start *start;
	const char *name;
};

static bool
is_memo_of(const void *item, const void *key)
{
	const struct memo *m = item;
	const struct memo_key *k = key;

	return m->start.first == k->start->first && m->start.index == k->start->index &&
	       m->start.first_number == k->start->first_number &&
	       m->start.is_first_system == k->start->is_first_system && strcmp(m->name, k->name) == 0;
}

static enum err
fill(struct lookup *l, struct scope *s, struct memo *memo)
{
	ways_clear(&memo->ways);
	memo->found = NULL;
	memo->scan = 0;
	enum err e = search_all(l, s, memo);

	memo->time = folders_time(l->folders);
	return e;
}

static enum err
use(struct lookup *l, struct memo *memo, struct found **found)
{
	memo->scan = folders_scan(l->folders);
	if (memo->found == NULL)
		return ERR_MISSING;
	for (size_t i = 0; i + 1 < memo->ways.shown.count; i++)
		pieces_use(l->pieces, memo->ways.shown.entries[i]);
	*found = memo->found;
	return OK;
}

enum err
lookup_find(struct lookup *l, struct scope *scope, const struct start *start, const char *name, struct found **found)
{
	size_t len = strlen(name);
	uint64_t hash = table_hash(name, len, (uintptr_t)start->first + start->index * 8 + start->is_first_system);
	struct memo *memo = table_find(&scope->memos, hash, is_memo_of, &(struct memo_key){start, name});

	if (memo != NULL && memo->scan == folders_scan(l->folders)) {
		l->hits++;
		*found = memo->found;
		return memo->found != NULL ? OK : ERR_MISSING;
	}
	if (memo != NULL && have_stayed(l, &memo->ways.depends, memo->time)) {
		l->hits++;
		return use(l, memo, found);
	}
	if (memo == NULL) {
		memo = xcalloc(1, sizeof(*memo) + len + 1);
		memcpy(memo->name, name, len);
		memo->start = *start;
		table_add(&scope->memos, hash, memo);
	}
	enum err e = fill(l, scope, memo);

	if (e != OK && e != ERR_MISSING) {
		table_remove(&scope->memos, hash, memo);
		memo_free(memo);
		return e;
	}
	return use(l, memo, found);
}

enum err
lookup_use_folder(struct lookup *l, struct scope *scope, const char *path)
{
	struct place *place = place_of_folder(scope, path);

	go_to(l, scope, place);
	if (place->result == OK) {
		use_all(l, &place->ways.shown);
		pieces_use(l->pieces, place->end);
	}
	return place->result;
}

uint64_t
lookup_hits(const struct lookup *l)
{
	return l->hits;
}
