/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_POLICY_H
#define DCC_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "args.h"
#include "reason.h"
#include "strv.h"

/*
 * What this volunteer runs for a stranger, judged from the request alone. Pure. It is a second
 * fence: the jail holds even if everything here is passed.
 */

/*
 * REASON_NONE: the scanned command (args_scan) is one compile without plugins, specs, wrappers or argument files.
 * *word is the option at fault, borrowed from a, or NULL.
 */
enum reason
policy_check_command(const struct args *a, enum args_compiler compiler, const char **word);
/*
 * May it run where no namespaces hide this machine's files? Only on text that is fully preprocessed (nothing is
 * included), and with no word but source and output that could be a path: no dependency file, no dump.
 */
bool
policy_fits_directory(const struct args *a);
/*
 * The variables that a compiler's messages and dates depend on, and for ARGS_FORM_FILES those that name folders of
 * headers; everything else is dropped.
 */
void
policy_filter_env(const struct strv *env, enum args_form form, struct strv *out);

/*
 * Bytes at the end of one piece of text that must be seen again with the next one, so that no pattern falls
 * between two pieces.
 */
#define POLICY_OVERLAP 64u
/*
 * Does the text need what only the client has: a file that the assembler reads, or the time stamp of
 * the source (__TIMESTAMP__)?
 */
bool
policy_needs_client(const char *text, size_t len);
/* Does it hold a pragma that makes the preprocessor look at a file? Only worth asking after a failure. */
bool
policy_has_file_pragma(const char *text, size_t len);
/* Do a failed compiler's messages say that it could not open a file? Headers are the client's trouble, and were found there. */
bool
policy_misses_file(const char *text, size_t len);
/* Do a failed compiler's messages say that this machine, not the program, was at fault? */
bool
policy_is_resource_failure(const char *text, size_t len);

#endif
