/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_OUTCOME_H
#define DCC_OUTCOME_H

#include "reason.h"

/* How a job ended, for who counts: one line appended to the file that DCC_OUTCOMES names. Starts as {0}. */
enum outcome_way { OUTCOME_NONE, OUTCOME_PUMP, OUTCOME_PLAIN, OUTCOME_DISTCC, OUTCOME_HERE, OUTCOME_FAILED };

struct outcome {
	enum outcome_way way;
	enum reason why;  /* HERE, FAILED: why not away; PLAIN, DISTCC: why not in pump mode, or REASON_NONE */
	char word[64];    /* the include server's word for that, or "" */
};

/* detail (may be NULL): its first word counts. */
void
outcome_set(struct outcome *o, enum outcome_way way, enum reason why, const char *detail);
/* "WAY REASON EXIT SOURCE"; does nothing without DCC_OUTCOMES. */
void
outcome_save(const struct outcome *o, const char *source, int exit_code);

#endif
