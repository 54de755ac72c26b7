/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The volunteer's side of distcc's protocols 1 and 2:
 *
 *     DIST v | ARGC n | n x ARGV | DOTI        client
 *     DONE v | STAT | SERR | SOUT | DOTO       volunteer
 *
 * and of 3, its pump mode, in which the client sends its files, and gets a dependency file with every object:
 *
 *     DIST 3 | CDIR | ARGC n | n x ARGV | NFIL k | k x (NAME, FILE or LINK)
 *     DONE 3 | STAT | SERR | SOUT | DOTO | DOTD
 *
 * There is no identity and no refusal: the name of the compiler decides, and a job that is not
 * served is closed without a word; the client then compiles by itself. Bodies of protocols 2 and 3 are LZO.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "compress.h"
#include "distcc_wire.h"
#include "io.h"
#include "log.h"
#include "mirror.h"
#include "path.h"
#include "policy.h"
#include "serve_distcc.h"
#include "stockwire.h"
#include "work.h"
#include "xalloc.h"

/* Deep, so that an output named ../../x lies below the root. */
#define CWD "/dcc/0/1/2/3/4/5/6/7"
#define PATH_MAX_LEN 4096u
#define LZO_TEXT_MAX STOCKWIRE_TEXT_MAX

struct request {
	struct job *job;
	uint32_t version;        /* as sent, and echoed: 0 counts as 1 */
	enum distcc_protocol protocol;
	struct args args;
	struct strv argv;        /* as it runs: the source renamed */
	struct strv env;
	struct strv outputs;
	char *object;            /* absolute, normalised */
	char *cwd;               /* protocol 3: the client's */
	struct mirror *mirror;   /* protocol 3: its files */
	char *dep_file;          /* protocol 3: absolute, or NULL */
	struct work work;
};

static void
say_queued(struct job *j, uint32_t ahead)
{
	log_debug("%s waits behind %u", j->client, (unsigned)ahead);
}

static void
say_nothing(struct job *j)
{
	(void)j;
}

static const struct job_language distcc = {"distcc", say_queued, say_nothing, say_nothing};

static enum err
read_version(struct request *r)
{
	unsigned char bytes[DISTCC_TOKEN_SIZE] = "DIST";
	enum err e = peer_read(&r->job->peer, bytes + 4, sizeof(bytes) - 4);

	if (e == OK)
		e = distcc_get_token(bytes, "DIST", &r->version);
	if (e != OK)
		return e;
	r->job->language_name = r->version == 3 ? "distcc3" : r->version == 2 ? "distcc2" : "distcc1";
	r->protocol = r->version >= 2 ? DISTCC_LZO : DISTCC_RAW;
	r->job->is_pump = r->version == 3;
	if (r->version == 3 && !r->job->offers_pump)
		return job_refuse(r->job, REASON_VIEW, "pump mode is not offered here");
	return r->version > 3 ? ERR_PROTOCOL : OK;
}

static enum err
read_cwd(struct request *r)
{
	enum err e = stockwire_read_string(&r->job->peer, "CDIR", PATH_MAX_LEN, &r->cwd);

	if (e != OK)
		return e;
	if (r->cwd[0] != '/' || (r->cwd[1] != '\0' && !path_is_plain(r->cwd + 1)))
		return job_refuse(r->job, REASON_PROTOCOL, "the working directory %s is no absolute name without \"..\"", r->cwd);
	r->work.cwd = r->cwd;
	return OK;
}

static enum err
read_word(struct request *r, size_t *total)
{
	char *word;
	enum err e = stockwire_read_string(&r->job->peer, "ARGV", DISTCC_ARG_MAX, &word);

	if (e != OK)
		return e;
	strv_take(&r->args.argv, word);
	*total += strlen(word);
	return *total > DISTCC_ARGV_MAX ? ERR_LIMIT : OK;
}

static enum err
read_command(struct request *r)
{
	uint32_t count;
	size_t total = 0;
	enum err e = stockwire_read_token(&r->job->peer, "ARGC", &count);

	if (e != OK)
		return e;
	if (count == 0)
		return job_refuse(r->job, REASON_PROTOCOL, "a command without words");
	if (count > DISTCC_ARGC_MAX)
		return ERR_LIMIT;
	while (e == OK && count-- > 0)
		e = read_word(r, &total);
	return e;
}

/* Does the word need a path of the client's to exist? */
static bool
is_outside(const char *path)
{
	return path[0] == '/' || strncmp(path, "../", 3) == 0 || strstr(path, "/../") != NULL;
}

/* The base name of path as a word that no compiler takes for an option or an argument file. */
static char *
as_word(const char *path)
{
	const char *base = path_base(path);

	return xasprintf("%s%s", base[0] == '-' || base[0] == '@' ? "./" : "", base);
}

/* The words that run: the source becomes preprocessed text under the same stem, in the working directory. */
static void
make_command(struct request *r)
{
	const struct args *a = &r->args;
	char *stem = as_word(a->argv.items[a->source]);
	char *object = as_word(a->object);
	char *name = path_with_extension(stem, args_preprocessed_suffix(a->language));
	bool moves = r->job->confinement->kind != JAIL_NAMESPACES && is_outside(a->object);

	strv_add_all(&r->argv, a->argv.items);
	strv_set(&r->argv, a->source, name);
	if (moves && a->output != 0) {
		char *word = xasprintf("%s%s", a->output_is_joined ? "-o" : "", object);

		strv_set(&r->argv, a->output, word);
		free(word);
	}
	strv_add(&r->outputs, moves ? object : a->object);
	r->object = path_normalise(CWD, r->outputs.items[0]);
	r->work.source = r->argv.items[a->source];
	free(stem);
	free(object);
	free(name);
}

/* Protocol 3: a list of dependencies goes back whether the command asks for one or not, as from distcc's daemon. */
static void
ask_for_dependencies(struct args *a)
{
	for (size_t i = 1; i < a->argv.count; i++) {
		const char *word = a->argv.items[i];

		if (strcmp(word, "-MD") == 0 || strcmp(word, "-MMD") == 0 || strncmp(word, "-Wp,-MD,", 8) == 0 ||
		    strncmp(word, "-Wp,-MMD,", 9) == 0)
			return;
	}
	strv_add(&a->argv, "-MMD");
}

/* Protocol 3: the command as it is, at the client's paths. */
static void
keep_command(struct request *r)
{
	const struct args *a = &r->args;

	strv_add_all(&r->argv, a->argv.items);
	strv_add(&r->outputs, a->object);
	r->object = path_normalise(r->cwd, a->object);
	r->work.source = a->argv.items[a->source];
	if (a->dep_file == NULL)
		return;
	strv_add(&r->outputs, a->dep_file);
	r->dep_file = path_normalise(r->cwd, a->dep_file);
}

static enum err
check_command(struct request *r)
{
	struct job *j = r->job;
	struct args *a = &r->args;
	const char *word;

	j->compiler = xstrdup(a->argv.items[0]);
	enum err e = toolchain_find_name(j->toolchain, a->argv.items[0], &r->work.entry);

	if (e == ERR_MISSING)
		return job_refuse(j, REASON_COMPILER, "no such compiler is offered");
	if (e != OK)
		return e;
	if (r->version == 3)
		ask_for_dependencies(a);
	args_scan(a);
	if (a->source != 0)
		j->source = xstrdup(a->argv.items[a->source]);
	enum reason why = policy_check_command(a, r->work.entry->id.compiler, &word);

	if (why != REASON_NONE)
		return job_refuse(j, REASON_ARGUMENTS, "%s: %s", word != NULL ? word : "the command",
		                  reason_sentence(why));
	if (a->inputs.count > 0)
		return job_refuse(j, REASON_ARGUMENTS, "%s is not here", a->inputs.items[0]);
	if (j->confinement->kind != JAIL_NAMESPACES && !policy_fits_directory(a))
		return job_refuse(j, REASON_VIEW, "no namespaces here: a word of the command may be a path");
	if (a->source == 0 || a->object == NULL)
		return job_refuse(j, REASON_ARGUMENTS, "no source or no output in the command");
	if (r->version == 3)
		keep_command(r);
	else
		make_command(r);
	return OK;
}

static enum err
read_raw(struct request *r, size_t len)
{
	while (len > 0) {
		const unsigned char *data;
		size_t n;
		enum err e = peer_read_some(&r->job->peer, len, &data, &n);

		if (e == OK)
			e = job_write_file(r->job, r->work.text_fd, data, n);
		if (e != OK)
			return e;
		len -= n;
	}
	return OK;
}

static enum err
read_lzo(struct request *r, size_t len)
{
	struct buffer text = {0};
	enum err e = stockwire_read_lzo(&r->job->peer, len, &text);

	if (e == OK)
		e = job_write_file(r->job, r->work.text_fd, text.data, text.len);
	buffer_release(&text);
	return e;
}

static enum err
read_text(struct request *r)
{
	uint32_t len;
	enum err e = stockwire_read_token(&r->job->peer, "DOTI", &len);

	if (e != OK)
		return e;
	if (len > DISTCC_BULK_MAX)
		return ERR_LIMIT;
	e = job_open_file(r->job, &r->work.text_fd);
	if (e != OK)
		return e;
	return r->protocol == DISTCC_LZO ? read_lzo(r, len) : read_raw(r, len);
}

static enum err
read_files(struct request *r)
{
	r->mirror = mirror_new(r->job);
	enum err e = mirror_read(r->mirror);

	if (e == OK)
		r->work.view = mirror_view(r->mirror);
	return e;
}

static enum err
send_raw(struct job *j, const char name[4], int fd, size_t size)
{
	struct buffer b = {0};
	enum err e = OK;

	distcc_put_token(&b, name, (uint32_t)size);
	while (e == OK && (size > 0 || b.len > 0)) {
		size_t want = size < PEER_BUFFER_SIZE ? size : PEER_BUFFER_SIZE;
		ssize_t n = want != 0 ? read(fd, buffer_reserve(&b, want), want) : 0;

		if (n < 0 || (n == 0 && want != 0)) {
			e = ERR_SYSTEM;
			break;
		}
		b.len += (size_t)n;
		size -= (size_t)n;
		e = peer_write(&j->peer, b.data, b.len);
		buffer_clear(&b);
	}
	buffer_release(&b);
	return e;
}

static enum err
send_lzo(struct job *j, const char name[4], int fd)
{
	char *data = NULL;
	size_t len = 0;
	struct buffer packed = {0}, token = {0};
	enum err e = io_read_to_end(fd, LZO_TEXT_MAX / 2, &data, &len);

	if (e != OK)
		return e;
	compress_lzo(data, len, &packed);
	free(data);
	distcc_put_token(&token, name, (uint32_t)packed.len);
	struct iovec iov[2] = {{token.data, token.len}, {packed.data, 0}};

	/* The first piece goes out with its token. */
	iov[1].iov_len = packed.len < PEER_BUFFER_SIZE ? packed.len : PEER_BUFFER_SIZE;
	size_t first = iov[1].iov_len;

	e = peer_writev(&j->peer, iov, 2);
	if (e == OK && packed.len > first)
		e = peer_write(&j->peer, packed.data + first, packed.len - first);
	buffer_release(&packed);
	buffer_release(&token);
	return e;
}

/* fd -1: nothing. */
static enum err
send_bulk(struct request *r, const char name[4], int fd)
{
	struct job *j = r->job;
	off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;

	if (size < 0 || (size > 0 && lseek(fd, 0, SEEK_SET) < 0))
		return ERR_SYSTEM;
	if (r->protocol == DISTCC_LZO && size > 0)
		return send_lzo(j, name, fd);
	return send_raw(j, name, fd, (size_t)size);
}

static const struct jail_output *
find_output(const struct jail_result *result, const char *path)
{
	for (size_t i = 0; i < result->output_count; i++)
		if (strcmp(result->outputs[i].path, path) == 0)
			return &result->outputs[i];
	return NULL;
}

/* Protocol 3, with an object: a client that wants none reads only the token. */
static enum err
send_dependencies(struct request *r, const struct jail_result *result)
{
	const struct jail_output *list = r->dep_file != NULL ? find_output(result, r->dep_file) : NULL;

	return send_bulk(r, "DOTD", list != NULL ? list->fd : -1);
}

static enum err
reply(struct request *r, const struct jail_result *result)
{
	const struct jail_output *object = result->status == 0 ? find_output(result, r->object) : NULL;
	off_t limit = r->protocol == DISTCC_LZO ? (off_t)(LZO_TEXT_MAX / 2) : (off_t)DISTCC_BULK_MAX;
	struct buffer head = {0};

	if (result->status == 0 && object == NULL)
		return job_refuse(r->job, REASON_ARGUMENTS, "the compiler wrote no %s", r->object);
	if (object != NULL && object->size > limit)
		return job_refuse(r->job, REASON_RESOURCE, "the output is too large for distcc's protocol");
	distcc_put_token(&head, "DONE", r->version);
	distcc_put_token(&head, "STAT", (uint32_t)result->status);
	enum err e = peer_write(&r->job->peer, head.data, head.len);

	buffer_release(&head);
	if (e == OK)
		e = send_bulk(r, "SERR", result->stderr_fd);
	if (e == OK)
		e = send_bulk(r, "SOUT", result->stdout_fd);
	if (e == OK)
		e = send_bulk(r, "DOTO", object != NULL ? object->fd : -1);
	if (e == OK && r->version == 3 && object != NULL)
		e = send_dependencies(r, result);
	return e;
}

static enum err
serve(struct request *r)
{
	struct jail_result result = JAIL_RESULT_INIT;
	enum err e = read_version(r);

	if (e == OK && r->version == 3)
		e = read_cwd(r);
	if (e == OK)
		e = read_command(r);
	if (e == OK)
		e = check_command(r);
	if (e == OK)
		e = r->version == 3 ? read_files(r) : read_text(r);
	if (e == OK)
		e = work_run(r->job, &r->work, &result);
	if (e == OK)
		e = reply(r, &result);
	jail_result_release(&result);
	return e;
}

enum err
serve_distcc_run(struct job *j)
{
	struct request r = {.job = j,
	                    .work = {.text_fd = -1, .original_fd = -1, .cwd = CWD, .umask = 022}};

	j->language = &distcc;
	j->language_name = distcc.name;
	r.work.argv = &r.argv;
	r.work.env = &r.env;
	r.work.outputs = &r.outputs;
	enum err e = serve(&r);

	mirror_free(r.mirror);
	args_release(&r.args);
	strv_release(&r.argv);
	strv_release(&r.env);
	strv_release(&r.outputs);
	free(r.object);
	free(r.cwd);
	free(r.dep_file);
	io_close(&r.work.text_fd);
	return e;
}
