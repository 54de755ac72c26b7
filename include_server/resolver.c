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

/* Some 200 bytes for each name, with all that belongs to it. */
static const struct resolver_limits usual_limits = {.names = 400000, .programs = (size_t)48 << 20};

struct resolver {
	struct symbols *symbols;
	struct resolver_limits limits;
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
	r->limits = usual_limits;
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
resolver_limit(struct resolver *r, const struct resolver_limits *limits)
{
	r->limits = *limits;
}

/* Between two scans. The last main file will hardly be wanted again. */
static void
trim(struct resolver *r)
{
	struct folders_counts counts;
	struct lookup_counts lookup;

	folders_count(r->folders, &counts);
	lookup_count(r->lookup, &lookup);
	if (counts.entries + lookup.probes > r->limits.names) {
		log_notice("%ju names are known of the disk: forgetting them", (uintmax_t)counts.entries);
		stop(r);
		start(r);
		return;
	}
	if (r->main != NULL && r->main->entry->file != NULL)
		files_drop_program(r->files, r->main->entry->file);
	files_trim(r->files, r->limits.programs);
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

/* What was known of it in another scan: does it hold? */
static bool
is_up_to_date(const struct resolver *r, const struct found *found)
{
	return found->stamp == files_stamp(r->files) && found->mode == r->scan.mode &&
	       found->compiler == r->scan.compiler && found != r->main;
}

/* The file as it is in this scan. */
static enum err
renew(struct resolver *r, struct found *found)
{
	struct file *file;
	enum err e = found == r->main ? files_find_surely(r->files, found->entry, &file)
	                              : files_find(r->files, found->entry, &file);

	/* It went between the search and now: that is no answer. */
	if (e != OK)
		return ERR_DENIED;
	found->file = file;
	found->source.program = NULL;
	found->source.once_key = once_key(r, file);
	found->mode = r->scan.mode;
	found->compiler = r->scan.compiler;
	found->stamp = 0;
	return OK;
}

static enum err
take_program(struct resolver *r, struct found *found)
{
	struct files_wish wish = {r->scan.mode, found == r->main ? FILES_MAIN : FILES_HEADER};
	struct file *file = found->entry->file;

	if (files_program(r->files, file, wish, &found->source.program) != OK)
		return ERR_DENIED;
	if (found != r->main && files_is_reported(r->files, file))
		found->stamp = files_stamp(r->files);
	return OK;
}

/* Brings the found file up to date for this scan. */
static enum err
refresh(struct resolver *r, struct found *found, enum find_purpose purpose)
{
	if (found->scan != folders_scan(r->folders)) {
		enum err e = is_up_to_date(r, found) ? OK : renew(r, found);

		if (e != OK)
			return e;
		found->scan = folders_scan(r->folders);
		pieces_use_file(r->pieces, found->file);
	}
	if (purpose == FIND_TO_ENTER && found->source.program == NULL)
		return take_program(r, found);
	return OK;
}

/* The place where an absolute name, or the main file's, is looked up. */
static void
begin_by_name(struct resolver *r, struct start *start)
{
	start->first = lookup_place(r->lookup, r->scope, "");
	start->first_as = (struct found_as){.where = FOUND_BY_NAME};
	start->index = r->scan.search->count;
}

enum err
resolver_main(struct resolver *r, const char *name, const struct source **found)
{
	struct start start = {0};
	struct found *hit = NULL;

	if (r->scope == NULL)
		return r->scope_error;
	begin_by_name(r, &start);
	enum err e = lookup_find(r->lookup, r->scope, &start, name, &hit);

	if (e != OK)
		return e;
	r->main = hit;
	e = refresh(r, hit, FIND_TO_ENTER);
	*found = &hit->source;
	return e;
}

enum err
resolver_use_file(struct resolver *r, const char *name)
{
	struct start start = {0};
	struct found *hit = NULL;

	if (r->scope == NULL)
		return r->scope_error;
	begin_by_name(r, &start);
	enum err e = lookup_find(r->lookup, r->scope, &start, name, &hit);

	return e == OK ? refresh(r, hit, FIND_TO_PROBE) : e;
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
	const struct folder *folder = from != NULL ? naming_folder_of(r->naming, from->entry) : r->scope->cwd;
	const char *name = folder != NULL ? naming_of(r->naming, folder) : NULL;
	char *text = xasprintf("%s/", name != NULL ? name : ".");
	struct place *place = lookup_place(r->lookup, r->scope, text);

	free(text);
	return place;
}

/* The place beside the including file. */
static struct place *
place_beside(struct resolver *r, struct found *from)
{
	const char *base = path_base(from->name);

	if (r->scope->naming == PLACE_BY_FOLDER)
		return place_by_name(r, from);
	if (base == from->name && r->scan.compiler == ARGS_CLANG)
		return lookup_place(r->lookup, r->scope, "./");
	if (from->beside == NULL) {
		char *text = xstrndup(from->name, (size_t)(base - from->name));

		from->beside = lookup_place(r->lookup, r->scope, text);
		free(text);
	}
	return from->beside;
}

/* Where the search for a file of the command line begins. */
static struct place *
place_of_cwd(struct resolver *r)
{
	if (r->scope->naming == PLACE_BY_TEXT)
		return lookup_place(r->lookup, r->scope, "./");
	naming_see(r->naming, r->scope->cwd, ".");
	return place_by_name(r, NULL);
}

/* Does #include_next go on in the search list, and where? */
static bool
is_next_known(const struct resolver *r, const struct find *f, const struct found *from, size_t *index)
{
	size_t at = 0;

	if (!f->is_next || from == NULL || from == r->main || from->as.where == FOUND_BY_NAME)
		return false;
	if (from->as.where == FOUND_BESIDE && r->scan.compiler == ARGS_GCC) {
		*index = 0;
		return true;
	}
	if (scope_index(r->scope, &from->as, &at) != OK)
		return false;
	*index = at + 1;
	return true;
}

/* gcc: whether the including file is a system header matters to what lies beside it. */
static void
set_first_system(struct resolver *r, const struct find *f, struct start *start)
{
	bool is_system = f->from != NULL && (f->from->is_system || f->from_is_system);

	is_system = place_is_system(start->first, folders_scan(r->folders), is_system);
	start->first_as.is_system = is_system;
	start->first_as.is_shortened = scope_shortens(r->scope, is_system);
}

/* Beside the including file, or in the cwd for the command line. clang: the place in the search list is handed on. */
static void
begin_beside(struct resolver *r, const struct find *f, struct found *from, struct start *start)
{
	bool is_command_line = f->kind == FIND_COMMAND_LINE || from == NULL;

	start->first = is_command_line ? place_of_cwd(r) : place_beside(r, from);
	start->first_as = (struct found_as){.where = FOUND_BESIDE};
	if (r->scan.compiler == ARGS_GCC) {
		set_first_system(r, f, start);
	} else if (!is_command_line) {
		start->first_as.folder = from->as.folder;
		start->first_as.repeat = from->as.repeat;
	}
}

/* ERR_MISSING: there is nowhere to search. */
static enum err
begin_search(struct resolver *r, const struct find *f, struct start *start)
{
	struct found *from = f->from != NULL ? f->from->owner : NULL;
	bool is_clang = r->scan.compiler == ARGS_CLANG;

	*start = (struct start){0};
	if (f->name[0] == '/') {
		if (is_clang && is_next_known(r, f, from, &start->index))
			return ERR_MISSING;
		begin_by_name(r, start);
	} else if (is_next_known(r, f, from, &start->index)) {
		start->first = NULL;
	} else if (f->kind == FIND_ANGLE) {
		/* gcc lets the chain for quotes stand in for an empty one. */
		start->index = r->scan.search->bracket;
		if (!is_clang && start->index == r->scan.search->count)
			start->index = 0;
	} else {
		begin_beside(r, f, from, start);
	}
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

	if (hit->as.where == FOUND_IN_LIST)
		is_system = hit->as.is_system;
	else if (hit->as.where == FOUND_BESIDE)
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
