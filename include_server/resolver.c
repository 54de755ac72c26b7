/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a compiler begins to search. gcc: the folder of the including file by its spelling, then the
 * quote chain, then the bracket chain; #include_next goes on behind the folder where the including
 * file was found, and begins anew for one found in no search folder. clang hands that folder on to what
 * it finds beside the including file.
 */
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "folders.h"
#include "log.h"
#include "lookup.h"
#include "path.h"
#include "resolver.h"
#include "watch.h"
#include "xalloc.h"

/* Memory for programs beyond which those that went unused longest are dropped. */
#define PROGRAMS_MAX ((size_t)48 << 20)
/* Names known of the disk, some 200 bytes each with all that belongs to them, beyond which everything is forgotten. */
#define ENTRIES_MAX 400000u

struct resolver {
	struct symbols *symbols;
	size_t entries_max;
	struct folders *folders;
	struct files *files;
	struct pieces *pieces;
	struct naming *naming;
	struct lookup *lookup;
	struct scope *scope;     /* of this scan; NULL: its cwd cannot be reached */
	enum err scope_error;
	struct resolver_scan scan;
	struct found *main;
	uint64_t finds;
};

static void
start(struct resolver *r)
{
	r->folders = folders_new();
	r->files = files_new(r->folders, r->symbols);
	r->pieces = pieces_new();
	r->naming = naming_new();
	r->lookup = lookup_new(r->folders, r->pieces, r->naming);
}

static void
stop(struct resolver *r)
{
	lookup_free(r->lookup);
	naming_free(r->naming);
	pieces_free(r->pieces);
	files_free(r->files);
	folders_free(r->folders);
}

struct resolver *
resolver_new(struct symbols *symbols)
{
	struct resolver *r = xcalloc(1, sizeof(*r));

	r->symbols = symbols;
	r->entries_max = ENTRIES_MAX;
	start(r);
	return r;
}

void
resolver_free(struct resolver *r)
{
	if (r == NULL)
		return;
	stop(r);
	free(r);
}

void
resolver_limit(struct resolver *r, size_t entries)
{
	r->entries_max = entries;
}

/* Between two scans. The last main file will hardly be wanted again. */
static void
trim(struct resolver *r)
{
	struct folders_counts counts;

	folders_count(r->folders, &counts);
	if (counts.entries > r->entries_max) {
		log_notice("%ju names are known of the disk: forgetting them", (uintmax_t)counts.entries);
		stop(r);
		start(r);
		return;
	}
	if (r->main != NULL && r->main->entry->file != NULL)
		files_drop_program(r->files, r->main->entry->file);
	files_trim(r->files, PROGRAMS_MAX);
}

void
resolver_begin(struct resolver *r, const struct resolver_scan *scan)
{
	trim(r);
	folders_begin(r->folders);
	pieces_begin(r->pieces, folders_scan(r->folders));
	r->scan = *scan;
	r->main = NULL;
	r->scope = NULL;
	naming_begin(r->naming, folders_scan(r->folders));
	r->scope_error = lookup_begin(r->lookup, scan, &r->scope);
}

static uint64_t
once_key(const struct resolver *r, const struct file *file)
{
	uint64_t key;

	if (r->scan.compiler == ARGS_CLANG)
		return (uint64_t)file->device * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)file->inode;
	memcpy(&key, file->digest, sizeof(key));
	return key ^ (uint64_t)(file->modified_ns / 1000000000) * UINT64_C(0x9e3779b97f4a7c15);
}

/* Brings the found file up to date for this scan. */
static enum err
refresh(struct resolver *r, struct found *found, enum find_purpose purpose)
{
	struct file *file;
	enum err e = OK;

	if (found->scan != folders_scan(r->folders)) {
		e = found == r->main ? files_find_surely(r->files, found->entry, &file)
		                     : files_find(r->files, found->entry, &file);
		/* It went between the search and now: that is no answer. */
		if (e != OK)
			return ERR_DENIED;
		found->file = file;
		found->source.program = NULL;
		found->source.once_key = once_key(r, file);
		found->scan = folders_scan(r->folders);
		pieces_use_file(r->pieces, file);
	}
	if (purpose == FIND_TO_ENTER && found->source.program == NULL) {
		e = files_program(r->files, found->entry->file, r->scan.mode, &found->source.program);
		if (e != OK)
			return ERR_DENIED;
	}
	return OK;
}

enum err
resolver_main(struct resolver *r, const char *name, const struct source **found)
{
	struct start start = {.first_number = PLACE_NONE, .index = r->scan.search->count};
	struct found *hit = NULL;

	if (r->scope == NULL)
		return r->scope_error;
	start.first = scope_place(r->scope, "");
	enum err e = lookup_find(r->lookup, r->scope, &start, name, &hit);

	if (e != OK)
		return e;
	r->main = hit;
	e = refresh(r, hit, FIND_TO_ENTER);
	*found = &hit->source;
	return e;
}

const struct piece *
resolver_main_piece(const struct resolver *r)
{
	return r->main != NULL && r->main->file != NULL ? r->main->file->entry->piece : NULL;
}

/* clang up to 16: the name it has for the folder where it met the file, or for the cwd. */
static struct place *
place_by_name(struct resolver *r, const struct found *from)
{
	const struct folder *folder = from != NULL ? naming_folder_of(r->naming, from->entry) : r->scope->folder;
	const char *name = folder != NULL ? naming_of(r->naming, folder) : NULL;
	char *text = xasprintf("%s/", name != NULL ? name : ".");
	struct place *place = scope_place(r->scope, text);

	free(text);
	return place;
}

/* The place beside the including file. */
static struct place *
place_beside(struct resolver *r, const struct found *from)
{
	const char *name = from->name;
	const char *base = path_base(name);

	if (scope_names_by_folder(r->scope))
		return place_by_name(r, from);
	if (base == name)
		return scope_place(r->scope, r->scan.compiler == ARGS_CLANG ? "./" : "");
	char *text = xstrndup(name, (size_t)(base - name));
	struct place *place = scope_place(r->scope, text);

	free(text);
	return place;
}

/* Where the search for a file of the command line begins. */
static struct place *
place_of_cwd(struct resolver *r)
{
	if (!scope_names_by_folder(r->scope))
		return scope_place(r->scope, "./");
	naming_see(r->naming, r->scope->folder, ".");
	return place_by_name(r, NULL);
}

/* Does #include_next go on in the search list, and where? */
static bool
is_next_known(const struct resolver *r, const struct find *f, const struct found *from, size_t *index)
{
	if (!f->is_next || from == NULL || from == r->main || from->place == PLACE_NONE)
		return false;
	*index = from->place == PLACE_CURRENT ? 0 : (size_t)from->place + 1;
	return true;
}

/* ERR_MISSING: there is nowhere to search. */
static enum err
begin_search(struct resolver *r, const struct find *f, struct start *start)
{
	const struct found *from = f->from != NULL ? f->from->owner : NULL;
	bool is_clang = r->scan.compiler == ARGS_CLANG;

	*start = (struct start){.first_number = PLACE_NONE};
	if (f->name[0] == '/') {
		if (is_clang && is_next_known(r, f, from, &start->index))
			return ERR_MISSING;
		start->first = scope_place(r->scope, "");
		start->index = r->scan.search->count;
	} else if (is_next_known(r, f, from, &start->index)) {
		start->first = NULL;
	} else if (f->kind == FIND_ANGLE) {
		/* gcc lets the chain for quotes stand in for an empty one. */
		start->index = r->scan.search->bracket;
		if (!is_clang && start->index == r->scan.search->count)
			start->index = 0;
	} else if (f->kind == FIND_COMMAND_LINE || from == NULL) {
		start->first = place_of_cwd(r);
		start->first_number = is_clang ? PLACE_NONE : PLACE_CURRENT;
	} else {
		start->first = place_beside(r, from);
		start->first_number = !is_clang ? PLACE_CURRENT : from == r->main ? PLACE_NONE : from->place;
	}
	if (start->first != NULL && f->name[0] != '/' && !is_clang)
		start->is_first_system = scope_is_place_system(start->first, folders_scan(r->folders),
		                                               from != NULL && (f->from->is_system || f->from_is_system));
	return OK;
}

/* Clang: what is found by an absolute name stays what it was, and what is found beside a file is what that is. */
static void
set_system(struct resolver *r, const struct find *f, struct found *hit)
{
	const struct found *from = f->from != NULL ? f->from->owner : r->main;

	if (f->from_is_marked && from != NULL)
		naming_set_system(r->naming, from->entry, true);
	bool is_system = naming_is_system(r->naming, hit->entry);

	if (hit->where == FOUND_IN_LIST)
		is_system = r->scan.search->folders[hit->place].is_system;
	else if (f->name[0] != '/')
		is_system = from != NULL && naming_is_system(r->naming, from->entry);
	naming_set_system(r->naming, hit->entry, is_system);
	hit->source.is_system = is_system;
}

enum err
resolver_find(struct resolver *r, const struct find *f, const struct source **found)
{
	struct start start;
	struct found *hit = NULL;

	r->finds++;
	if (r->scope == NULL)
		return r->scope_error;
	enum err e = begin_search(r, f, &start);

	if (e == OK)
		e = lookup_find(r->lookup, r->scope, &start, f->name, &hit);
	if (e == OK && r->scan.compiler == ARGS_CLANG)
		set_system(r, f, hit);
	if (e == OK)
		e = refresh(r, hit, f->purpose);
	if (e == OK)
		*found = &hit->source;
	return e;
}

void
resolver_pieces(struct resolver *r, struct piece *const **pieces, size_t *count)
{
	pieces_get(r->pieces, pieces, count);
}

enum err
resolver_use_folder(struct resolver *r, const char *path)
{
	if (r->scope == NULL)
		return r->scope_error;
	return lookup_use_folder(r->lookup, r->scope, path);
}

enum err
resolver_read_piece(struct resolver *r, const struct piece *p, char **data, size_t *len)
{
	if (p->entry.type != MANIFEST_FILE)
		return ERR_MISSING;
	return files_read(r->files, p->path, p->entry.digest, data, len);
}

bool
resolver_is_current(struct resolver *r)
{
	return folders_is_current(r->folders);
}

int
resolver_fd(const struct resolver *r)
{
	return watch_fd(folders_watch(r->folders));
}

void
resolver_hear(struct resolver *r)
{
	folders_hear(r->folders);
}

struct watch *
resolver_watch(const struct resolver *r)
{
	return folders_watch(r->folders);
}

void
resolver_count(const struct resolver *r, struct resolver_counts *c)
{
	struct folders_counts folders;
	struct files_counts files;
	struct lookup_counts lookup;

	folders_count(r->folders, &folders);
	files_count(r->files, &files);
	lookup_count(r->lookup, &lookup);
	*c = (struct resolver_counts){.files = files.files,
	                              .folders = folders.folders,
	                              .watches = folders.watches,
	                              .programs = files.programs,
	                              .bytes = files.bytes,
	                              .memory = files.memory,
	                              .finds = r->finds,
	                              .memo_hits = lookup.hits,
	                              .stats = folders.stats + files.stats,
	                              .reads = files.reads};
}
