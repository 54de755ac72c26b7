/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Put and get of our messages, one pair each, beside a comment with the layout of the body.
 * Numbers are big-endian. A get checks every length before it allocates, and that nothing is left over.
 */
#include <stdlib.h>
#include <string.h>

#include "field.h"
#include "path.h"
#include "wire.h"
#include "xalloc.h"

static const struct rule {
	size_t max;
	bool from_client;
	bool from_volunteer;
} rules[] = {
	[WIRE_HELLO] = {WIRE_SMALL_MAX, true, true},
	[WIRE_JOB] = {WIRE_JOB_MAX, true, false},
	[WIRE_FILE] = {WIRE_SMALL_MAX, true, true},
	[WIRE_DATA] = {WIRE_DATA_MAX, true, true},
	[WIRE_END] = {WIRE_SMALL_MAX, true, true},
	[WIRE_RUN] = {WIRE_SMALL_MAX, true, false},
	[WIRE_QUEUED] = {WIRE_SMALL_MAX, false, true},
	[WIRE_COMPILE] = {0, false, true},
	[WIRE_RESULT] = {WIRE_SMALL_MAX, false, true},
	[WIRE_REFUSED] = {WIRE_SMALL_MAX, false, true},
	[WIRE_MANIFEST] = {WIRE_MANIFEST_MAX, true, false},
	[WIRE_WANT] = {WIRE_WANT_MAX, false, true},
	[WIRE_PROOF] = {WIRE_SMALL_MAX, false, true},
};

enum err
wire_get_header(const unsigned char bytes[WIRE_HEADER_SIZE], enum wire_side from,
                enum wire_type *type, size_t *len)
{
	size_t n = (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
	unsigned t = bytes[4];

	if (t >= sizeof(rules) / sizeof(rules[0]))
		return ERR_PROTOCOL;
	if (from == WIRE_CLIENT ? !rules[t].from_client : !rules[t].from_volunteer)
		return ERR_PROTOCOL;
	if (n > rules[t].max)
		return ERR_LIMIT;
	*type = (enum wire_type)t;
	*len = n;
	return OK;
}

/* Frames. */

static void
fill_header(unsigned char header[WIRE_HEADER_SIZE], enum wire_type type, size_t len)
{
	header[0] = (unsigned char)(len >> 24);
	header[1] = (unsigned char)(len >> 16);
	header[2] = (unsigned char)(len >> 8);
	header[3] = (unsigned char)len;
	header[4] = (unsigned char)type;
}

/* Room for a header; finish fills it in once the body's length is known. */
static size_t
begin(struct buffer *b)
{
	static const unsigned char blank[WIRE_HEADER_SIZE];
	size_t start = b->len;

	buffer_add(b, blank, sizeof(blank));
	return start;
}

static void
finish(struct buffer *b, size_t start, enum wire_type type)
{
	fill_header(b->data + start, type, b->len - start - WIRE_HEADER_SIZE);
}

/* Hello: u32 version | u64 features | string software | u32 slots | u32 running | u32 queued */
void
wire_put_hello(struct buffer *b, const struct wire_hello *m)
{
	size_t start = begin(b);

	field_put_u32(b, m->version);
	field_put_u64(b, m->features);
	field_put_string(b, m->software);
	field_put_u32(b, m->slots);
	field_put_u32(b, m->running);
	field_put_u32(b, m->queued);
	finish(b, start, WIRE_HELLO);
}

enum err
wire_get_hello(const unsigned char *p, size_t len, struct wire_hello *m)
{
	struct field_cursor c = {p, len, OK};

	*m = (struct wire_hello){0};
	m->version = field_get_u32(&c);
	m->features = field_get_u64(&c);
	m->software = field_get_string(&c, 256);
	m->slots = field_get_u32(&c);
	m->running = field_get_u32(&c);
	m->queued = field_get_u32(&c);
	enum err e = field_done(&c);

	if (e != OK)
		wire_hello_release(m);
	return e;
}

void
wire_hello_release(struct wire_hello *m)
{
	free(m->software);
	*m = (struct wire_hello){0};
}

/*
 * Job: string digest | list argv | string cwd | list env | u32 source | u32 language | u32 form |
 *      u32 umask | list outputs | list native
 */
void
wire_put_job(struct buffer *b, const struct wire_job *m)
{
	size_t start = begin(b);

	field_put_string(b, m->digest);
	field_put_list(b, &m->argv);
	field_put_string(b, m->cwd);
	field_put_list(b, &m->env);
	field_put_u32(b, m->source);
	field_put_u32(b, m->language);
	field_put_u32(b, m->form);
	field_put_u32(b, m->umask);
	field_put_list(b, &m->outputs);
	field_put_list(b, &m->native);
	finish(b, start, WIRE_JOB);
}

static bool
is_digest(const char *s)
{
	return strlen(s) == 64 && strspn(s, "0123456789abcdef") == 64;
}

/* What makes no sense whatever the volunteer is. */
static enum err
check_job(const struct wire_job *m)
{
	if (!is_digest(m->digest))
		return ERR_PROTOCOL;
	if (m->argv.count < 2 || m->source == 0 || m->source >= m->argv.count)
		return ERR_PROTOCOL;
	if (m->cwd[0] != '/' || m->umask > 0777)
		return ERR_PROTOCOL;
	if (m->form < ARGS_FORM_AS_IS || m->form > ARGS_FORM_FILES)
		return ERR_PROTOCOL;
	return OK;
}

enum err
wire_get_job(const unsigned char *p, size_t len, struct wire_job *m)
{
	struct field_cursor c = {p, len, OK};

	*m = (struct wire_job){0};
	m->digest = field_get_string(&c, 64);
	field_get_list(&c, WIRE_LIST_MAX, &m->argv);
	m->cwd = field_get_string(&c, WIRE_PATH_MAX);
	field_get_list(&c, WIRE_LIST_MAX, &m->env);
	m->source = field_get_u32(&c);
	m->language = field_get_u32(&c);
	m->form = field_get_u32(&c);
	m->umask = field_get_u32(&c);
	field_get_list(&c, WIRE_LIST_MAX, &m->outputs);
	field_get_list(&c, WIRE_LIST_MAX, &m->native);
	enum err e = field_done(&c);

	if (e == OK)
		e = check_job(m);
	if (e != OK)
		wire_job_release(m);
	return e;
}

void
wire_job_release(struct wire_job *m)
{
	free(m->digest);
	strv_release(&m->argv);
	free(m->cwd);
	strv_release(&m->env);
	strv_release(&m->outputs);
	strv_release(&m->native);
	*m = (struct wire_job){0};
}

/* File: u32 role | u32 mode | string path */
void
wire_put_file(struct buffer *b, const struct wire_file *m)
{
	size_t start = begin(b);

	field_put_u32(b, m->role);
	field_put_u32(b, m->mode);
	field_put_string(b, m->path);
	finish(b, start, WIRE_FILE);
}

/* An output has a path that is absolute and normalised, a blob has its digest, no other has any. */
static bool
has_right_path(const struct wire_file *m)
{
	if (m->role == WIRE_ROLE_BLOB)
		return is_digest(m->path);
	if (m->role != WIRE_ROLE_OUTPUT)
		return m->path[0] == '\0';
	return m->path[0] == '/' && path_is_plain(m->path + 1);
}

enum err
wire_get_file(const unsigned char *p, size_t len, struct wire_file *m)
{
	struct field_cursor c = {p, len, OK};

	*m = (struct wire_file){0};
	m->role = field_get_u32(&c);
	m->mode = field_get_u32(&c);
	m->path = field_get_string(&c, WIRE_PATH_MAX);
	enum err e = field_done(&c);

	if (e == OK && (m->role < WIRE_ROLE_TEXT || m->role > WIRE_ROLE_DEPENDENCIES || m->mode > 0777))
		e = ERR_PROTOCOL;
	if (e == OK && !has_right_path(m))
		e = ERR_PROTOCOL;
	if (e != OK)
		wire_file_release(m);
	return e;
}

void
wire_file_release(struct wire_file *m)
{
	free(m->path);
	*m = (struct wire_file){0};
}

/* Data: zstd bytes, to the end of the body */
void
wire_put_data_header(unsigned char header[WIRE_HEADER_SIZE], size_t len)
{
	fill_header(header, WIRE_DATA, len);
}

/* End: u64 size */
void
wire_put_end(struct buffer *b, const struct wire_end *m)
{
	size_t start = begin(b);

	field_put_u64(b, m->size);
	finish(b, start, WIRE_END);
}

enum err
wire_get_end(const unsigned char *p, size_t len, struct wire_end *m)
{
	struct field_cursor c = {p, len, OK};

	m->size = field_get_u64(&c);
	return field_done(&c);
}

/* Run: u64 sum */
void
wire_put_run(struct buffer *b, const struct wire_run *m)
{
	size_t start = begin(b);

	field_put_u64(b, m->sum);
	finish(b, start, WIRE_RUN);
}

enum err
wire_get_run(const unsigned char *p, size_t len, struct wire_run *m)
{
	struct field_cursor c = {p, len, OK};

	m->sum = field_get_u64(&c);
	return field_done(&c);
}

/* Compile: no body */
void
wire_put_empty(struct buffer *b, enum wire_type type)
{
	finish(b, begin(b), type);
}

/* Queued: u32 ahead */
void
wire_put_queued(struct buffer *b, const struct wire_queued *m)
{
	size_t start = begin(b);

	field_put_u32(b, m->ahead);
	finish(b, start, WIRE_QUEUED);
}

enum err
wire_get_queued(const unsigned char *p, size_t len, struct wire_queued *m)
{
	struct field_cursor c = {p, len, OK};

	m->ahead = field_get_u32(&c);
	return field_done(&c);
}

/* Result: u32 exit code | u32 signal | u64 cpu us | u64 peak KiB | u64 wait us | u64 wall us | u64 sum */
void
wire_put_result(struct buffer *b, const struct wire_result *m)
{
	size_t start = begin(b);

	field_put_u32(b, m->exit_code);
	field_put_u32(b, m->signal_number);
	field_put_u64(b, m->cpu_us);
	field_put_u64(b, m->peak_kb);
	field_put_u64(b, m->wait_us);
	field_put_u64(b, m->wall_us);
	field_put_u64(b, m->sum);
	finish(b, start, WIRE_RESULT);
}

enum err
wire_get_result(const unsigned char *p, size_t len, struct wire_result *m)
{
	struct field_cursor c = {p, len, OK};

	m->exit_code = field_get_u32(&c);
	m->signal_number = field_get_u32(&c);
	m->cpu_us = field_get_u64(&c);
	m->peak_kb = field_get_u64(&c);
	m->wait_us = field_get_u64(&c);
	m->wall_us = field_get_u64(&c);
	m->sum = field_get_u64(&c);
	if (field_done(&c) == OK && (m->exit_code > 255 || m->signal_number > 127))
		return ERR_PROTOCOL;
	return field_done(&c);
}

/* Refused: u32 reason | string text */
void
wire_put_refused(struct buffer *b, const struct wire_refused *m)
{
	size_t start = begin(b);

	field_put_u32(b, m->reason);
	field_put_string(b, m->text);
	finish(b, start, WIRE_REFUSED);
}

enum err
wire_get_refused(const unsigned char *p, size_t len, struct wire_refused *m)
{
	struct field_cursor c = {p, len, OK};

	*m = (struct wire_refused){0};
	m->reason = field_get_u32(&c);
	m->text = field_get_string(&c, 4096);
	enum err e = field_done(&c);

	if (e != OK)
		wire_refused_release(m);
	return e;
}

void
wire_refused_release(struct wire_refused *m)
{
	free(m->text);
	*m = (struct wire_refused){0};
}

/* Manifest: one zstd frame, to the end of the body */
void
wire_put_manifest(struct buffer *b, const void *frame, size_t len)
{
	size_t start = begin(b);

	buffer_add(b, frame, len);
	finish(b, start, WIRE_MANIFEST);
}

/* Want: u32 count | u32 numbers */
void
wire_put_want(struct buffer *b, const struct wire_want *m)
{
	size_t start = begin(b);

	field_put_u32(b, (uint32_t)m->count);
	for (size_t i = 0; i < m->count; i++)
		field_put_u32(b, m->numbers[i]);
	finish(b, start, WIRE_WANT);
}

enum err
wire_get_want(const unsigned char *p, size_t len, struct wire_want *m)
{
	struct field_cursor c = {p, len, OK};

	*m = (struct wire_want){0};
	m->count = field_get_u32(&c);
	if (m->count == 0 || c.left / 4 != m->count)
		return ERR_PROTOCOL;
	m->numbers = xcalloc(m->count, sizeof(m->numbers[0]));
	for (size_t i = 0; i < m->count; i++) {
		m->numbers[i] = field_get_u32(&c);
		if (i != 0 && m->numbers[i] <= m->numbers[i - 1])
			c.e = ERR_PROTOCOL;
	}
	enum err e = field_done(&c);

	if (e != OK)
		wire_want_release(m);
	return e;
}

void
wire_want_release(struct wire_want *m)
{
	free(m->numbers);
	*m = (struct wire_want){0};
}

/* Proof: u32 kind | 32 bytes digest */
void
wire_put_proof(struct buffer *b, const struct wire_proof *m)
{
	size_t start = begin(b);

	field_put_u32(b, m->kind);
	buffer_add(b, m->digest, sizeof(m->digest));
	finish(b, start, WIRE_PROOF);
}

enum err
wire_get_proof(const unsigned char *p, size_t len, struct wire_proof *m)
{
	struct field_cursor c = {p, len, OK};

	*m = (struct wire_proof){.kind = field_get_u32(&c)};
	const unsigned char *digest = field_take(&c, sizeof(m->digest));

	if (digest != NULL)
		memcpy(m->digest, digest, sizeof(m->digest));
	if (field_done(&c) == OK && m->kind != WIRE_PROOF_ALL && m->kind != WIRE_PROOF_USER)
		return ERR_PROTOCOL;
	return field_done(&c);
}
