/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_WIRE_H
#define DCC_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "args.h"
#include "buffer.h"
#include "err.h"
#include "strv.h"

/*
 * Our messages: layout, put, get, limits. dcc-protocol(5) is the specification. Pure.
 *
 * Each side begins with the four bytes "DCC1"; then frames follow:
 *     u32 length of the body | u8 type | body
 * Integers are big-endian; a string is u32 length + bytes without NUL; a list is u32 count + strings.
 */
#define WIRE_MAGIC "DCC1"
#define WIRE_MAGIC_SIZE 4u
#define WIRE_HEADER_SIZE 5u
#define WIRE_VERSION 1u
#define WIRE_DATA_MAX ((size_t)64 << 10)  /* body of one Data */
#define WIRE_JOB_MAX ((size_t)4 << 20)    /* body of Job: command line and environment */
#define WIRE_MANIFEST_MAX ((size_t)4 << 20) /* body of Manifest */
#define WIRE_WANT_MAX ((size_t)1 << 20)   /* body of Want */
#define WIRE_SMALL_MAX ((size_t)64 << 10) /* body of any other message */
#define WIRE_LIST_MAX 65536u              /* entries of one list */
#define WIRE_PATH_MAX 4096u

enum wire_type {
	WIRE_HELLO = 1,    /* both sides, first */
	WIRE_JOB = 2,      /* client */
	WIRE_FILE = 3,     /* both: a file begins; Data follow, then End */
	WIRE_DATA = 4,     /* both: zstd bytes of the file that was begun */
	WIRE_END = 5,      /* both: the file is complete */
	WIRE_RUN = 6,      /* client: the request is complete */
	WIRE_QUEUED = 7,   /* volunteer: waits for a processor */
	WIRE_COMPILE = 8,  /* volunteer: the compiler runs; repeated as a sign of life */
	WIRE_RESULT = 9,   /* volunteer: last message of a finished job */
	WIRE_REFUSED = 10, /* volunteer: last message of a job that is not done */
	WIRE_MANIFEST = 11, /* client: what the job may see of its files */
	WIRE_WANT = 12,     /* volunteer: files that it lacks */
	WIRE_PROOF = 13     /* volunteer: what the compiler has read */
};

enum wire_side { WIRE_CLIENT, WIRE_VOLUNTEER };

/* Bits of Hello's features. */
enum wire_feature {
	WIRE_FEATURE_VIEW = 1, /* the volunteer shows each job the client's own absolute paths */
	WIRE_FEATURE_PUMP = 2  /* it takes ARGS_FORM_FILES: manifests, blobs */
};

struct wire_hello {
	uint32_t version;
	uint64_t features;
	char *software;   /* "dcc 0.1.0" */
	uint32_t slots;   /* volunteer: jobs at once; client: 0 */
	uint32_t running; /* volunteer: now */
	uint32_t queued;  /* volunteer: waiting now */
};

/* enum args_form's values travel as the form. */
struct wire_job {
	char *digest;        /* identity of the compiler, 64 hexadecimal digits */
	struct strv argv;    /* as it shall run; argv[0] is the name the user typed */
	char *cwd;           /* absolute */
	struct strv env;     /* "NAME=value" */
	uint32_t source;     /* index of the source's name in argv */
	uint32_t language;   /* enum identity_language */
	uint32_t form;       /* enum args_form */
	uint32_t umask;
	struct strv outputs; /* files whose folders must exist: as in argv */
	struct strv native;  /* what gcc makes of -march=native and then of -mtune=native at the client; empty: argv has neither */
};

enum wire_role {
	WIRE_ROLE_TEXT = 1,     /* client: what the compiler reads as the source */
	WIRE_ROLE_ORIGINAL = 2, /* client: the source as on disk, for the lines that diagnostics quote */
	WIRE_ROLE_OUTPUT = 3,   /* volunteer */
	WIRE_ROLE_STDOUT = 4,   /* volunteer */
	WIRE_ROLE_STDERR = 5,   /* volunteer */
	WIRE_ROLE_BLOB = 6,     /* client: bytes for the volunteer's store */
	WIRE_ROLE_DEPENDENCIES = 7 /* volunteer: names of the files that the compiler has read, one a line */
};

struct wire_file {
	uint32_t role; /* enum wire_role */
	uint32_t mode; /* permission bits of an output */
	char *path;    /* output: absolute, normalised; blob: SHA-256, 64 hexadecimal digits; else "" */
};

struct wire_end {
	uint64_t size; /* of the file, uncompressed: must equal what came */
};

struct wire_result {
	uint32_t exit_code; /* of the compiler; 128 + signal if one ended it */
	uint32_t signal_number; /* 0: it exited */
	uint64_t cpu_us;    /* user + system, of the compiler and its children */
	uint64_t peak_kb;   /* largest resident set among them, KiB */
	uint64_t wait_us;   /* time in the queue */
	uint64_t wall_us;   /* from start to end of the compiler */
	uint64_t sum;       /* of all bytes that the volunteer has sent before this message: sum.h */
};

struct wire_run {
	uint64_t sum; /* of all bytes that the client has sent before this message: sum.h */
};

struct wire_refused {
	uint32_t reason; /* enum reason */
	char *text;      /* one sentence for a person */
};

struct wire_queued {
	uint32_t ahead; /* jobs that wait before this one */
};

#define WIRE_WANT_ROUNDS 4u /* Wants of one job */

struct wire_want {
	uint32_t *numbers; /* of files, as manifest.h counts them; rising, at least one */
	size_t count;
};

enum wire_proof_kind {
	WIRE_PROOF_ALL = 1, /* to be compared with the expected list */
	WIRE_PROOF_USER = 2 /* without system headers: with the expected one of those */
};

#define WIRE_DIGEST_SIZE 32u

struct wire_proof {
	uint32_t kind;                          /* enum wire_proof_kind */
	unsigned char digest[WIRE_DIGEST_SIZE]; /* deps_digest of the compiler's own list */
};

/* Reads a header: ERR_PROTOCOL for a type that this side may not send, ERR_LIMIT for a body over its type's bound. */
enum err
wire_get_header(const unsigned char bytes[WIRE_HEADER_SIZE], enum wire_side from,
                enum wire_type *type, size_t *len);

/* put appends a whole frame to b. */
void
wire_put_hello(struct buffer *b, const struct wire_hello *m);
void
wire_put_job(struct buffer *b, const struct wire_job *m);
void
wire_put_file(struct buffer *b, const struct wire_file *m);
/* Only the header: len body bytes are to follow. */
void
wire_put_data_header(unsigned char header[WIRE_HEADER_SIZE], size_t len);
void
wire_put_end(struct buffer *b, const struct wire_end *m);
void
wire_put_queued(struct buffer *b, const struct wire_queued *m);
void
wire_put_run(struct buffer *b, const struct wire_run *m);
/* A message without a body: WIRE_COMPILE. */
void
wire_put_empty(struct buffer *b, enum wire_type type);
void
wire_put_result(struct buffer *b, const struct wire_result *m);
void
wire_put_refused(struct buffer *b, const struct wire_refused *m);
/* frame: one zstd frame of manifest_put's bytes, at most WIRE_MANIFEST_MAX; it is the body of Manifest. */
void
wire_put_manifest(struct buffer *b, const void *frame, size_t len);
void
wire_put_want(struct buffer *b, const struct wire_want *m);
void
wire_put_proof(struct buffer *b, const struct wire_proof *m);

/* get reads a body; nothing may be left over. The strings are yours (release). ERR_PROTOCOL, ERR_LIMIT. */
enum err
wire_get_hello(const unsigned char *p, size_t len, struct wire_hello *m);
enum err
wire_get_job(const unsigned char *p, size_t len, struct wire_job *m);
enum err
wire_get_file(const unsigned char *p, size_t len, struct wire_file *m);
enum err
wire_get_end(const unsigned char *p, size_t len, struct wire_end *m);
enum err
wire_get_queued(const unsigned char *p, size_t len, struct wire_queued *m);
enum err
wire_get_run(const unsigned char *p, size_t len, struct wire_run *m);
enum err
wire_get_result(const unsigned char *p, size_t len, struct wire_result *m);
enum err
wire_get_refused(const unsigned char *p, size_t len, struct wire_refused *m);
enum err
wire_get_want(const unsigned char *p, size_t len, struct wire_want *m);
enum err
wire_get_proof(const unsigned char *p, size_t len, struct wire_proof *m);

void
wire_hello_release(struct wire_hello *m);
void
wire_job_release(struct wire_job *m);
void
wire_file_release(struct wire_file *m);
void
wire_refused_release(struct wire_refused *m);
void
wire_want_release(struct wire_want *m);

#endif
