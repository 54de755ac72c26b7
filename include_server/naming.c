/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "naming.h"
#include "path.h"
#include "table.h"
#include "xalloc.h"

/* Of a folder: its name. Of a file: the rest. */
struct meeting {
	const void *what;
	uint64_t scan;
	char *name;
	struct folder *in;
	bool is_system;
};

struct naming {
	struct table meetings;
	uint64_t scan;
};

char *
naming_above(const char *path)
{
	size_t len = (size_t)(path_base(path) - path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return len != 0 ? xstrndup(path, len) : xstrdup(".");
}

struct naming *
naming_new(void)
{
	return xcalloc(1, sizeof(struct naming));
}

void
naming_free(struct naming *n)
{
	struct meeting *m;

	if (n == NULL)
		return;
	for (size_t i = 0; (m = table_next(&n->meetings, &i)) != NULL;) {
		free(m->name);
		free(m);
	}
	table_release(&n->meetings);
	free(n);
}

void
naming_begin(struct naming *n, uint64_t scan)
{
	n->scan = scan;
}

static bool
is_about(const void *item, const void *key)
{
	return ((const struct meeting *)item)->what == key;
}

static struct meeting *
find(const struct naming *n, const void *what)
{
	return table_find(&n->meetings, table_hash(&what, sizeof(what), 0), is_about, what);
}

/* A meeting of this scan, perhaps the first: then it is empty but for an old name. */
static struct meeting *
meet(struct naming *n, const void *what, bool *is_first)
{
	struct meeting *m = find(n, what);

	if (m == NULL) {
		m = xcalloc(1, sizeof(*m));
		m->what = what;
		table_add(&n->meetings, table_hash(&what, sizeof(what), 0), m);
	}
	*is_first = m->scan != n->scan;
	if (*is_first) {
		m->scan = n->scan;
		m->in = NULL;
		m->is_system = false;
	}
	return m;
}

void
naming_see(struct naming *n, const struct folder *folder, const char *name)
{
	bool is_first;
	struct meeting *m = meet(n, folder, &is_first);

	if (!is_first || (m->name != NULL && strcmp(m->name, name) == 0))
		return;
	free(m->name);
	m->name = xstrdup(name);
}

const char *
naming_of(const struct naming *n, const struct folder *folder)
{
	const struct meeting *m = find(n, folder);

	return m != NULL && m->scan == n->scan ? m->name : NULL;
}

void
naming_see_file(struct naming *n, const struct entry *file, struct folder *in)
{
	bool is_first;
	struct meeting *m = meet(n, file, &is_first);

	if (m->in == NULL)
		m->in = in;
}

struct folder *
naming_folder_of(const struct naming *n, const struct entry *file)
{
	const struct meeting *m = find(n, file);

	return m != NULL && m->scan == n->scan ? m->in : NULL;
}

void
naming_set_system(struct naming *n, const struct entry *file, bool is_system)
{
	bool is_first;

	meet(n, file, &is_first)->is_system = is_system;
}

bool
naming_is_system(const struct naming *n, const struct entry *file)
{
	const struct meeting *m = find(n, file);

	return m != NULL && m->scan == n->scan && m->is_system;
}
