/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dcc-tls NAME ID DIRECTORY: the TLS of one connection of dcc's. Standard input is the TCP connection, standard output the other end of
 * a socket pair on which dcc speaks in the clear. A program of its own because libssl would cost every start of dcc what it
 * now costs jobs for hosts with ",tls" alone; one per connection because a process that outlives its job would have to be
 * found, shared, and trusted by the next one.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autoconf.h"
#include "config.h"
#include "credentials.h"
#include "exitcode.h"
#include "io.h"
#include "log.h"
#include "relay.h"
#include "relay_line.h"
#include "ticket.h"
#include "tls.h"
#include "xalloc.h"

/* dcc gives up earlier, and its end of the pair closes then. */
#define HANDSHAKE_MS 30000

struct errand {
	char *host; /* the name that its certificate must have */
	char *id;
	char *dir;
	struct credentials credentials;
	struct tls *tls;
	struct tls_stream *stream;
	bool has_ticket;
};

static const char usage[] = "usage: dcc-tls NAME ID DIRECTORY\n"
                            "  --version  print the version\n"
                            "  --help     print this page\n"
                            "dcc starts it for hosts with \",tls\"; see dcc-tls(1).\n";

/* The one line that dcc waits for. */
static void
tell(const char *verdict, const char *text)
{
	char *line = xasprintf("%s%.*s\n", verdict, (int)(RELAY_LINE_MAX - 32), text);

	if (io_write_exactly(STDOUT_FILENO, line, strlen(line), io_now_ms() + HANDSHAKE_MS) != OK)
		log_debug("dcc is gone");
	free(line);
}

/* Why is ours to free. */
static int
fail(const char *verdict, char *why)
{
	tell(verdict, why != NULL ? why : "an error that has no name");
	free(why);
	return EXIT_CONNECT_FAILED;
}

static struct ticket_place
place_of(const struct errand *r)
{
	return (struct ticket_place){.dir = r->dir, .id = r->id, .files = &r->credentials.files};
}

static void
offer_ticket(struct errand *r)
{
	const struct ticket_place place = place_of(r);
	unsigned char *data;
	size_t len;

	if (r->credentials.farm_key != NULL ||
	    ticket_load(&place, &data, &len) != OK)
		return;
	r->has_ticket = tls_stream_resume(r->stream, data, len) == OK;
	free(data);
}

/* Others may have saved one meanwhile: the last one stays, and each is good. */
static void
keep_ticket(const struct errand *r)
{
	const struct ticket_place place = place_of(r);
	unsigned char *data;
	size_t len;

	if (tls_stream_session(r->stream, &data, &len) != OK)
		return;
	if (ticket_save(&place, data, len) != OK)
		log_debug("cannot keep the session below %s: %s", r->dir, strerror(errno));
	free(data);
}

static const char *
way_of(const struct errand *r)
{
	switch (tls_stream_way(r->stream)) {
	case TLS_BY_KEY: return "key";
	case TLS_BY_CERTIFICATE: return "certificate";
	case TLS_RESUMED: return "resumed";
	}
	return "";
}

static int
serve(struct errand *r)
{
	const struct ticket_place place = place_of(r);
	char *why = NULL;

	r->stream = tls_stream_new(r->tls, STDIN_FILENO);
	if (tls_stream_expect(r->stream, r->host) != OK)
		return fail(RELAY_FAILED, xasprintf("no certificate can have the name %s", r->host));
	offer_ticket(r);
	enum err e = relay_handshake(r->stream, STDIN_FILENO, STDOUT_FILENO, io_now_ms() + HANDSHAKE_MS, &why);

	if (e != OK && r->has_ticket)
		ticket_drop(&place);
	if (e == ERR_CLOSED && why == NULL)
		return 0;
	if (e != OK)
		return fail(e == ERR_DENIED ? RELAY_DENIED : RELAY_FAILED, why);
	keep_ticket(r);
	tell(RELAY_OK, way_of(r));
	e = relay_run(r->stream, STDIN_FILENO, STDOUT_FILENO);
	if (e != ERR_CLOSED)
		log_warning("TLS with %s broke off", r->host);
	return e == ERR_CLOSED ? 0 : EXIT_IO_ERROR;
}

static int
run(struct errand *r)
{
	struct config config = {0};
	char *why = NULL;

	config_load(&config);
	enum err e = credentials_find(&r->credentials, &config, &why);

	config_release(&config);
	if (e == OK)
		e = tls_new(TLS_CLIENT, &r->credentials.files, &r->tls, &why);
	if (e == OK)
		e = io_set_nonblocking(STDIN_FILENO);
	return e == OK ? serve(r) : fail(RELAY_DENIED, why);
}

int
main(int argc, char **argv)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	log_to_stderr("dcc-tls", LOG_LEVEL_WARNING, LOG_PLAIN);
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("dcc-tls " PACKAGE_VERSION);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc != 4) {
		fputs(usage, stderr);
		return EXIT_BAD_ARGUMENTS;
	}
	sigaction(SIGPIPE, &ignore, NULL);
	struct errand r = {.host = argv[1], .id = argv[2], .dir = argv[3]};
	int code = run(&r);

	tls_stream_free(r.stream);
	tls_free(r.tls);
	credentials_release(&r.credentials);
	return code;
}
