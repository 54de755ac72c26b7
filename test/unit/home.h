/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TEST_HOME_H
#define DCC_TEST_HOME_H

/* A user's dcc directory that knows this machine's compilers, in which the test stands; for after cmocka.h. */

#include "identify.h"
#include "path.h"
#include "scratch.h"

struct home {
	char *dir;
	char *gcc, *gxx, *clang;
};

static inline char *
home_know(const struct home *h, const char *name)
{
	char *path = identify_find_compiler(name);
	char *dir = path_join(h->dir, "identity");
	struct identity id = {0};

	assert_non_null(path);
	assert_int_equal(identify_compiler(path, NULL, &id), OK);
	assert_int_equal(identity_save(dir, &id), OK);
	identity_release(&id);
	free(dir);
	return path;
}

static inline void
home_make(struct home *h)
{
	h->dir = scratch_make();
	h->gcc = home_know(h, "gcc");
	h->gxx = home_know(h, "g++");
	h->clang = home_know(h, "clang");
}

static inline int
home_remove(struct home *h)
{
	int status = scratch_remove(h->dir);

	free(h->gcc);
	free(h->gxx);
	free(h->clang);
	free(h->dir);
	return status;
}

#endif
