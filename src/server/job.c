/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first four bytes choose the language. Whatever the end, it is settled here: a refusal goes to
 * the client where its language has one, one line goes to the log, one report to the listener.
 */
/* For nice(2). */
#define _XOPEN_SOURCE 700
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io.h"
#include "job.h"
#include "log.h"
#include "serve_distcc.h"
#include "serve_native.h"
#include "wire.h"
#include "xalloc.h"

/* Less than that is nobody's concern. */
#define HOLD_STEP ((int64_t)4 << 20)

#define MAGIC_SIZE WIRE_MAGIC_SIZE
#define TEXT_MAX 1024

enum err
job_refuse(struct job *j, enum reason why, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	free(j->text);
	j->text = xstrdup(text);
	j->reason = why;
	return ERR_DENIED;
}

static enum err
refuse_by_errno(struct job *j)
{
	int why = errno;

	log_error("cannot write below %s: %s", j->settings->store_dir, strerror(why));
	if (why == ENOSPC || why == EDQUOT || why == EFBIG || why == ENOMEM)
		return job_refuse(j, REASON_RESOURCE, "no space for the source: %s", strerror(why));
	return job_refuse(j, REASON_INTERNAL, "cannot keep the source: %s", strerror(why));
}

enum err
job_open_file(struct job *j, int *fd)
{
	return io_open_unnamed(j->settings->store_dir, fd) == OK ? OK : refuse_by_errno(j);
}

void
job_hold(struct job *j, int64_t bytes)
{
	j->held += bytes;
	if (j->control_fd < 0 || (j->held < j->told_held + HOLD_STEP && j->held > j->told_held - HOLD_STEP))
		return;
	struct control holds = {.type = CONTROL_HOLDS, .number = (uint32_t)(j->held >> 20)};

	if (control_send(j->control_fd, &holds) != OK)
		log_debug("the listener is gone");
	j->told_held = j->held;
}

enum err
job_write_file(struct job *j, int fd, const void *data, size_t len)
{
	enum err e = io_check_room(fd);

	if (e == OK)
		e = io_write_exactly(fd, data, len, IO_NO_DEADLINE);
	if (e != OK)
		return refuse_by_errno(j);
	job_hold(j, (int64_t)len);
	return OK;
}

/* A client that speaks TLS: the handshake, or an alert that says why there is none. */
static enum err
secure(struct job *j)
{
	char *why = NULL;

	if (j->reason == REASON_ACCESS || j->tls == NULL) {
		peer_send_alert(&j->peer, j->reason == REASON_ACCESS ? PEER_ALERT_ACCESS_DENIED : PEER_ALERT_NO_TLS);
		return j->reason != REASON_NONE ? ERR_DENIED
		                                : job_refuse(j, REASON_AUTH, "the client speaks TLS, which is not set up here");
	}
	enum err e = peer_secure(&j->peer, j->tls, &why);

	if (e != OK && e != ERR_SYSTEM)
		e = job_refuse(j, e == ERR_TIMEOUT ? REASON_TIMEOUT : REASON_AUTH, "%s", why);
	free(why);
	j->peer.request_deadline_ms = io_now_ms() + PEER_FIRST_BYTES_MS;
	return e;
}

/* Whatever the client then says, in its language it gets a refusal. */
static void
insist_on_authentication(struct job *j)
{
	if (!j->settings->requires_auth || j->is_let_in || j->peer.secure != NULL || j->reason != REASON_NONE)
		return;
	free(j->text);
	j->reason = REASON_AUTH;
	j->text = xstrdup("plaintext, and --require-auth is set: the host list needs \",tls\"");
}

static enum err
begin(struct job *j)
{
	unsigned char byte;
	enum err e = peer_first_byte(&j->peer, &byte);

	if (e == OK && byte == TLS_FIRST_BYTE)
		e = secure(j);
	if (e == OK)
		insist_on_authentication(j);
	return e;
}

static enum err
converse(struct job *j)
{
	unsigned char magic[MAGIC_SIZE];
	enum err e = begin(j);
	enum reason preset = j->reason;

	if (e == OK)
		e = peer_read(&j->peer, magic, sizeof(magic));
	if (e != OK)
		return preset != REASON_NONE ? ERR_DENIED : e;
	j->peer.request_deadline_ms = io_now_ms() + PEER_REQUEST_MS;
	if (preset != REASON_NONE) {
		if (memcmp(magic, WIRE_MAGIC, MAGIC_SIZE) == 0)
			e = serve_native_greet(j);
		return ERR_DENIED;
	}
	if (memcmp(magic, WIRE_MAGIC, MAGIC_SIZE) == 0)
		return serve_native_run(j);
	if (memcmp(magic, "DIST", MAGIC_SIZE) == 0)
		return serve_distcc_run(j);
	return job_refuse(j, REASON_PROTOCOL, "neither dcc's language nor distcc's");
}

/* Every other failure becomes a refusal with a reason, or the client's own going away. */
static enum err
explain(struct job *j, enum err e)
{
	switch (e) {
	case OK:
	case ERR_DENIED:
	case ERR_CLOSED:
		return e;
	case ERR_PROTOCOL:
		return job_refuse(j, REASON_PROTOCOL, "the request breaks the protocol");
	case ERR_LIMIT:
		return job_refuse(j, REASON_PROTOCOL, "the request is larger than the protocol allows");
	case ERR_TIMEOUT:
		return job_refuse(j, REASON_TIMEOUT, "the client was silent for too long");
	case ERR_SYSTEM:
	case ERR_BUSY:
	case ERR_MISSING:
	case ERR_CONNECT:
	case ERR_USAGE:
	case ERR_BUG:
		break;
	}
	return job_refuse(j, REASON_INTERNAL, "the daemon failed: %s", err_name(e));
}

static enum control_outcome
outcome_of(const struct job *j, enum err e)
{
	if (e == OK)
		return j->exit_code == 0 ? OUTCOME_COMPILE_OK : OUTCOME_COMPILE_ERROR;
	if (e == ERR_CLOSED)
		return OUTCOME_CLIENT_GONE;
	if (j->reason == REASON_PROTOCOL || j->reason == REASON_TIMEOUT)
		return OUTCOME_BAD_REQUEST;
	if (j->reason == REASON_FULL)
		return OUTCOME_OVERLOAD;
	return j->reason == REASON_LIFETIME ? OUTCOME_COMPILE_TIMEOUT : OUTCOME_OTHER;
}

static void
report(const struct job *j, enum control_outcome outcome)
{
	struct control c = {.type = CONTROL_REPORT,
	                    .number = (uint32_t)outcome,
	                    .is_pump = j->is_pump,
	                    .wall_ms = j->wall_ms,
	                    .peak_kb = j->peak_kb};

	if (j->control_fd < 0)
		return;
	snprintf(c.compiler, sizeof(c.compiler), "%s", j->compiler != NULL ? j->compiler : "none");
	snprintf(c.source, sizeof(c.source), "%s", j->source != NULL ? j->source : "none");
	if (control_send(j->control_fd, &c) != OK)
		log_debug("the listener is gone");
	c = (struct control){.type = CONTROL_CHANGED};
	if (j->toolchain != NULL && j->toolchain->was_refreshed && control_send(j->control_fd, &c) != OK)
		log_debug("the listener is gone");
}

/* A name for one field of the log line: blanks would make two fields of it. */
static char *
field(const char *text)
{
	char *copy = xstrdup(text != NULL && *text != '\0' ? text : "-");

	for (char *p = copy; *p != '\0'; p++)
		if (*p == ' ' || *p == '\t')
			*p = '?';
	return copy;
}

static void
write_log(const struct job *j, enum err e)
{
	char *compiler = field(j->compiler);
	char *source = field(j->source);

	if (e == OK)
		log_notice("job %s %s %s %s %s exit:%d in:%llu out:%llu wait:%lld cpu:%lld wall:%lld%s%s",
		           j->client, j->language_name, j->is_pump ? "pump" : "plain", compiler, source, j->exit_code,
		           (unsigned long long)j->peer.bytes_in, (unsigned long long)j->peer.bytes_out,
		           (long long)j->wait_ms, (long long)j->cpu_ms, (long long)j->wall_ms,
		           j->peer.secure != NULL ? " tls:" : "",
		           j->peer.secure != NULL ? tls_stream_peer(j->peer.secure) : "");
	else if (e == ERR_CLOSED && j->peer.bytes_in == 0)
		log_info("%s connected and sent nothing", j->client);
	else if (e == ERR_CLOSED)
		log_notice("cancelled %s %s %s", j->client, compiler, source);
	else if (j->text != NULL)
		log_notice("refused %s %s %s %s: %s", j->client, reason_word(j->reason), compiler, source,
		           j->text);
	else
		log_notice("refused %s %s", j->client, reason_word(j->reason));
	free(compiler);
	free(source);
}

static void
release(struct job *j)
{
	peer_release(&j->peer);
	io_close(&j->control_fd);
	free(j->compiler);
	free(j->source);
	free(j->text);
	j->compiler = j->source = j->text = NULL;
}

static void
lower_priority(const struct job *j)
{
	errno = 0;
	if (nice(j->settings->niceness) < 0 && errno != 0)
		log_info("cannot lower the priority: %s", strerror(errno));
}

void
job_run(struct job *j)
{
	lower_priority(j);
	enum err e = explain(j, converse(j));

	if (e == ERR_DENIED && j->language != NULL)
		j->language->refuse(j);
	write_log(j, e);
	report(j, outcome_of(j, e));
	peer_finish(&j->peer);
	release(j);
}
