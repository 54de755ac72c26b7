/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_JAIL_VIEW_H
#define DCC_JAIL_VIEW_H

#include "jail_plan.h"

/*
 * Fits the job's view into a plan that has the toolchain's covers: covers over hidden folders, covers to be merged with
 * the view. ERR_DENIED: the view and this machine contradict each other.
 */
enum err
jail_view_place(const struct jail_job *job, struct jail_plan *p);
/* The name under which the job knows what lies at path: the folder of the job's that is nearest above it. Yours. */
char *
jail_view_name(const struct jail_plan *p, const char *path);

#endif
