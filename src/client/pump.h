/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_PUMP_H
#define DCC_PUMP_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "config.h"
#include "err.h"
#include "scan.h"
#include "userdir.h"

/* DCC_PUMP. */
enum pump_mode {
	PUMP_AUTO,    /* where it is possible; the include server is started when it is needed */
	PUMP_NEVER,
	PUMP_REQUIRE  /* and never preprocess here instead */
};

/* ERR_USAGE, logged, for another word. */
enum err
pump_parse_mode(const struct config *c, enum pump_mode *mode);

/* A conversation with the include server. */
struct pump {
	int fd;              /* non-blocking; -1: none */
	struct buffer in;    /* received; the message at front was taken */
	size_t taken;
	int64_t deadline_ms; /* silent until then, it counts as dead */
	int64_t spoke_ms;    /* when it was heard last, or asked */
	int64_t cpu_ms;      /* its processor time when it was looked at first since then; -1: it was not */
};
#define PUMP_INIT {.fd = -1, .cpu_ms = -1}

/* One whole message; the body is borrowed until the next pump_take or pump_read. */
struct pump_message {
	enum scan_type type;
	const unsigned char *body;
	size_t len;
};

/* Connects; starts the server if there is none. ERR_MISSING: it cannot be had; ERR_CLOSED: a stop signal was caught. */
enum err
pump_open(struct pump *p, const struct userdir *dirs);
/* Safe on INIT and twice. */
void
pump_close(struct pump *p);
/* Sends whole frames. ERR_TIMEOUT, ERR_CLOSED, ERR_SYSTEM. */
enum err
pump_send(struct pump *p, const struct buffer *frames);
/* Reads what there is; any byte is a sign of life. ERR_CLOSED, ERR_SYSTEM. */
enum err
pump_read(struct pump *p);
/*
 * The deadline has passed. A server that is ready to run and does not get this machine's processor is not to blame:
 * OK, with a new deadline; else ERR_TIMEOUT.
 */
enum err
pump_extend(struct pump *p);
/* Takes the next message that is complete; Busy is passed over. ERR_MISSING: there is none yet; ERR_PROTOCOL, ERR_LIMIT. */
enum err
pump_take(struct pump *p, struct pump_message *m);
/* Waits for the next message. ERR_TIMEOUT: silence; ERR_CLOSED (also for a stop signal), ERR_PROTOCOL, ERR_SYSTEM. */
enum err
pump_wait(struct pump *p, struct pump_message *m);

/* Asks about a command; compiler, cwd and argv are copied, the environment is ours. */
struct pump_question {
	const char *host;             /* key of the volunteer */
	const char *compiler;
	const char *cwd;
	const struct strv *argv;
	const struct strv *names;     /* of SCAN_DIFFERS; else NULL */
};
enum err
pump_ask(struct pump *p, enum scan_type type, const struct pump_question *q);

#endif
