/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SCAN_H
#define DCC_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "err.h"
#include "strv.h"

/*
 * What dcc and the include server say to each other: layout, put, get, limits. Pure. Frames as in
 * wire.h: u32 length of the body | u8 type | body.
 *
 *     client: Ask                     server: Busy... Answer Relay... End (but a job that is none for pump mode: Answer)
 *             [Want                           Busy... Relay... End] (up to WIRE_WANT_ROUNDS times)
 *             Known                           -          (the volunteer has queued or started the job)
 *     client: List | Differs          server: Busy... Answer Text... End
 *     client: Statistics | Stop       server: Busy... Text... End
 *
 * A connection has one of these; whoever closes it without Known has not delivered what was relayed.
 */
#define SCAN_VERSION 1u
#define SCAN_HEADER_SIZE 5u
#define SCAN_REQUEST_MAX ((size_t)8 << 20) /* body of a request: command line, environment, names */
#define SCAN_PIECE_MAX ((size_t)64 << 10)  /* body of every other message */
#define SCAN_LIST_MAX 65536u               /* entries of one list */
#define SCAN_DIGEST_SIZE 32u
#define SCAN_BUSY_MS 100    /* a sign of life at least so often */
#define SCAN_SILENCE_MS 200 /* a server that is silent for longer is none */

enum scan_type {
	SCAN_ASK = 1,        /* client: the manifest of a command, for one host */
	SCAN_WANT = 2,       /* client: the volunteer's Want */
	SCAN_KNOWN = 3,      /* client: the volunteer has everything */
	SCAN_LIST = 4,       /* client: as Ask, but the names are wanted in words */
	SCAN_DIFFERS = 5,    /* client: as Ask, and the names that a volunteer's compiler has read instead */
	SCAN_STATISTICS = 6, /* client */
	SCAN_STOP = 7,       /* client */
	SCAN_BUSY = 16,      /* server: it lives */
	SCAN_ANSWER = 17,    /* server */
	SCAN_RELAY = 18,     /* server: bytes for the volunteer, whole frames in all */
	SCAN_TEXT = 19,      /* server: for a person, whole lines */
	SCAN_END = 20        /* server: nothing more to this request */
};

enum scan_side { SCAN_CLIENT, SCAN_SERVER };

/* Ask, List, Differs. */
struct scan_request {
	uint32_t version;
	char *host;        /* key of the volunteer: equal keys share what was sent */
	char *compiler;    /* path */
	char *cwd;         /* absolute, as $PWD spells it */
	struct strv argv;  /* expanded: no @file */
	struct strv env;   /* "NAME=value": those that matter to a compiler */
	struct strv names; /* of Differs; else empty */
};

enum scan_verdict { SCAN_PUMP, SCAN_PLAIN, SCAN_HERE, SCAN_VERDICTS };

struct scan_answer {
	uint32_t verdict; /* enum scan_verdict: which way the job has to go */
	char *word;       /* why not by pump mode: one word, counted; "" for SCAN_PUMP */
	char *detail;     /* the same in a sentence, with the place */
	unsigned char expected[SCAN_DIGEST_SIZE];      /* deps_digest of every file that will be read */
	unsigned char expected_user[SCAN_DIGEST_SIZE]; /* the same without system headers */
};

struct scan_want {
	uint32_t *numbers; /* as in wire.h's Want */
	size_t count;
};

/* Reads a header: ERR_PROTOCOL for a type that this side may not send, ERR_LIMIT for a body over its type's bound. */
enum err
scan_get_header(const unsigned char bytes[SCAN_HEADER_SIZE], enum scan_side from,
                enum scan_type *type, size_t *len);

/* put appends a whole frame to b. */
void
scan_put_request(struct buffer *b, enum scan_type type, const struct scan_request *m);
void
scan_put_answer(struct buffer *b, const struct scan_answer *m);
void
scan_put_want(struct buffer *b, const struct scan_want *m);
/* A message without a body: Known, Statistics, Stop, Busy, End. */
void
scan_put_empty(struct buffer *b, enum scan_type type);
/* Relay or Text of these bytes, in as many messages as it takes. */
void
scan_put_bytes(struct buffer *b, enum scan_type type, const void *data, size_t len);

/* get reads a body; nothing may be left over. The strings and arrays are yours (release). ERR_PROTOCOL, ERR_LIMIT;
 * a request of another version: ERR_USAGE. */
enum err
scan_get_request(const unsigned char *p, size_t len, struct scan_request *m);
enum err
scan_get_answer(const unsigned char *p, size_t len, struct scan_answer *m);
enum err
scan_get_want(const unsigned char *p, size_t len, struct scan_want *m);

void
scan_request_release(struct scan_request *m);
void
scan_answer_release(struct scan_answer *m);
void
scan_want_release(struct scan_want *m);

#endif
