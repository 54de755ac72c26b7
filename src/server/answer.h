/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_ANSWER_H
#define DCC_ANSWER_H

#include "job.h"
#include "wire.h"

/* What the native language says of a job that was done: outputs, messages, proof, result. */
struct answer {
	const struct jail_result *result;
	const struct wire_proof *proof;  /* NULL: not in pump mode */
	const struct strv *dependencies; /* names, when they are not the expected ones; else NULL */
};

/* The peer's errors; ERR_SYSTEM, or a refusal that is noted. */
enum err
answer_send(struct job *j, const struct answer *a);

#endif
