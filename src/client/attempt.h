/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_ATTEMPT_H
#define DCC_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "hosts.h"
#include "preprocess.h"
#include "pump.h"
#include "reason.h"
#include "talk.h"
#include "userdir.h"

/* How a job travelled. */
enum attempt_way { ATTEMPT_PUMP, ATTEMPT_PLAIN, ATTEMPT_DISTCC };

/* One job and its tries at volunteers. The pointers are borrowed. */
struct attempt {
	const struct config *config;
	const struct userdir *dirs;
	struct talk_job job;
	int64_t connect_timeout_ms;
	enum pump_mode pump;
	enum reason plain_forbidden; /* why preprocessed text would not do; REASON_NONE: it would */
	bool has_no_pump;            /* decided for this job: no host can take it in pump mode */
	enum reason no_pump_reason;  /* the first reason against pump mode; REASON_NONE: nothing was against it */
	char *no_pump_detail;        /* the include server's word, or NULL */
	struct preprocess cpp;
	enum args_form form;         /* of what was sent last */
	enum attempt_way way;        /* of what was sent last */
};

void
attempt_release(struct attempt *a);
/*
 * One volunteer, in the language that it speaks, both if that is not known yet; in ours first in pump mode, then
 * with preprocessed text.
 */
enum talk_end
attempt_host(struct attempt *a, const struct host *h, struct talk_result *r);
/* Releases the preprocessor: a job that waits for another volunteer must hold no slot here. */
void
attempt_rest(struct attempt *a);

#endif
