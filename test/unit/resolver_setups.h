/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Included behind resolver_tree.h, by the tests of changes. */
#ifndef RESOLVER_SETUPS_H
#define RESOLVER_SETUPS_H

/* The three ways in which a tree is watched: as always, on a file system that is not trusted to report, with few watches. */
#define FEW_WATCHES 3

static inline int
setup_watched(void **state)
{
	return tree_setup(state);
}

static inline int
setup_distrusted(void **state)
{
	struct statfs st;

	tree_setup(state);
	struct tree *t = *state;

	assert_int_equal(statfs(".", &st), 0);
	watch_distrust(resolver_watch(t->resolver), (long)st.f_type);
	return 0;
}

static inline int
setup_limited(void **state)
{
	tree_setup(state);
	struct tree *t = *state;

	watch_limit(resolver_watch(t->resolver), FEW_WATCHES);
	return 0;
}

#define SCAN(t, ...) \
	do { \
		assert_int_equal(tree_scan(t, "a.c"), OK); \
		EXPECT(t, __VA_ARGS__); \
	} while (0)

#define IN(f, how) {#how ": " #f, f, setup_##how, tree_teardown, NULL}
#define EACH(f) IN(f, watched), IN(f, distrusted), IN(f, limited)

#endif
