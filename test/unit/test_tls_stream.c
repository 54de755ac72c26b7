/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
/* Both ends of a handshake in one process, step by step over a socket pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "certificates.h"
#include "io.h"
#include "scratch.h"
#include "tls.h"

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddee"

static char *folder;
static struct authority farm, other;

static int
set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	folder = scratch_make();
	farm = make_authority("farm", "ca.pem");
	other = make_authority("other", "other.pem");
	issue(&farm, "red", "DNS:red,IP:127.0.0.1", 10, "red.pem");
	issue(&farm, "a client", NULL, 10, "alice.pem");
	issue(&farm, "red", "DNS:red", -1, "old-red.pem");
	issue(&farm, "alice", NULL, -1, "old-alice.pem");
	issue(&other, "red", "DNS:red", 10, "false-red.pem");
	issue(&other, "mallory", NULL, 10, "mallory.pem");
	write_file("farm.key", "x " HEX "00\ny " HEX "01\n", 0600);
	write_file("y.key", "y " HEX "01\n", 0600);
	write_file("wrong.key", "x " HEX "ff\n", 0600);
	write_file("unknown.key", "z " HEX "00\n", 0600);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	release_authority(&farm);
	release_authority(&other);
	int status = scratch_remove(folder);

	free(folder);
	return status;
}

struct side {
	struct tls *tls;
	struct tls_stream *stream;
	int fd;
	enum err e;
	char *why;
};

struct meeting {
	struct side client, volunteer;
};

static void
open_side(struct side *s, enum tls_side side, const struct tls_files *files, int fd)
{
	char *error = NULL;

	*s = (struct side){.fd = fd, .e = ERR_BUSY};
	if (tls_new(side, files, &s->tls, &error) != OK)
		fail_msg("%s", error);
	assert_int_equal(io_set_nonblocking(fd), OK);
	s->stream = tls_stream_new(s->tls, fd);
}

static void
close_side(struct side *s)
{
	tls_stream_free(s->stream);
	tls_free(s->tls);
	io_close(&s->fd);
	free(s->why);
	s->why = NULL;
}

static void
step(struct side *s)
{
	if (s->e == ERR_BUSY)
		s->e = tls_stream_handshake(s->stream, &s->why);
	if (s->e != OK && s->e != ERR_BUSY)
		shutdown(s->fd, SHUT_WR);
}

static void
shake_hands(struct meeting *m)
{
	/* A handshake needs a few turns; one that goes on for ever must not. */
	for (int i = 0; i < 50; i++) {
		step(&m->client);
		step(&m->volunteer);
	}
	assert_int_not_equal(m->client.e, ERR_BUSY);
	assert_int_not_equal(m->volunteer.e, ERR_BUSY);
}

static void
meet(struct meeting *m, const struct tls_files *client, const struct tls_files *volunteer)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	open_side(&m->client, TLS_CLIENT, client, pair[0]);
	open_side(&m->volunteer, TLS_VOLUNTEER, volunteer, pair[1]);
	assert_int_equal(tls_stream_expect(m->client.stream, "red"), OK);
}

static void
part(struct meeting *m)
{
	close_side(&m->client);
	close_side(&m->volunteer);
}

/* Another connection between the two. */
static void
meet_again(struct meeting *m)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	struct side *sides[] = {&m->client, &m->volunteer};

	for (int i = 0; i < 2; i++) {
		tls_stream_free(sides[i]->stream);
		io_close(&sides[i]->fd);
		sides[i]->fd = pair[i];
		assert_int_equal(io_set_nonblocking(pair[i]), OK);
		sides[i]->stream = tls_stream_new(sides[i]->tls, pair[i]);
		sides[i]->e = ERR_BUSY;
	}
	assert_int_equal(tls_stream_expect(m->client.stream, "red"), OK);
}

/* Words go both ways, and the end is heard. */
static void
check_talk(struct meeting *m)
{
	char text[16] = "";
	size_t n = 0;

	assert_int_equal(tls_stream_write(m->client.stream, "DCC1", 4, &n), OK);
	assert_int_equal(tls_stream_read(m->volunteer.stream, text, sizeof(text), &n), OK);
	assert_int_equal(n, 4);
	assert_memory_equal(text, "DCC1", 4);
	assert_int_equal(tls_stream_read(m->volunteer.stream, text, sizeof(text), &n), ERR_BUSY);
	assert_int_equal(tls_stream_events(m->volunteer.stream), POLLIN);
	assert_int_equal(tls_stream_write(m->volunteer.stream, "hello", 5, &n), OK);
	assert_int_equal(tls_stream_read(m->client.stream, text, sizeof(text), &n), OK);
	assert_int_equal(n, 5);
	tls_stream_close(m->client.stream);
	assert_int_equal(tls_stream_read(m->volunteer.stream, text, sizeof(text), &n), ERR_CLOSED);
}

static const struct tls_files farm_keys = {.farm_key = "farm.key"};
static const struct tls_files red = {.cert = "red.pem", .ca = "ca.pem"};
static const struct tls_files alice = {.cert = "alice.pem", .ca = "ca.pem"};

static void
the_right_key_opens(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, &(struct tls_files){.farm_key = "y.key"}, &farm_keys);
	shake_hands(&m);
	assert_int_equal(m.client.e, OK);
	assert_int_equal(m.volunteer.e, OK);
	assert_int_equal(tls_stream_way(m.client.stream), TLS_BY_KEY);
	assert_int_equal(tls_stream_way(m.volunteer.stream), TLS_BY_KEY);
	assert_string_equal(tls_stream_peer(m.volunteer.stream), "y");
	check_talk(&m);
	part(&m);
}

/* Both hear of it, in their own words. */
static void
check_refusal(const struct tls_files *client, const struct tls_files *volunteer, const char *to_client,
              const char *to_volunteer)
{
	struct meeting m;

	meet(&m, client, volunteer);
	shake_hands(&m);
	assert_int_equal(m.client.e, ERR_DENIED);
	if (m.volunteer.e != ERR_DENIED && m.volunteer.e != ERR_PROTOCOL)
		fail_msg("the volunteer: %s", err_name(m.volunteer.e));
	if (strstr(m.client.why, to_client) == NULL)
		fail_msg("client: \"%s\" instead of \"%s\"", m.client.why, to_client);
	if (strstr(m.volunteer.why, to_volunteer) == NULL)
		fail_msg("volunteer: \"%s\" instead of \"%s\"", m.volunteer.why, to_volunteer);
	part(&m);
}

static void
another_key_does_not(void **state)
{
	const struct tls_files wrong = {.farm_key = "wrong.key"};
	const struct tls_files unknown = {.farm_key = "unknown.key"};

	(void)state;
	check_refusal(&wrong, &farm_keys, "does not accept the key x of wrong.key", "key x is not the one of farm.key");
	check_refusal(&unknown, &farm_keys, "does not accept the key z of unknown.key", "not in farm.key: z");
	check_refusal(&wrong, &red, "does not accept the key x", "this volunteer has none");
}

static void
a_key_and_certificates_do_not_meet(void **state)
{
	(void)state;
	check_refusal(&alice, &farm_keys, "may want a key (DCC_FARM_KEY)", "no key, and this volunteer no certificate");
}

static void
certificates_of_the_ca_open(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, &alice, &red);
	shake_hands(&m);
	assert_int_equal(m.client.e, OK);
	assert_int_equal(m.volunteer.e, OK);
	assert_int_equal(tls_stream_way(m.volunteer.stream), TLS_BY_CERTIFICATE);
	assert_string_equal(tls_stream_peer(m.volunteer.stream), "a?client");
	check_talk(&m);
	part(&m);
}

static void
other_certificates_do_not(void **state)
{
	const struct tls_files old_red = {.cert = "old-red.pem", .ca = "ca.pem"};
	const struct tls_files old_alice = {.cert = "old-alice.pem", .ca = "ca.pem"};
	const struct tls_files false_red = {.cert = "false-red.pem", .ca = "ca.pem"};
	const struct tls_files mallory = {.cert = "mallory.pem", .ca = "ca.pem"};
	const struct tls_files nobody = {.ca = "ca.pem"};

	(void)state;
	check_refusal(&alice, &old_red, "its certificate is not accepted: certificate has expired", "does not accept this volunteer's certificate");
	check_refusal(&alice, &false_red, "its certificate is not accepted: unable to get local issuer", "does not accept this volunteer's");
	check_refusal(&old_alice, &red, "does not accept this machine's certificate: certificate expired", "certificate has expired");
	check_refusal(&mallory, &red, "does not accept this machine's certificate: unknown CA", "unable to get local issuer");
	check_refusal(&nobody, &red, "wants a certificate of this machine (DCC_TLS_CERT)", "the client has no certificate");
}

static void
a_certificate_of_another_host_does_not(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, &alice, &red);
	assert_int_equal(tls_stream_expect(m.client.stream, "blue"), OK);
	shake_hands(&m);
	assert_int_equal(m.client.e, ERR_DENIED);
	assert_non_null(strstr(m.client.why, "hostname mismatch"));
	free(m.client.why);
	free(m.volunteer.why);
	m.client.why = m.volunteer.why = NULL;
	meet_again(&m);
	assert_int_equal(tls_stream_expect(m.client.stream, "127.0.0.2"), OK);
	shake_hands(&m);
	assert_non_null(strstr(m.client.why, "IP address mismatch"));
	part(&m);
}

/* The session that the first connection gave; yours. */
static void
get_session(struct meeting *m, unsigned char **data, size_t *len)
{
	meet(m, &alice, &red);
	shake_hands(m);
	assert_int_equal(m->client.e, OK);
	assert_int_equal(tls_stream_session(m->client.stream, data, len), OK);
}

static void
a_session_is_resumed_again_and_again(void **state)
{
	struct meeting m;
	unsigned char *data = NULL;
	size_t len = 0;

	(void)state;
	get_session(&m, &data, &len);
	for (int i = 0; i < 3; i++) {
		meet_again(&m);
		assert_int_equal(tls_stream_resume(m.client.stream, data, len), OK);
		shake_hands(&m);
		assert_int_equal(m.client.e, OK);
		assert_int_equal(tls_stream_way(m.client.stream), TLS_RESUMED);
		assert_int_equal(tls_stream_way(m.volunteer.stream), TLS_RESUMED);
		assert_string_equal(tls_stream_peer(m.volunteer.stream), "a?client");
		check_talk(&m);
	}
	free(data);
	part(&m);
}

/* Another volunteer's tickets, say after a new start: all goes on with certificates. */
static void
a_session_that_is_not_known_costs_a_whole_handshake(void **state)
{
	struct meeting m, n;
	unsigned char *data = NULL;
	size_t len = 0;

	(void)state;
	get_session(&m, &data, &len);
	meet(&n, &alice, &red);
	assert_int_equal(tls_stream_resume(n.client.stream, data, len), OK);
	shake_hands(&n);
	assert_int_equal(n.client.e, OK);
	assert_int_equal(tls_stream_way(n.client.stream), TLS_BY_CERTIFICATE);
	free(data);
	part(&m);
	part(&n);
}

static void
bytes_that_are_no_session_are_refused(void **state)
{
	struct meeting m;
	unsigned char *data = NULL;
	size_t len = 0;

	(void)state;
	get_session(&m, &data, &len);
	meet_again(&m);
	assert_int_equal(tls_stream_resume(m.client.stream, data, len - 1), ERR_PROTOCOL);
	assert_int_equal(tls_stream_resume(m.client.stream, data, 0), ERR_PROTOCOL);
	memset(data, 0x30, len);
	assert_int_equal(tls_stream_resume(m.client.stream, data, len), ERR_PROTOCOL);
	shake_hands(&m);
	assert_int_equal(m.client.e, OK);
	free(data);
	part(&m);
}

static void
what_is_no_tls_is_told_so(void **state)
{
	struct side s;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	open_side(&s, TLS_VOLUNTEER, &farm_keys, pair[1]);
	assert_int_equal(write(pair[0], "\x16garbage that has no end", 24), 24);
	step(&s);
	assert_int_equal(s.e, ERR_PROTOCOL);
	assert_non_null(strstr(s.why, "no TLS"));
	close(pair[0]);
	close_side(&s);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	open_side(&s, TLS_CLIENT, &alice, pair[1]);
	assert_int_equal(write(pair[0], "DCC1 and more", 13), 13);
	step(&s);
	assert_int_equal(s.e, ERR_PROTOCOL);
	assert_non_null(strstr(s.why, "its answer is no TLS"));
	close(pair[0]);
	close_side(&s);
}

/* Alerts of dccd's in place of a handshake. */
static void
a_volunteers_alerts_are_understood(void **state)
{
	static const struct {
		unsigned char alert;
		const char *words;
	} rows[] = {{120, "no TLS set up"}, {49, "no --allow there"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const unsigned char record[] = {21, 3, 3, 0, 2, 2, rows[i].alert};
		struct side s;
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
		open_side(&s, TLS_CLIENT, &alice, pair[1]);
		assert_int_equal(write(pair[0], record, sizeof(record)), (ssize_t)sizeof(record));
		step(&s);
		assert_int_equal(s.e, ERR_DENIED);
		assert_non_null(strstr(s.why, rows[i].words));
		close(pair[0]);
		close_side(&s);
	}
}

static void
a_peer_that_says_nothing_or_hangs_up(void **state)
{
	struct side s;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	open_side(&s, TLS_VOLUNTEER, &farm_keys, pair[1]);
	int64_t begin_ms = io_now_ms();

	assert_int_equal(tls_stream_handshake_until(s.stream, begin_ms + 50, &s.why), ERR_TIMEOUT);
	assert_true(io_now_ms() - begin_ms >= 50);
	assert_non_null(strstr(s.why, "in time"));
	free(s.why);
	s.why = NULL;
	close(pair[0]);
	assert_int_equal(tls_stream_handshake_until(s.stream, io_now_ms() + 5000, &s.why), ERR_CLOSED);
	assert_non_null(strstr(s.why, "closed the connection in the middle of the handshake"));
	close_side(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_right_key_opens),
		cmocka_unit_test(another_key_does_not),
		cmocka_unit_test(a_key_and_certificates_do_not_meet),
		cmocka_unit_test(certificates_of_the_ca_open),
		cmocka_unit_test(other_certificates_do_not),
		cmocka_unit_test(a_certificate_of_another_host_does_not),
		cmocka_unit_test(a_session_is_resumed_again_and_again),
		cmocka_unit_test(a_session_that_is_not_known_costs_a_whole_handshake),
		cmocka_unit_test(bytes_that_are_no_session_are_refused),
		cmocka_unit_test(what_is_no_tls_is_told_so),
		cmocka_unit_test(a_volunteers_alerts_are_understood),
		cmocka_unit_test(a_peer_that_says_nothing_or_hangs_up),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
