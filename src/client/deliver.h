/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_DELIVER_H
#define DCC_DELIVER_H

#include <stdbool.h>

#include "args.h"
#include "reason.h"
#include "talk.h"

/*
 * Places the outputs of a finished job and prints what cpp here and the compiler there had to say, as one
 * compile would have. REASON_NONE, or why the job has to be done here after all; then nothing was shown.
 */
enum reason
deliver_result(const struct args *a, enum args_compiler compiler, struct talk_result *r);
/* Did the volunteer's compiler write to stderr? */
bool
deliver_has_messages(const struct talk_result *r);
/*
 * Would gcc have made links of the options' names in the messages, as it does for most terminals? An option that asks
 * for them elsewhere would stand in debug information.
 */
bool
deliver_lacks_links(const struct args *a, const struct talk_result *r);
/*
 * After a job with ARGS_FORM_DIRECTIVES or ARGS_FORM_AS_IS: would the bare compiler have quoted lines of files that the volunteer did
 * not have (gcc reads headers again for that), or counted lines of its own text that differ there (clang's <built-in>)?
 */
bool
deliver_lacks_lines(const struct talk_result *r, enum args_compiler compiler, const char *source);
/* Would the bare compiler have fitted its messages to the width of the terminal that our stderr is? */
bool
deliver_is_too_wide(const struct talk_result *r);

/* Would the compiler show colours on our stderr? */
bool
deliver_has_colours(enum args_compiler compiler);

#endif
