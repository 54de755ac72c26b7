/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A probe holds for as long as each entry stays that it came across: an absent one, links, the hit itself. As long as
 * no report has put any entry in doubt they need not be looked at, if all of them are reported.
 */
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "probe.h"
#include "table.h"
#include "xalloc.h"

struct probes {
	struct folders *folders;
	struct places *places;
	struct pieces *pieces;
	struct naming *naming;
	struct table names;
	struct table all;
};

struct probes *
probes_new(struct folders *folders, struct places *places, struct pieces *pieces, struct naming *naming)
{
	struct probes *p = xcalloc(1, sizeof(*p));

	p->folders = folders;
	p->places = places;
	p->pieces = pieces;
	p->naming = naming;
	return p;
}

static void
probe_free(struct probe *probe)
{
	while (probe->founds != NULL) {
		struct found *found = probe->founds;

		probe->founds = found->next;
		free(found->name);
		free(found);
	}
	free(probe->seen_name);
	free(probe->entries);
	free(probe);
}

void
probes_free(struct probes *p)
{
	struct probe *probe;
	void *name;

	if (p == NULL)
		return;
	for (size_t i = 0; (probe = table_next(&p->all, &i)) != NULL;)
		probe_free(probe);
	for (size_t i = 0; (name = table_next(&p->names, &i)) != NULL;)
		free(name);
	table_release(&p->all);
	table_release(&p->names);
	free(p);
}

size_t
probes_count(const struct probes *p)
{
	return p->all.count;
}

static bool
has_text(const void *item, const void *key)
{
	return strcmp(((const struct name *)item)->text, key) == 0;
}

const struct name *
probes_name(struct probes *p, const char *text)
{
	size_t len = strlen(text);
	uint64_t hash = table_hash(text, len, 0);
	struct name *name = table_find(&p->names, hash, has_text, text);

	if (name == NULL) {
		name = xmalloc(sizeof(*name) + len + 1);
		name->hash = hash;
		name->len = len;
		memcpy(name->text, text, len + 1);
		table_add(&p->names, hash, name);
	}
	return name;
}

/* The last component of name is looked for in this folder: clang names it, be it in vain. */
static void
see_folder(struct probes *p, struct probe *probe, struct folder *from, struct ways *ways)
{
	const char *name = probe->name->text;
	struct entry *end = NULL;
	char *path = xasprintf("%s%s", name[0] != '/' ? probe->place->text : "", name);
	char *above = xstrndup(name, (size_t)(path_base(name) - name));
	struct ways way = {0};
	enum err e = walk(p->folders, from, above, &way, &end);

	trail_add_all(&ways->depends, way.depends.entries, way.depends.count);
	ways_release(&way);
	free(above);
	if (e == OK && end->kind == ENTRY_FOLDER) {
		probe->seen = end->folder;
		probe->seen_name = naming_above(path);
	}
	free(path);
}

static enum err
look(struct probes *p, struct probe *probe, struct ways *ways)
{
	struct place *place = probe->place;
	const char *name = probe->name->text;
	struct folder *from = place->from;
	struct entry *end = NULL;

	if (name[0] != '/') {
		places_go(p->places, place);
		trail_add_all(&ways->depends, place->ways.depends.entries, place->ways.depends.count);
		if (place->result != OK)
			return place->result;
		trail_add_all(&ways->shown, place->ways.shown.entries, place->ways.shown.count);
		from = place->end->folder;
	}
	if (place->naming == PLACE_BY_FOLDER)
		see_folder(p, probe, from, ways);
	struct ways way = {0};
	enum err e = walk(p->folders, from, name, &way, &end);

	trail_add_all(&ways->depends, way.depends.entries, way.depends.count);
	trail_add_all(&ways->shown, way.shown.entries, way.shown.count);
	ways_release(&way);
	if (e == OK && end->kind != ENTRY_FILE)
		e = end->kind == ENTRY_FOLDER ? ERR_MISSING : ERR_DENIED;
	if (e == OK)
		probe->hit = end;
	return e;
}

/* Keeps what the result depended on; what is shown matters for a hit alone. */
static void
keep(struct probe *probe, const struct ways *ways)
{
	size_t depends = ways->depends.count, shown = probe->hit != NULL ? ways->shown.count : 0;

	probe->depend_count = depends;
	probe->shown_count = shown;
	probe->entries = xmalloc((depends + shown + 1) * sizeof(struct entry *));
	for (size_t i = 0; i < depends; i++)
		probe->entries[i] = ways->depends.entries[i];
	for (size_t i = 0; i < shown; i++)
		probe->entries[depends + i] = ways->shown.entries[i];
}

static enum err
fill(struct probes *p, struct probe *probe)
{
	struct ways ways = {0};
	bool is_sure = true;

	free(probe->entries);
	free(probe->seen_name);
	probe->entries = NULL;
	probe->seen_name = NULL;
	probe->seen = NULL;
	probe->hit = NULL;
	probe->doubts = 0;
	probe->scan = 0;
	probe->filled = folders_scan(p->folders);
	probe->result = look(p, probe, &ways);
	keep(probe, &ways);
	ways_release(&ways);
	probe->time = folders_time(p->folders);
	for (size_t i = 0; i < probe->depend_count; i++)
		is_sure = is_sure && folders_is_sure(p->folders, probe->entries[i]);
	if (is_sure)
		probe->doubts = folders_doubts(p->folders);
	return probe->result == ERR_MISSING ? OK : probe->result;
}

static bool
has_held(struct probes *p, struct probe *probe)
{
	uint64_t doubts = folders_doubts(p->folders);
	bool is_sure = true;

	if (probe->doubts == doubts || probe->scan == folders_scan(p->folders))
		return true;
	probe->doubts = 0;
	if (probe->result != OK && probe->result != ERR_MISSING)
		return false;
	for (size_t i = 0; i < probe->depend_count; i++) {
		if (!folders_has_stayed(p->folders, probe->entries[i], probe->time))
			return false;
		is_sure = is_sure && folders_is_sure(p->folders, probe->entries[i]);
	}
	if (is_sure)
		probe->doubts = doubts;
	probe->scan = folders_scan(p->folders);
	return true;
}

struct key {
	const struct place *place;
	const struct name *name;
};

static bool
is_of(const void *item, const void *key)
{
	const struct probe *probe = item;
	const struct key *k = key;

	return probe->place == k->place && probe->name == k->name;
}

enum err
probes_find(struct probes *p, struct place *place, const struct name *name, struct probe **found)
{
	struct key key = {place, name};
	uint64_t hash = table_hash(&key, sizeof(key), 0);
	struct probe *probe = table_find(&p->all, hash, is_of, &key);
	enum err e = OK;

	if (probe == NULL) {
		probe = xcalloc(1, sizeof(*probe));
		probe->place = place;
		probe->name = name;
		table_add(&p->all, hash, probe);
		e = fill(p, probe);
	} else if (!has_held(p, probe)) {
		e = fill(p, probe);
	}
	if (e == OK)
		probe->scan = folders_scan(p->folders);
	*found = probe;
	return e;
}

void
probes_use(struct probes *p, struct probe *probe)
{
	if (probe->seen != NULL)
		naming_see(p->naming, probe->seen, probe->seen_name);
	if (probe->result != OK)
		return;
	if (probe->seen != NULL)
		naming_see_file(p->naming, probe->hit, probe->seen);
	for (size_t i = 0; i < probe->shown_count; i++)
		pieces_use(p->pieces, probe->entries[probe->depend_count + i]);
}

/* gcc spells what it finds in system folders by the physical path where that is shorter. */
static char *
spell(const struct probe *probe, const struct found_as *as)
{
	const char *name = probe->name->text;
	char *spelling = xasprintf("%s%s", name[0] != '/' ? probe->place->text : "", name);

	if (!as->is_shortened)
		return spelling;
	char *physical = entry_path(probe->hit);

	if (strlen(physical) < strlen(spelling)) {
		free(spelling);
		return physical;
	}
	free(physical);
	return spelling;
}

bool
found_as_is_same(const struct found_as *a, const struct found_as *b)
{
	return a->where == b->where && a->folder == b->folder && a->repeat == b->repeat &&
	       a->is_system == b->is_system && a->is_shortened == b->is_shortened;
}

struct found *
probe_found(struct probe *probe, const struct found_as *as)
{
	struct found *found = probe->founds;

	while (found != NULL && !(found->entry == probe->hit && found_as_is_same(&found->as, as)))
		found = found->next;
	if (found == NULL) {
		found = xcalloc(1, sizeof(*found));
		found->entry = probe->hit;
		found->as = *as;
		found->name = spell(probe, as);
		found->source.name = found->name;
		found->source.owner = found;
		found->source.is_system = as->is_system;
		found->next = probe->founds;
		probe->founds = found;
	}
	return found;
}
