/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A language's digest is SHA-256 over its name and the sorted facts "ROLE DIGEST" of the files that work for
 * it. Paths do not count: the same compiler may live in another folder on the volunteer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "identify.h"
#include "log.h"
#include "strv.h"
#include "xalloc.h"

static enum err
hash_one(struct identity_file *f)
{
	struct identity_stamp after_hash;
	char hex[HASH_HEX_SIZE];
	enum err e = identity_stamp_file(f->path, &f->stamp);

	if (e == OK && strcmp(f->role, "system") != 0) {
		e = hash_file(f->path, hex);
		if (e == OK)
			f->digest = xstrdup(hex);
	}
	if (e == OK)
		e = identity_stamp_file(f->path, &after_hash);
	if (e != OK) {
		log_warning("cannot read %s: %s", f->path, strerror(errno));
	} else if (memcmp(&f->stamp, &after_hash, sizeof(after_hash)) != 0) {
		log_warning("%s changed while it was read", f->path);
		e = ERR_SYSTEM;
	}
	return e;
}

static int
compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *
digest_language(const struct identity *id, enum identity_language language)
{
	struct hash *h = hash_new();
	struct strv facts = {0};
	char hex[HASH_HEX_SIZE];

	for (size_t i = 0; i < id->file_count; i++)
		if (id->files[i].digest != NULL && (id->files[i].languages & (1U << language)) != 0)
			strv_take(&facts, xasprintf("%s %s", id->files[i].role, id->files[i].digest));
	if (facts.count > 0)
		qsort(facts.items, facts.count, sizeof(*facts.items), compare_strings);
	const char *name = identity_language_name(language);

	hash_add_field(h, name, strlen(name));
	for (size_t i = 0; i < facts.count; i++)
		if (i == 0 || strcmp(facts.items[i - 1], facts.items[i]) != 0)
			hash_add_field(h, facts.items[i], strlen(facts.items[i]));
	hash_finish(h, hex);
	strv_release(&facts);
	return xstrdup(hex);
}

static bool
has_role(const struct identity *id, const char *role, enum identity_language language)
{
	for (size_t i = 0; i < id->file_count; i++)
		if (strcmp(id->files[i].role, role) == 0 && (id->files[i].languages & (1U << language)) != 0)
			return true;
	return false;
}

enum err
identify_digest(struct identity *id)
{
	bool has_any = false;

	for (size_t i = 0; i < id->file_count; i++) {
		enum err e = hash_one(&id->files[i]);

		if (e != OK)
			return e;
	}
	for (size_t i = 0; i < IDENTITY_LANGUAGES; i++) {
		enum identity_language language = (enum identity_language)i;

		if (id->compiler == ARGS_CLANG || (has_role(id, "compiler", language) && has_role(id, "as", language))) {
			id->digest[i] = digest_language(id, language);
			has_any = true;
		}
	}
	if (!has_any)
		log_warning("%s has no compiler proper, or no assembler", id->asked);
	return has_any ? OK : ERR_USAGE;
}
