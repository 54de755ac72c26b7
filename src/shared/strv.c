/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "strv.h"
#include "xalloc.h"

void
strv_release(struct strv *v)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->items[i]);
	free(v->items);
	*v = (struct strv){0};
}

void
strv_take(struct strv *v, char *s)
{
	if (v->count + 1 >= v->cap) {
		v->cap = v->cap != 0 ? v->cap * 2 : 16;
		v->items = xrealloc(v->items, v->cap * sizeof(*v->items));
	}
	v->items[v->count++] = s;
	v->items[v->count] = NULL;
}

void
strv_add(struct strv *v, const char *s)
{
	strv_take(v, xstrdup(s));
}

void
strv_add_all(struct strv *v, char *const items[])
{
	for (; *items != NULL; items++)
		strv_add(v, *items);
}

void
strv_set(struct strv *v, size_t i, const char *s)
{
	char *old = v->items[i];

	v->items[i] = xstrdup(s);
	free(old);
}

void
strv_remove(struct strv *v, size_t i)
{
	free(v->items[i]);
	memmove(&v->items[i], &v->items[i + 1], (v->count - i) * sizeof(*v->items));
	v->count--;
}

bool
strv_has(const struct strv *v, const char *s)
{
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->items[i], s) == 0)
			return true;
	return false;
}
