/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_VIEW_H
#define DCC_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "manifest.h"
#include "strv.h"

/*
 * The files that one pump-mode job may see, put together from its manifest and catalogue, and proven to be a
 * tree: no path twice, nothing below a file or a link. Pure.
 */
struct view {
	const struct manifest_entry **entries; /* by path; borrowed from manifest and catalogue */
	uint32_t *numbers;                     /* of each, as Want counts */
	size_t count;
};

/* catalogue: the manifest's, or NULL. ERR_PROTOCOL: an index that it lacks, or no tree. ERR_LIMIT. */
enum err
view_init(struct view *v, const struct manifest *m, const struct manifest_entry *catalogue, size_t count);
void
view_release(struct view *v);
/* NULL: no entry has this path (a folder above one may). */
const struct manifest_entry *
view_find(const struct view *v, const char *path);
/* Index of the first entry below this folder; where there is none, of some other entry, or count. */
size_t
view_first_below(const struct view *v, const char *folder);
bool
view_has_below(const struct view *v, const char *folder);
/* All folders, those above entries too, sorted: each stands before what is below it. */
void
view_folders(const struct manifest_entry *const *entries, size_t count, struct strv *folders);
/*
 * Where path (relative to cwd, or absolute) leads: absolute, without a link of the view on the way. What is not
 * in the view counts as a folder. NULL: the links go round. Yours.
 */
char *
view_resolve(const struct view *v, const char *cwd, const char *path);

#endif
