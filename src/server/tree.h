/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TREE_H
#define DCC_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "store.h"
#include "view.h"
#include "wire.h"

/*
 * A view on the disk: a folder that has exactly its entries, as hard links into the store. It is this job's alone
 * until it is closed; then it stays, and the client's next job makes it its own by the difference.
 */
struct tree;

/* v and s stay borrowed. ERR_SYSTEM is logged. */
enum err
tree_open(struct store *s, const struct view *v, struct tree **t);
void
tree_close(struct tree *t);
/*
 * Brings it to what the view says. ERR_MISSING: *missing (yours) has the numbers of files whose bytes the store lacks; once
 * they are there, call it again. ERR_DENIED: names that cannot be made here. ERR_SYSTEM with errno; logged.
 */
enum err
tree_fill(struct tree *t, struct wire_want *missing);
/* The folder that stands for the client's root, absolute; borrowed. */
const char *
tree_root(const struct tree *t);

#endif
