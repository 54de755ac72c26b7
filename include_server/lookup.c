/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A search is a row of probes. What the row came to is kept for each search list, as little as that takes: lists are
 * many (the kernel has one per folder), and the probes are theirs in common.
 */
#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "xalloc.h"

/* Answers of this scan that are found without a look at the name's text: three of four questions are repeated. */
#define RECENT_COUNT 2048u

struct recent {
	const char *text;         /* where the question's text stood: a hint, names are mostly interned */
	const struct name *name;
	struct start start;
	struct found *found;      /* NULL: missing */
	uint64_t scan;
};

/* Beyond so many memos, those of the scopes that went unused longest are dropped: about 20 MB. */
#define MEMOS_MAX 200000u

struct memo {
	const struct name *name;
	uint32_t index;           /* of the search folder that was first */
	uint32_t probed;          /* so many places were */
	enum { NAMES_NO_FOLDER, NAMES_FOLDERS } names;
	struct probe *last;       /* the hit's probe; NULL: the name is in none of them */
	struct found *found;
	uint64_t scan;            /* in which it was used */
	uint64_t doubts;          /* as long as there are no more, it holds; 0: the probes have to be asked */
};

struct lookup {
	struct folders *folders;
	struct pieces *pieces;
	struct naming *naming;
	struct places *places;
	struct probes *probes;
	struct table scopes;
	struct recent *recent;
	struct lookup_counts counts;
};

struct lookup *
lookup_new(struct folders *folders, struct pieces *pieces, struct naming *naming)
{
	struct lookup *l = xcalloc(1, sizeof(*l));

	l->folders = folders;
	l->pieces = pieces;
	l->naming = naming;
	l->recent = xcalloc(RECENT_COUNT, sizeof(*l->recent));
	l->places = places_new(folders);
	l->probes = probes_new(folders, l->places, pieces, naming);
	return l;
}

static void
drop_memos(struct lookup *l, struct scope *s)
{
	void *memo;

	for (size_t i = 0; (memo = table_next(&s->memos, &i)) != NULL;)
		free(memo);
	l->counts.memos -= s->memos.count;
	table_release(&s->memos);
}

void
lookup_free(struct lookup *l)
{
	struct scope *s;

	if (l == NULL)
		return;
	for (size_t i = 0; (s = table_next(&l->scopes, &i)) != NULL;) {
		drop_memos(l, s);
		free(s->folders);
		free(s->as);
		free(s);
	}
	table_release(&l->scopes);
	free(l->recent);
	probes_free(l->probes);
	places_free(l->places);
	free(l);
}

/* A scope without memos is small, and stays. */
static void
trim(struct lookup *l)
{
	while (l->counts.memos > MEMOS_MAX) {
		struct scope *oldest = NULL, *s;

		for (size_t i = 0; (s = table_next(&l->scopes, &i)) != NULL;) {
			if (s->memos.count != 0 && (oldest == NULL || s->used < oldest->used))
				oldest = s;
		}
		drop_memos(l, oldest);
	}
}

bool
scope_shortens(const struct scope *s, bool is_system)
{
	return is_system && s->compiler == ARGS_GCC && (s->rules & RESOLVER_KEEP_SPELLING) == 0;
}

static struct scope *
scope_new(struct lookup *l, const struct resolver_scan *scan, struct folder *cwd)
{
	struct scope *s = xcalloc(1, sizeof(*s));
	const struct search *search = scan->search;
	bool is_by_folder = scan->compiler == ARGS_CLANG && (scan->rules & RESOLVER_NAMES_BY_TEXT) == 0;

	s->search = search;
	s->compiler = scan->compiler;
	s->rules = scan->rules;
	s->naming = is_by_folder ? PLACE_BY_FOLDER : PLACE_BY_TEXT;
	s->cwd = cwd;
	s->folders = xcalloc(search->count + 1, sizeof(struct place *));
	s->as = xcalloc(search->count + 1, sizeof(*s->as));
	for (size_t i = 0; i < search->count; i++) {
		bool is_system = search->folders[i].is_system;
		struct place *place = places_find_folder(l->places, cwd, search->folders[i].path, s->naming);

		s->folders[i] = place;
		s->as[i] = (struct found_as){.where = FOUND_IN_LIST, .folder = place, .is_system = is_system};
		s->as[i].is_shortened = scope_shortens(s, is_system);
		for (size_t k = 0; k < i; k++)
			s->as[i].repeat += s->folders[k] == place;
	}
	return s;
}

struct key {
	const struct resolver_scan *scan;
	const struct folder *cwd;
};

static bool
is_scope_of(const void *item, const void *key)
{
	const struct scope *s = item;
	const struct key *k = key;

	return s->search == k->scan->search && s->compiler == k->scan->compiler && s->rules == k->scan->rules &&
	       s->cwd == k->cwd;
}

static struct scope *
find_scope(struct lookup *l, const struct resolver_scan *scan, struct folder *cwd)
{
	struct key key = {scan, cwd};
	uint64_t hash = table_hash(&cwd, sizeof(cwd), scan->search->number * 2 + scan->compiler);
	struct scope *s = table_find(&l->scopes, hash, is_scope_of, &key);

	if (s == NULL) {
		s = scope_new(l, scan, cwd);
		table_add(&l->scopes, hash, s);
	}
	s->used = folders_scan(l->folders);
	return s;
}

struct place *
lookup_place(struct lookup *l, struct scope *scope, const char *text)
{
	return places_find(l->places, scope->cwd, text, scope->naming);
}

enum err
scope_index(const struct scope *scope, const struct found_as *as, size_t *index)
{
	for (size_t i = 0; i < scope->search->count; i++) {
		if (scope->folders[i] == as->folder && scope->as[i].repeat == as->repeat) {
			*index = i;
			return OK;
		}
	}
	return ERR_MISSING;
}

static void
use_all(struct lookup *l, const struct trail *shown)
{
	for (size_t i = 0; i < shown->count; i++)
		pieces_use(l->pieces, shown->entries[i]);
}

/* A folder that is none is tried as a file, so that the one above it is seen. */
static void
name_folder(struct lookup *l, struct scope *s, const char *path)
{
	struct place *place = places_find_folder(l->places, s->cwd, path, s->naming);
	size_t len = strlen(path);
	bool has_slash = len > 1 && path[len - 1] == '/';
	char *name = has_slash ? xstrndup(path, len - 1) : xstrdup(path);

	places_go(l->places, place);
	if (place->result == ERR_MISSING && !has_slash) {
		char *above = naming_above(name);

		free(name);
		name = above;
		place = places_find_folder(l->places, s->cwd, name, s->naming);
		places_go(l->places, place);
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
		use_all(l, &ways.shown);
		pieces_use(l->pieces, end);
		*scope = find_scope(l, scan, end->folder);
		trim(l);
		if ((*scope)->naming == PLACE_BY_FOLDER)
			name_all_folders(l, *scope);
	}
	ways_release(&ways);
	return e;
}

static bool
is_memo_of(const void *item, const void *key)
{
	const struct memo *a = item;
	const struct memo *b = key;

	return a->name == b->name && a->index == b->index;
}

static struct memo *
memo_of(struct lookup *l, struct scope *s, const struct name *name, size_t index)
{
	struct memo key = {.name = name, .index = (uint32_t)index};
	uint64_t hash = name->hash + index * UINT64_C(0x9e3779b97f4a7c15);
	struct memo *memo = table_find(&s->memos, hash, is_memo_of, &key);

	if (memo == NULL) {
		memo = xmalloc(sizeof(*memo));
		*memo = key;
		table_add(&s->memos, hash, memo);
		l->counts.memos++;
	}
	return memo;
}

/* Asks probe after probe. */
static enum err
search(struct lookup *l, struct scope *s, struct memo *memo)
{
	uint64_t doubts = folders_doubts(l->folders);
	bool is_sure = true;
	size_t i = memo->index;

	memo->last = NULL;
	memo->found = NULL;
	memo->doubts = 0;
	memo->names = NAMES_NO_FOLDER;
	while (i < s->search->count && memo->last == NULL) {
		struct probe *probe = NULL;
		enum err e = probes_find(l->probes, s->folders[i], memo->name, &probe);

		if (e != OK)
			return e;
		probes_use(l->probes, probe);
		is_sure = is_sure && probe->doubts == doubts;
		/* A search folder itself was named at the beginning. */
		if (probe->seen != NULL && strchr(memo->name->text, '/') != NULL)
			memo->names = NAMES_FOLDERS;
		if (probe->result == OK) {
			memo->last = probe;
			memo->found = probe_found(probe, &s->as[i]);
		}
		i++;
	}
	memo->probed = (uint32_t)(i - memo->index);
	memo->scan = folders_scan(l->folders);
	if (is_sure)
		memo->doubts = doubts;
	return OK;
}

/* The first use in a scan of what is known to hold. */
static enum err
use(struct lookup *l, struct scope *s, struct memo *memo)
{
	memo->scan = folders_scan(l->folders);
	l->counts.hits++;
	if (memo->names == NAMES_NO_FOLDER) {
		if (memo->last != NULL)
			probes_use(l->probes, memo->last);
		return OK;
	}
	for (size_t i = memo->index; i < memo->index + memo->probed; i++) {
		struct probe *probe = NULL;
		enum err e = probes_find(l->probes, s->folders[i], memo->name, &probe);

		if (e != OK)
			return e;
		probes_use(l->probes, probe);
	}
	return OK;
}

static enum err
find_in_list(struct lookup *l, struct scope *s, const struct name *name, size_t index, struct found **found)
{
	struct memo *memo = memo_of(l, s, name, index);
	enum err e = OK;

	if (memo->scan == folders_scan(l->folders))
		l->counts.hits++;
	else if (memo->doubts == folders_doubts(l->folders))
		e = use(l, s, memo);
	else
		e = search(l, s, memo);
	if (e != OK)
		return e;
	*found = memo->found;
	return memo->found != NULL ? OK : ERR_MISSING;
}

static enum err
find_anew(struct lookup *l, struct scope *scope, const struct start *start, const struct name *name, struct found **found)
{
	if (start->first != NULL) {
		struct probe *probe = NULL;
		enum err e = probes_find(l->probes, start->first, name, &probe);

		if (e != OK)
			return e;
		probes_use(l->probes, probe);
		if (probe->result == OK) {
			l->counts.hits += probe->filled != folders_scan(l->folders);
			*found = probe_found(probe, &start->first_as);
			return OK;
		}
	}
	if (start->index >= scope->search->count)
		return ERR_MISSING;
	return find_in_list(l, scope, name, start->index, found);
}

static bool
is_same_start(const struct start *a, const struct start *b)
{
	return a->first == b->first && a->index == b->index && found_as_is_same(&a->first_as, &b->first_as);
}

static struct recent *
recent_of(struct lookup *l, const char *text, const struct start *start)
{
	uint64_t h = (uintptr_t)text * UINT64_C(0x9e3779b97f4a7c15) ^ (uintptr_t)start->first * UINT64_C(0xff51afd7ed558ccd);

	h += start->index * UINT64_C(0xd6e8feb86659fd93);
	return &l->recent[(h >> 40) % RECENT_COUNT];
}

enum err
lookup_find(struct lookup *l, struct scope *scope, const struct start *start, const char *text, struct found **found)
{
	struct recent *recent = recent_of(l, text, start);
	uint64_t scan = folders_scan(l->folders);

	if (recent->scan == scan && recent->text == text && is_same_start(&recent->start, start) &&
	    strcmp(recent->name->text, text) == 0) {
		l->counts.hits++;
		*found = recent->found;
		return recent->found != NULL ? OK : ERR_MISSING;
	}
	const struct name *name = probes_name(l->probes, text);
	enum err e = find_anew(l, scope, start, name, found);

	if (e == OK || e == ERR_MISSING)
		*recent = (struct recent){text, name, *start, e == OK ? *found : NULL, scan};
	return e;
}

enum err
lookup_use_folder(struct lookup *l, struct scope *scope, const char *path)
{
	struct place *place = places_find_folder(l->places, scope->cwd, path, scope->naming);

	places_go(l->places, place);
	if (place->result == OK) {
		use_all(l, &place->ways.shown);
		pieces_use(l->pieces, place->end);
	}
	return place->result;
}

void
lookup_count(const struct lookup *l, struct lookup_counts *c)
{
	*c = l->counts;
	c->probes = probes_count(l->probes);
}
