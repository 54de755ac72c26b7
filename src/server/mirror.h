/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_MIRROR_H
#define DCC_MIRROR_H

#include "jail.h"
#include "job.h"

/*
 * The files that distcc's pump mode sends with a job: a private folder with them at the client's paths, for this
 * job alone, and the view that a jail shows of it.
 */
struct mirror;

struct mirror *
mirror_new(struct job *j);
/* Removes the folder too. */
void
mirror_free(struct mirror *m);
/* NFIL and all that it counts. What cannot be is noted as a refusal. */
enum err
mirror_read(struct mirror *m);
/* Borrowed; once everything was read. */
const struct jail_view *
mirror_view(const struct mirror *m);

#endif
