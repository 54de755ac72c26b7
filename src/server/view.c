/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "path.h"
#include "view.h"
#include "xalloc.h"

#define HOPS_MAX 40

struct numbered {
	const struct manifest_entry *entry;
	uint32_t number;
};

static int
compare(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	return strcmp(x->entry->path, y->entry->path);
}

/* The first entry whose path is not before this one. */
static size_t
lower_bound(const struct view *v, const char *path)
{
	size_t low = 0, high = v->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(v->entries[middle]->path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct manifest_entry *
view_find(const struct view *v, const char *path)
{
	size_t i = lower_bound(v, path);

	return i < v->count && strcmp(v->entries[i]->path, path) == 0 ? v->entries[i] : NULL;
}

size_t
view_first_below(const struct view *v, const char *folder)
{
	char *prefix = strcmp(folder, "/") == 0 ? xstrdup("/") : xasprintf("%s/", folder);
	size_t i = lower_bound(v, prefix);

	free(prefix);
	return i;
}

bool
view_has_below(const struct view *v, const char *folder)
{
	size_t i = view_first_below(v, folder);

	return i < v->count && path_is_below(v->entries[i]->path, folder);
}

/* Bytes of the folders that both paths begin with, the slash behind the last one included. */
static size_t
common_folders(const char *a, const char *b)
{
	size_t common = 1;

	for (size_t i = 1; a[i] == b[i] && a[i] != '\0'; i++)
		if (a[i] == '/')
			common = i + 1;
	return common;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
drop_repeated(struct strv *v)
{
	size_t kept = 0;

	for (size_t i = 0; i < v->count; i++) {
		if (kept != 0 && strcmp(v->items[kept - 1], v->items[i]) == 0)
			free(v->items[i]);
		else
			v->items[kept++] = v->items[i];
	}
	for (size_t i = kept; i < v->count; i++)
		v->items[i] = NULL;
	v->count = kept;
}

void
view_folders(const struct manifest_entry *const *entries, size_t count, struct strv *folders)
{
	for (size_t i = 0; i < count; i++) {
		const char *path = entries[i]->path;
		/* Entries of one folder stand together, so what the last one had above it is known. */
		const char *p = path + (i != 0 ? common_folders(entries[i - 1]->path, path) : 1);

		for (; (p = strchr(p, '/')) != NULL; p++)
			strv_take(folders, xstrndup(path, (size_t)(p - path)));
		if (entries[i]->type == MANIFEST_DIRECTORY)
			strv_add(folders, path);
	}
	if (folders->count != 0)
		qsort(folders->items, folders->count, sizeof(folders->items[0]), compare_names);
	drop_repeated(folders);
}

static enum err
check_tree(const struct view *v)
{
	struct strv folders = {0};
	enum err e = OK;

	for (size_t i = 1; i < v->count; i++)
		if (strcmp(v->entries[i - 1]->path, v->entries[i]->path) == 0)
			return ERR_PROTOCOL;
	view_folders(v->entries, v->count, &folders);
	for (size_t i = 0; i < folders.count; i++) {
		const struct manifest_entry *entry = view_find(v, folders.items[i]);

		if (entry != NULL && entry->type != MANIFEST_DIRECTORY)
			e = ERR_PROTOCOL;
	}
	strv_release(&folders);
	return e;
}

static void
take_sorted(struct view *v, struct numbered *all, size_t count)
{
	if (count != 0)
		qsort(all, count, sizeof(*all), compare);
	v->entries = xcalloc(count, sizeof(const struct manifest_entry *));
	v->numbers = xcalloc(count, sizeof(v->numbers[0]));
	v->count = count;
	for (size_t i = 0; i < count; i++) {
		v->entries[i] = all[i].entry;
		v->numbers[i] = all[i].number;
	}
}

enum err
view_init(struct view *v, const struct manifest *m, const struct manifest_entry *catalogue, size_t count)
{
	size_t total = m->index_count + m->entry_count;

	*v = (struct view){0};
	if (total > MANIFEST_ENTRIES_MAX)
		return ERR_LIMIT;
	if (m->index_count != 0 && m->indexes[m->index_count - 1] >= count)
		return ERR_PROTOCOL;
	struct numbered *all = xcalloc(total, sizeof(*all));

	for (size_t i = 0; i < total; i++) {
		all[i].number = (uint32_t)i + 1;
		all[i].entry = i < m->index_count ? &catalogue[m->indexes[i]] : &m->entries[i - m->index_count];
	}
	take_sorted(v, all, total);
	free(all);
	enum err e = check_tree(v);

	if (e != OK)
		view_release(v);
	return e;
}

void
view_release(struct view *v)
{
	free(v->entries);
	free(v->numbers);
	*v = (struct view){0};
}

/* Cuts the last component off "/a/b"; "" is the root. */
static void
go_up(struct buffer *at)
{
	while (at->len > 0 && at->data[--at->len] != '/')
		;
}

static const struct manifest_entry *
find_link(const struct view *v, struct buffer *at)
{
	buffer_add(at, "", 1);
	at->len--;
	const struct manifest_entry *entry = view_find(v, (const char *)at->data);

	return entry != NULL && entry->type == MANIFEST_LINK ? entry : NULL;
}

char *
view_resolve(const struct view *v, const char *cwd, const char *path)
{
	char *rest = path[0] == '/' ? xstrdup(path) : xasprintf("%s/%s", cwd, path);
	struct buffer at = {0};
	const char *p = rest;

	for (unsigned hops = 0; *(p += strspn(p, "/")) != '\0';) {
		size_t n = strcspn(p, "/");

		if (n == 2 && memcmp(p, "..", 2) == 0) {
			go_up(&at);
		} else if (n != 1 || p[0] != '.') {
			buffer_add(&at, "/", 1);
			buffer_add(&at, p, n);
		}
		p += n;
		const struct manifest_entry *link = at.len != 0 ? find_link(v, &at) : NULL;

		if (link == NULL)
			continue;
		if (++hops > HOPS_MAX) {
			buffer_release(&at);
			free(rest);
			return NULL;
		}
		go_up(&at);
		if (link->target[0] == '/')
			buffer_clear(&at);
		char *next = xasprintf("%s/%s", link->target, p);

		free(rest);
		p = rest = next;
	}
	free(rest);
	if (at.len == 0)
		buffer_add(&at, "/", 1);
	return buffer_take_string(&at);
}
