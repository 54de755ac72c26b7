/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "seen.h"

static void
flags_last_until_the_next_beginning(void **state)
{
	struct seen s = {0};

	(void)state;
	seen_begin(&s);
	*seen_flags(&s, 7) |= SEEN_ONCE;
	assert_int_equal(*seen_flags(&s, 7), SEEN_ONCE);
	assert_int_equal(*seen_flags(&s, 8), 0);
	seen_begin(&s);
	assert_int_equal(*seen_flags(&s, 7), 0);
	seen_release(&s);
}

static void
another_name_is_noted(void **state)
{
	char again[] = "a";
	struct seen s = {0};

	(void)state;
	seen_begin(&s);
	seen_name(&s, 7, "a");
	seen_name(&s, 7, again);
	assert_int_equal(*seen_flags(&s, 7), 0);
	seen_name(&s, 7, "b");
	assert_int_equal(*seen_flags(&s, 7), SEEN_RENAMED);
	seen_begin(&s);
	seen_name(&s, 7, "b");
	assert_int_equal(*seen_flags(&s, 7), 0);
	seen_release(&s);
}

static void
ten_thousand_keys_are_kept_apart(void **state)
{
	struct seen s = {0};

	(void)state;
	for (int round = 0; round < 2; round++) {
		seen_begin(&s);
		for (uint64_t key = 0; key < 10000; key++)
			*seen_flags(&s, key << 20) = (uint32_t)key;
		for (uint64_t key = 0; key < 10000; key++)
			assert_int_equal(*seen_flags(&s, key << 20), key);
	}
	seen_release(&s);
}

static void
an_old_mark_is_not_new_after_all_epochs(void **state)
{
	struct seen s = {0};

	(void)state;
	seen_begin(&s);
	*seen_flags(&s, 7) = SEEN_ONCE;
	s.epoch = UINT32_MAX;
	seen_begin(&s);
	assert_int_equal(*seen_flags(&s, 7), 0);
	seen_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_last_until_the_next_beginning),
		cmocka_unit_test(another_name_is_noted),
		cmocka_unit_test(ten_thousand_keys_are_kept_apart),
		cmocka_unit_test(an_old_mark_is_not_new_after_all_epochs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
