/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SERVE_FILES_H
#define DCC_SERVE_FILES_H

#include "jail.h"
#include "job.h"
#include "manifest.h"
#include "wire.h"

/* What form 4 of the native language adds to a request: a manifest, blobs, and the tree that they become. */
struct files;

struct files *
files_new(struct job *j);
void
files_free(struct files *f);
/* The body of Manifest; once. ERR_PROTOCOL, ERR_LIMIT; what the store lacks is noted as a refusal. */
enum err
files_take_manifest(struct files *f, const struct buffer *body);
/* NULL before it came; borrowed. */
const struct manifest *
files_manifest(const struct files *f);
/* A blob: its name, its bytes, its end. ERR_PROTOCOL: they are not what the name says. */
enum err
files_begin_blob(struct files *f, const char *digest);
enum err
files_add(struct files *f, const void *data, size_t len);
enum err
files_end_blob(struct files *f);
/*
 * All blobs came: makes the tree. ERR_MISSING: *want (yours) says what else is needed; only so many times. The rest is
 * noted as a refusal.
 */
enum err
files_prepare(struct files *f, struct wire_want *want);
/* For the jail, once prepared; borrowed. */
const struct jail_view *
files_view(const struct files *f);

#endif
