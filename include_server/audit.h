/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_AUDIT_H
#define DCC_AUDIT_H

#include <stdbool.h>

#include "buffer.h"
#include "scan.h"
#include "strv.h"

/*
 * A sample of the scans, compared with what the real compiler reads: "-MD -fsyntax-only", one child at a
 * time, at idle priority. A difference ends pump mode for all commands with such options.
 */
struct audit;

/* dir: where the options that were found right are remembered, and the child may write. */
struct audit *
audit_new(const char *dir);
/* Kills the child. */
void
audit_free(struct audit *a);
/* Were this command's options found wrong? */
bool
audit_forbids(const struct audit *a, const struct scan_request *q);
/* Surely, or only the first command with its options and one in a thousand? */
enum audit_choice { AUDIT_SAMPLE, AUDIT_SURELY };
/* A scan was made. What is needed later is copied. */
void
audit_note(struct audit *a, enum audit_choice choice, const struct scan_request *q,
           const struct strv *names);
/* Starts the next child, if none runs and one is due. */
void
audit_start(struct audit *a);
/*
 * Has the child ended well? Then *predicted and *names (yours) are to be compared, and *q (borrowed) is the command that
 * audit_finish will judge.
 */
bool
audit_reap(struct audit *a, const struct scan_request **q, struct strv *predicted, struct strv *names);
enum audit_verdict { AUDIT_RIGHT, AUDIT_WRONG };
void
audit_finish(struct audit *a, enum audit_verdict verdict);
/* All that is needed to see it again. */
void
audit_log_difference(const struct scan_request *q, const struct buffer *differences);

#endif
