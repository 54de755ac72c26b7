/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_EXPECTED_H
#define DCC_EXPECTED_H

#include <stdbool.h>

#include "args.h"

/*
 * May a volunteer send this path (absolute, normalised) for the command in a, run in cwd? Its object, the files that options
 * name, and beside it or in cwd those that other options are known to make: with their names and endings alone.
 * Never what would be read as a source, nor the source itself. Pure.
 */
bool
expected_has(const struct args *a, const char *cwd, const char *path);

#endif
