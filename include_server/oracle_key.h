/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_ORACLE_KEY_H
#define DCC_ORACLE_KEY_H

#include "identity.h"
#include "oracle.h"

/* What a request means to the oracle: keys and words. */

/* A variable that is set and that pump mode does not model, or NULL; static. */
const char *
oracle_key_refused_variable(const struct strv *env);
/* All that macros and answers may depend on; yours. */
char *
oracle_key_dialect(const struct oracle_request *q, const struct identity *compiler);
/* All that the search list may depend on, the disk apart; yours. */
char *
oracle_key_list(const struct oracle_request *q, const char *dialect);

/* The command that asks, and its environment; path is our own PATH. */
void
oracle_key_command(const struct oracle_request *q, struct strv *argv);
/* The command that shows (-###) what the compiler would do. */
void
oracle_key_show_command(const struct oracle_request *q, struct strv *argv);
void
oracle_key_environment(const struct oracle_request *q, struct strv *env);
/* The folders of -I and CPATH, and all that are named, in clang's order; spelled as in struct args_search. */
void
oracle_key_user_folders(const struct oracle_request *q, struct strv *out);
void
oracle_key_named_folders(const struct oracle_request *q, struct strv *out);

#endif
