/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A memo holds for as long as each entry stays that the search came across: absent ones in the folders
 * before the hit, links, the hit itself. A search that begins beside the including file has two memos,
 * of that one folder and of the search list, so that what all folders search for in vain is kept once.
 */
#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "path.h"
#include "xalloc.h"

/* Beyond so many memos, those of the scopes that went unused longest are dropped: about 30 MB. */
#define MEMOS_MAX 100000u

/* A folder that was named on the way: see naming. */
struct sight {
	struct folder *folder;
	char *name;
};

struct memo {
	struct place *first;       /* searched alone; NULL: the search list, from index */
	int first_number;
	bool is_first_system;
	size_t index;
	struct found *found;       /* NULL: ERR_MISSING */
	struct folder *found_in;   /* folder of the name that was found */
	uint64_t time;
	uint64_t scan;             /* in which it was found to hold */
	uint64_t doubts;           /* as long as there are no more, it holds; 0: ask all entries */
	struct sight *sights;
	size_t sight_count;
	size_t depend_count;
	size_t shown_count;
	struct entry **entries;    /* depend_count, then shown_count */
	char name[];
};

struct lookup {
	struct folders *folders;
	struct pieces *pieces;
	struct naming *naming;
	struct scope *scopes;
	struct lookup_counts counts;
};

/* A search under way. */
struct search_state {
	struct lookup *lookup;
	struct scope *scope;
	struct memo *memo;
	struct ways ways;
	struct entry *hit;
};

struct lookup *
lookup_new(struct folders *folders, struct pieces *pieces, struct naming *naming)
{
	struct lookup *l = xcalloc(1, sizeof(*l));

	l->folders = folders;
	l->pieces = pieces;
	l->naming = naming;
	return l;
}

static void
memo_free(struct memo *m)
{
	for (size_t i = 0; i < m->sight_count; i++)
		free(m->sights[i].name);
	free(m->sights);
	free(m->entries);
	free(m);
}

static void
drop_scope(struct lookup *l, struct scope *s)
{
	struct found *found;
	struct memo *memo;

	for (size_t i = 0; (found = table_next(&s->founds, &i)) != NULL;) {
		free(found->name);
		free(found);
	}
	for (size_t i = 0; (memo = table_next(&s->memos, &i)) != NULL;)
		memo_free(memo);
	l->counts.memos -= s->memos.count;
	scope_free(s);
}

void
lookup_free(struct lookup *l)
{
	if (l == NULL)
		return;
	while (l->scopes != NULL) {
		struct scope *s = l->scopes;

		l->scopes = s->next;
		drop_scope(l, s);
	}
	free(l);
}

/* Scopes are kept in the order of their last use: the last one is the oldest. */
static void
trim(struct lookup *l)
{
	while (l->counts.memos > MEMOS_MAX && l->scopes->next != NULL) {
		struct scope **last = &l->scopes;

		while ((*last)->next != NULL)
			last = &(*last)->next;
		struct scope *s = *last;

		*last = NULL;
		drop_scope(l, s);
	}
}

static struct scope *
find_scope(struct lookup *l, const struct resolver_scan *scan, struct folder *folder)
{
	struct scope **at = &l->scopes;

	while (*at != NULL && !scope_is_of(*at, scan, folder))
		at = &(*at)->next;
	struct scope *s = *at;

	if (s != NULL)
		*at = s->next;
	else
		s = scope_new(scan, folder);
	s->next = l->scopes;
	l->scopes = s;
	return s;
}

static void
use_all(struct lookup *l, struct entry *const *shown, size_t count)
{
	for (size_t i = 0; i < count; i++)
		pieces_use(l->pieces, shown[i]);
}

/* What stands before the last component, as clang names it: no slash at the end, "." for nothing. */
static char *
name_above(const char *path)
{
	size_t len = (size_t)(path_base(path) - path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return len != 0 ? xstrndup(path, len) : xstrdup(".");
}

/* A folder that is none is tried as a file, so that the one above it is seen. */
static void
name_folder(struct lookup *l, struct scope *s, const char *path)
{
	struct place *place = scope_place_of_folder(s, path);
	size_t len = strlen(path);
	bool has_slash = len > 1 && path[len - 1] == '/';
	char *name = has_slash ? xstrndup(path, len - 1) : xstrdup(path);

	scope_go(s, l->folders, place);
	if (place->result == ERR_MISSING && !has_slash) {
		char *above = name_above(name);

		free(name);
		name = above;
		place = scope_place_of_folder(s, name);
		scope_go(s, l->folders, place);
	}
	if (place->result == OK)
		naming_see(l->naming, place->end->folder, name);
	free(name);
}

/* Clang has named all folders of the command, and of its own, before it reads anything. */
static void
name_all_folders(struct lookup *l, struct scope *s)
{
	const struct search *search = s->search;

	for (size_t i = 0; i < search->named_count; i++)
		name_folder(l, s, search->named[i]);
	for (size_t i = 0; i < search->count; i++)
		name_folder(l, s, search->folders[i].path);
}

enum err
lookup_begin(struct lookup *l, const struct resolver_scan *scan, struct scope **scope)
{
	struct entry *end = NULL;
	struct ways ways = {0};
	enum err e = walk(l->folders, folders_root(l->folders), scan->cwd, &ways, &end);

	if (e == OK && end->kind != ENTRY_FOLDER)
		e = ERR_MISSING;
	if (e == OK) {
		use_all(l, ways.shown.entries, ways.shown.count);
		pieces_use(l->pieces, end);
		*scope = find_scope(l, scan, end->folder);
		trim(l);
		if (scope_names_by_folder(*scope))
			name_all_folders(l, *scope);
	}
	ways_release(&ways);
	return e;
}

/* A name with folders in it lets clang see each of them, found or not. */
static struct folder *
see_folder(struct search_state *s, const struct place *place, struct folder *from, const char *name)
{
	struct memo *m = s->memo;
	struct ways ways = {0};
	struct entry *end = NULL;
	char *path = xasprintf("%s%s", name[0] != '/' ? place->text : "", name);
	char *above = xstrndup(name, (size_t)(path_base(name) - name));
	enum err e = walk(s->lookup->folders, from, above, &ways, &end);

	free(above);
	above = name_above(path);
	free(path);
	trail_add_all(&s->ways.depends, ways.depends.entries, ways.depends.count);
	ways_release(&ways);
	if (e != OK || end->kind != ENTRY_FOLDER) {
		free(above);
		return NULL;
	}
	m->sights = xrealloc(m->sights, (m->sight_count + 1) * sizeof(*m->sights));
	m->sights[m->sight_count++] = (struct sight){end->folder, above};
	return end->folder;
}

/* Looks for the name in one place, and adds the way. */
static enum err
look_in(struct search_state *s, struct place *place)
{
	const char *name = s->memo->name;
	struct folders *folders = s->lookup->folders;
	struct folder *from = s->scope->folder;
	struct ways ways = {0};
	struct entry *end = NULL;

	if (name[0] != '/') {
		scope_go(s->scope, folders, place);
		trail_add_all(&s->ways.depends, place->ways.depends.entries, place->ways.depends.count);
		if (place->result != OK)
			return place->result;
		from = place->end->folder;
	}
	if (scope_names_by_folder(s->scope))
		s->memo->found_in = see_folder(s, place, from, name);
	enum err e = walk(folders, from, name, &ways, &end);

	if (e == OK && end->kind != ENTRY_FILE)
		e = end->kind == ENTRY_FOLDER ? ERR_MISSING : ERR_DENIED;
	trail_add_all(&s->ways.depends, ways.depends.entries, ways.depends.count);
	if (e == OK) {
		if (name[0] != '/')
			trail_add_all(&s->ways.shown, place->ways.shown.entries, place->ways.shown.count);
		trail_add_all(&s->ways.shown, ways.shown.entries, ways.shown.count);
		s->hit = end;
	}
	ways_release(&ways);
	return e;
}

static bool
is_same_found(const void *item, const void *key)
{
	const struct found *a = item;
	const struct found *b = key;

	return a->entry == b->entry && a->place == b->place && a->where == b->where &&
	       a->is_of_system == b->is_of_system && strcmp(a->name, b->name) == 0;
}

/* gcc spells what it finds in system folders by the physical path where that is shorter. */
static char *
spell(const struct scope *s, const char *prefix, const char *name, const struct found *found)
{
	char *spelling = xasprintf("%s%s", prefix, name);

	if (s->compiler != ARGS_GCC || !found->is_of_system || (s->rules & RESOLVER_KEEP_SPELLING) != 0)
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
find_found(struct scope *s, const struct found *key)
{
	uint64_t hash = table_hash(key->name, strlen(key->name), (uint64_t)(int64_t)key->place);
	struct found *found = table_find(&s->founds, hash, is_same_found, key);

	if (found == NULL) {
		found = xcalloc(1, sizeof(*found));
		*found = *key;
		found->name = xstrdup(key->name);
		found->source.name = found->name;
		found->source.owner = found;
		found->source.is_system = found->is_of_system;
		table_add(&s->founds, hash, found);
	}
	return found;
}

static void
take_hit(struct search_state *s, const struct place *place, int number, bool is_system)
{
	struct found key = {.entry = s->hit, .place = number, .is_of_system = is_system};

	key.where = s->memo->first != NULL ? FOUND_FIRST : FOUND_IN_LIST;
	key.name = spell(s->scope, s->memo->name[0] != '/' ? place->text : "", s->memo->name, &key);
	s->memo->found = find_found(s->scope, &key);
	free(key.name);
}

static enum err
search_list(struct search_state *s)
{
	struct memo *memo = s->memo;
	const struct search *list = s->scope->search;
	enum err e = ERR_MISSING;

	if (memo->first != NULL) {
		e = look_in(s, memo->first);
		if (e == OK)
			take_hit(s, memo->first, memo->first_number, memo->is_first_system);
		return e;
	}
	for (size_t i = memo->index; e == ERR_MISSING && i < list->count; i++) {
		e = look_in(s, s->scope->folders[i]);
		if (e == OK)
			take_hit(s, s->scope->folders[i], (int)i, list->folders[i].is_system);
	}
	return e;
}

/* Searches, and keeps what that depended on. */
static enum err
fill(struct lookup *l, struct scope *scope, struct memo *memo)
{
	struct search_state s = {.lookup = l, .scope = scope, .memo = memo};
	enum err e = search_list(&s);
	const struct trail *depends = &s.ways.depends, *shown = &s.ways.shown;

	memo->time = folders_time(l->folders);
	memo->depend_count = depends->count;
	memo->shown_count = shown->count;
	memo->entries = xmalloc((depends->count + shown->count + 1) * sizeof(struct entry *));
	for (size_t i = 0; i < depends->count; i++)
		memo->entries[i] = depends->entries[i];
	for (size_t i = 0; i < shown->count; i++)
		memo->entries[depends->count + i] = shown->entries[i];
	ways_release(&s.ways);
	return e;
}

/* The first use of a memo in a scan. */
static void
use(struct lookup *l, struct memo *memo)
{
	memo->scan = folders_scan(l->folders);
	for (size_t i = 0; i < memo->sight_count; i++)
		naming_see(l->naming, memo->sights[i].folder, memo->sights[i].name);
	if (memo->found == NULL)
		return;
	if (memo->found_in != NULL)
		naming_see_file(l->naming, memo->found->entry, memo->found_in);
	use_all(l, memo->entries + memo->depend_count, memo->shown_count);
}

static bool
is_memo_of(const void *item, const void *key)
{
	const struct memo *a = item;
	const struct memo *b = key;

	return a->first == b->first && a->index == b->index && a->first_number == b->first_number &&
	       a->is_first_system == b->is_first_system;
}

struct memo_key {
	const struct memo *like;
	const char *name;
};

static bool
is_memo(const void *item, const void *key)
{
	const struct memo_key *k = key;

	return is_memo_of(item, k->like) && strcmp(((const struct memo *)item)->name, k->name) == 0;
}

static uint64_t
memo_hash(const struct memo *like, const char *name, size_t len)
{
	return table_hash(name, len, (uintptr_t)like->first + like->index * 2 + like->is_first_system);
}

static bool
has_held(struct lookup *l, struct memo *memo)
{
	uint64_t doubts = folders_doubts(l->folders);
	bool is_sure = true;

	if (memo->doubts == doubts)
		return true;
	memo->doubts = 0;
	for (size_t i = 0; i < memo->depend_count; i++) {
		if (!folders_has_stayed(l->folders, memo->entries[i], memo->time))
			return false;
		is_sure = is_sure && folders_is_sure(l->folders, memo->entries[i]);
	}
	if (is_sure)
		memo->doubts = doubts;
	return true;
}

/* The memo like that one for name, made or made anew if need be; its result. */
static enum err
find_memo(struct lookup *l, struct scope *scope, const struct memo *like, const char *name, struct memo **found)
{
	size_t len = strlen(name);
	uint64_t hash = memo_hash(like, name, len);
	struct memo *memo = table_find(&scope->memos, hash, is_memo, &(struct memo_key){like, name});

	if (memo != NULL && (memo->scan == folders_scan(l->folders) || has_held(l, memo))) {
		l->counts.hits++;
	} else {
		if (memo != NULL) {
			table_remove(&scope->memos, hash, memo);
			l->counts.memos--;
			memo_free(memo);
		}
		memo = xmalloc(sizeof(*memo) + len + 1);
		*memo = *like;
		memcpy(memo->name, name, len + 1);
		enum err e = fill(l, scope, memo);

		if (e != OK && e != ERR_MISSING) {
			memo_free(memo);
			return e;
		}
		table_add(&scope->memos, hash, memo);
		l->counts.memos++;
	}
	if (memo->scan != folders_scan(l->folders))
		use(l, memo);
	*found = memo;
	return memo->found != NULL ? OK : ERR_MISSING;
}

enum err
lookup_find(struct lookup *l, struct scope *scope, const struct start *start, const char *name, struct found **found)
{
	struct memo like = {0};
	struct memo *memo = NULL;
	enum err e = ERR_MISSING;

	if (start->first != NULL) {
		like.first = start->first;
		like.first_number = start->first_number;
		like.is_first_system = start->is_first_system;
		e = find_memo(l, scope, &like, name, &memo);
		like = (struct memo){0};
	}
	if (e == ERR_MISSING && start->index < scope->search->count) {
		like.index = start->index;
		e = find_memo(l, scope, &like, name, &memo);
	}
	if (e == OK)
		*found = memo->found;
	return e;
}

enum err
lookup_use_folder(struct lookup *l, struct scope *scope, const char *path)
{
	struct place *place = scope_place_of_folder(scope, path);

	scope_go(scope, l->folders, place);
	if (place->result == OK) {
		use_all(l, place->ways.shown.entries, place->ways.shown.count);
		pieces_use(l->pieces, place->end);
	}
	return place->result;
}

void
lookup_count(const struct lookup *l, struct lookup_counts *c)
{
	*c = l->counts;
}
