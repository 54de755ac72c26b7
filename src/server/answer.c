/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answer.h"
#include "compress.h"
#include "io.h"
#include "xalloc.h"

#define PIECE ((size_t)64 << 10)

/* Everything that has to be flushed to the client goes out in pieces of one Data each. */
static enum err
send_data(struct job *j, struct buffer *packed)
{
	enum err e = OK;

	for (size_t at = 0; e == OK && at < packed->len;) {
		unsigned char header[WIRE_HEADER_SIZE];
		size_t n = packed->len - at < WIRE_DATA_MAX ? packed->len - at : WIRE_DATA_MAX;
		struct iovec iov[2] = {{header, sizeof(header)}, {packed->data + at, n}};

		wire_put_data_header(header, n);
		e = peer_writev(&j->peer, iov, 2);
		at += n;
	}
	buffer_clear(packed);
	return e;
}

static enum err
send_contents(struct job *j, struct compressor *c, int fd, uint64_t *size)
{
	struct buffer packed = {0};
	unsigned char *piece = xmalloc(PIECE);
	enum err e = OK;
	ssize_t n;

	do {
		n = pread(fd, piece, PIECE, (off_t)*size);
		if (n < 0) {
			e = ERR_SYSTEM;
			break;
		}
		*size += (uint64_t)n;
		compressor_add(c, piece, (size_t)n, n == 0 ? COMPRESS_FINISH : COMPRESS_MORE, &packed);
		if (packed.len >= WIRE_DATA_MAX || n == 0)
			e = send_data(j, &packed);
	} while (e == OK && n > 0);
	free(piece);
	buffer_release(&packed);
	return e;
}

static enum err
send_file(struct job *j, struct compressor *c, const struct wire_file *file, int fd)
{
	struct buffer b = {0};
	struct wire_end end = {0};

	wire_put_file(&b, file);
	enum err e = peer_send(&j->peer, &b);

	if (e == OK)
		e = send_contents(j, c, fd, &end.size);
	if (e != OK)
		return e;
	wire_put_end(&b, &end);
	return peer_send(&j->peer, &b);
}

static enum err
send_stream(struct job *j, struct compressor *c, enum wire_role role, int fd)
{
	char no_path[] = "";
	struct wire_file file = {.role = (uint32_t)role, .path = no_path};

	if (lseek(fd, 0, SEEK_END) <= 0)
		return OK;
	return send_file(j, c, &file, fd);
}

static enum err
send_files(struct job *j, struct compressor *c, const struct jail_result *result)
{
	enum err e = OK;

	for (size_t i = 0; e == OK && i < result->output_count; i++) {
		const struct jail_output *out = &result->outputs[i];
		struct wire_file file = {.role = WIRE_ROLE_OUTPUT,
		                         .mode = (uint32_t)out->mode & 0777,
		                         .path = out->path};

		e = send_file(j, c, &file, out->fd);
	}
	if (e == OK)
		e = send_stream(j, c, WIRE_ROLE_STDOUT, result->stdout_fd);
	if (e == OK)
		e = send_stream(j, c, WIRE_ROLE_STDERR, result->stderr_fd);
	return e;
}

/* One name a line. */
static enum err
send_dependencies(struct job *j, struct compressor *c, const struct strv *names)
{
	struct buffer text = {0};
	int fd = -1;

	for (size_t i = 0; i < names->count; i++) {
		buffer_add_string(&text, names->items[i]);
		buffer_add(&text, "\n", 1);
	}
	enum err e = job_open_file(j, &fd);

	if (e == OK)
		e = job_write_file(j, fd, text.data, text.len);
	if (e == OK)
		e = send_stream(j, c, WIRE_ROLE_DEPENDENCIES, fd);
	buffer_release(&text);
	io_close(&fd);
	return e;
}

static enum err
send_proof(struct job *j, struct compressor *c, const struct answer *a)
{
	struct buffer b = {0};
	enum err e = a->dependencies != NULL ? send_dependencies(j, c, a->dependencies) : OK;

	if (e != OK || a->proof == NULL)
		return e;
	wire_put_proof(&b, a->proof);
	return peer_send(&j->peer, &b);
}

enum err
answer_send(struct job *j, const struct answer *a)
{
	const struct jail_result *result = a->result;
	int status = result->status;
	struct wire_result m = {.exit_code = (uint32_t)j->exit_code,
	                        .signal_number = WIFSIGNALED(status) ? (uint32_t)WTERMSIG(status) : 0,
	                        .cpu_us = (uint64_t)result->cpu_us,
	                        .peak_kb = (uint64_t)result->peak_kb,
	                        .wait_us = (uint64_t)j->wait_ms * 1000,
	                        .wall_us = (uint64_t)result->wall_us};
	struct compressor *c = compressor_new();
	enum err e = send_files(j, c, result);
	struct buffer b = {0};

	if (e == OK)
		e = send_proof(j, c, a);
	compressor_free(c);
	if (e != OK)
		return e;
	m.sum = sum_value(&j->peer.out_sum);
	wire_put_result(&b, &m);
	return peer_send(&j->peer, &b);
}
