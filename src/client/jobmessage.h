/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_JOBMESSAGE_H
#define DCC_JOBMESSAGE_H

#include "args.h"
#include "buffer.h"
#include "talk.h"

/* Appends "DCC1", Hello and Job: the command as it shall run there, and the environment that matters. */
void
jobmessage_put(const struct talk_job *job, enum args_form form, struct buffer *out);

#endif
