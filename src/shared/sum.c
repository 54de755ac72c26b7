/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xxhash.h holds all of the function itself, so no library is loaded when dcc starts. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sum.h"

_Static_assert(sizeof(struct sum) == sizeof(XXH64_state_t), "room for the state");

void
sum_init(struct sum *s)
{
	XXH64_reset((XXH64_state_t *)s->state, 0);
}

void
sum_add(struct sum *s, const void *data, size_t len)
{
	/* XXH64_update wants no NULL, also for no bytes. */
	if (len != 0)
		XXH64_update((XXH64_state_t *)s->state, data, len);
}

uint64_t
sum_value(const struct sum *s)
{
	return XXH64_digest((const XXH64_state_t *)s->state);
}
