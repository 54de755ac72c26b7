/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "oracle_memory.h"
#include "xalloc.h"

struct known_search {
	char *key;
	struct search search;
	struct strv named;
};

static uint64_t
hash_of(const char *key)
{
	return table_hash(key, strlen(key), 0);
}

static bool
is_compiler(const void *item, const void *key)
{
	return strcmp(((const struct known_compiler *)item)->path, key) == 0;
}

static bool
is_dialect(const void *item, const void *key)
{
	return strcmp(((const struct known_dialect *)item)->key, key) == 0;
}

static bool
is_list(const void *item, const void *key)
{
	return strcmp(((const struct known_list *)item)->key, key) == 0;
}

static bool
is_search(const void *item, const void *key)
{
	return strcmp(((const struct known_search *)item)->key, key) == 0;
}

static void
digest_key(const char *kind, const char *key, char record[HASH_HEX_SIZE])
{
	struct hash *h = hash_new();

	hash_add_field(h, kind, strlen(kind));
	hash_add_field(h, key, strlen(key));
	hash_finish(h, record);
}

struct known_compiler *
oracle_memory_compiler(struct oracle_memory *m, char *path)
{
	uint64_t hash = hash_of(path);
	struct known_compiler *c = table_find(&m->compilers, hash, is_compiler, path);

	if (c != NULL) {
		free(path);
		return c;
	}
	c = xcalloc(1, sizeof(*c));
	c->path = path;
	table_add(&m->compilers, hash, c);
	return c;
}

struct known_dialect *
oracle_memory_dialect(struct oracle_memory *m, char *key)
{
	uint64_t hash = hash_of(key);
	struct known_dialect *d = table_find(&m->dialects, hash, is_dialect, key);

	if (d != NULL) {
		free(key);
		return d;
	}
	d = xcalloc(1, sizeof(*d));
	d->key = key;
	digest_key("dialect", key, d->record);
	table_add(&m->dialects, hash, d);
	return d;
}

struct known_list *
oracle_memory_list(struct oracle_memory *m, struct known_dialect *dialect, char *key)
{
	uint64_t hash = hash_of(key);
	struct known_list *l = table_find(&m->lists, hash, is_list, key);

	if (l != NULL) {
		free(key);
		return l;
	}
	l = xcalloc(1, sizeof(*l));
	l->key = key;
	l->dialect = dialect;
	digest_key("list", key, l->record);
	table_add(&m->lists, hash, l);
	return l;
}

const struct search *
oracle_memory_search(struct oracle_memory *m, const struct searched *s, const struct strv *named)
{
	struct buffer text = {0};

	for (size_t i = 0; i < s->count; i++) {
		buffer_add_string(&text, i < s->bracket ? "q" : s->folders[i].is_system ? "s" : "u");
		buffer_add_string(&text, s->folders[i].path);
		buffer_add_string(&text, "\n");
	}
	for (size_t i = 0; i < named->count; i++) {
		buffer_add_string(&text, "n");
		buffer_add_string(&text, named->items[i]);
		buffer_add_string(&text, "\n");
	}
	char *key = buffer_take_string(&text);
	uint64_t hash = hash_of(key);
	struct known_search *k = table_find(&m->searches, hash, is_search, key);

	if (k != NULL) {
		free(key);
		return &k->search;
	}
	k = xcalloc(1, sizeof(*k));
	k->key = key;
	if (named->count > 0)
		strv_add_all(&k->named, named->items);
	k->search = (struct search){.count = s->count, .bracket = s->bracket, .number = ++m->numbers,
	                            .named = (const char *const *)k->named.items, .named_count = k->named.count};
	k->search.folders = xcalloc(s->count + 1, sizeof(*k->search.folders));
	for (size_t i = 0; i < s->count; i++)
		k->search.folders[i] = (struct search_folder){xstrdup(s->folders[i].path), s->folders[i].is_system};
	table_add(&m->searches, hash, k);
	return &k->search;
}

static void
free_search(struct known_search *k)
{
	for (size_t i = 0; i < k->search.count; i++)
		free(k->search.folders[i].path);
	free(k->search.folders);
	strv_release(&k->named);
	free(k->key);
	free(k);
}

static void
free_list(struct known_list *l)
{
	searched_release(&l->searched);
	free(l->detail);
	free(l->key);
	free(l);
}

static void
free_dialect(struct known_dialect *d)
{
	if (d->predefines != NULL)
		program_free(d->predefines);
	dialect_release(&d->said);
	free(d->key);
	free(d);
}

static void
free_compiler(struct known_compiler *c)
{
	identity_release(&c->identity);
	free(c->path);
	free(c);
}

void
oracle_memory_release(struct oracle_memory *m)
{
	void *item;
	size_t at;

	for (at = 0; (item = table_next(&m->lists, &at)) != NULL;)
		free_list(item);
	for (at = 0; (item = table_next(&m->dialects, &at)) != NULL;)
		free_dialect(item);
	for (at = 0; (item = table_next(&m->searches, &at)) != NULL;)
		free_search(item);
	for (at = 0; (item = table_next(&m->compilers, &at)) != NULL;)
		free_compiler(item);
	table_release(&m->lists);
	table_release(&m->dialects);
	table_release(&m->searches);
	table_release(&m->compilers);
	*m = (struct oracle_memory){0};
}
