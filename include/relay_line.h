/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_RELAY_LINE_H
#define DCC_RELAY_LINE_H

/*
 * The one line that dcc-tls says to dcc before it relays: RELAY_OK and how they know each other, RELAY_DENIED or RELAY_FAILED
 * and a sentence, after which it ends.
 */
#define RELAY_LINE_MAX 1024u
#define RELAY_OK "ok "
#define RELAY_DENIED "denied "
#define RELAY_FAILED "failed "

#endif
