/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The volunteer's side of dcc-protocol(5):
 *
 *     HELLO -> JOB -> FILES -> RUN
 *                     FILES: FILE, DATA..., END, again for each file
 *
 * and for form 4, whose files go to the store:
 *
 *     HELLO -> JOB -> MANIFEST -> FILES -> RUN [we: WANT -> FILES -> RUN]...
 *
 * A job is judged as soon as its Job message is complete, while the source is still on its way. The
 * text is decompressed into a file without a name: however long it is, this process stays small.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "autoconf.h"
#include "compress.h"
#include "io.h"
#include "jail_plan.h"
#include "log.h"
#include "path.h"
#include "policy.h"
#include "proof.h"
#include "serve_files.h"
#include "serve_native.h"
#include "specs.h"
#include "wire.h"
#include "work.h"
#include "xalloc.h"

#define TEXT_MAX ((uint64_t)256 << 20)
#define BLOB_MAX ((uint64_t)1 << 30)

enum phase { WANT_HELLO, WANT_JOB, WANT_MANIFEST, WANT_FILE, IN_FILE, COMPLETE };

struct request {
	struct job *job;
	enum phase phase;
	struct wire_job wire;
	struct strv env;
	struct strv argv;        /* as it runs here */
	char *specs;             /* of JAIL_SPECS, or NULL */
	struct files *files;     /* form 4; else NULL */
	struct proof proof;
	struct work work;
	uint64_t sum;            /* of all bytes before the current message */
	int *file;               /* where Data goes: one of work's two */
	uint64_t file_size;
	struct decompressor *decompressor;
};

static void
send_quietly(struct job *j, struct buffer *b)
{
	/* A client that does not hear this is seen to be gone by the next wait. */
	if (peer_send(&j->peer, b) != OK)
		log_debug("%s does not listen", j->client);
}

static void
say_queued(struct job *j, uint32_t ahead)
{
	struct buffer b = {0};

	wire_put_queued(&b, &(struct wire_queued){.ahead = ahead});
	send_quietly(j, &b);
}

static void
say_compiling(struct job *j)
{
	struct buffer b = {0};

	wire_put_empty(&b, WIRE_COMPILE);
	send_quietly(j, &b);
}

static void
say_refused(struct job *j)
{
	struct buffer b = {0};
	char *text = j->text != NULL ? j->text : xstrdup(reason_sentence(j->reason));

	wire_put_refused(&b, &(struct wire_refused){.reason = (uint32_t)j->reason, .text = text});
	send_quietly(j, &b);
	if (text != j->text)
		free(text);
}

static const struct job_language native = {"native", say_queued, say_compiling, say_refused};

enum err
serve_native_greet(struct job *j)
{
	char software[] = "dccd " PACKAGE_VERSION;
	struct wire_hello hello = {.version = WIRE_VERSION,
	                           .software = software,
	                           .slots = j->settings->jobs,
	                           .running = j->running,
	                           .queued = j->queued};
	struct buffer b = {0};

	j->language = &native;
	j->language_name = native.name;
	if (j->confinement->kind == JAIL_NAMESPACES)
		hello.features |= WIRE_FEATURE_VIEW;
	if (j->offers_pump)
		hello.features |= WIRE_FEATURE_PUMP;
	buffer_add(&b, WIRE_MAGIC, WIRE_MAGIC_SIZE);
	wire_put_hello(&b, &hello);
	return peer_send(&j->peer, &b);
}

/* The body of a message that is parsed as a whole; memory is taken as the bytes arrive. */
static enum err
read_body(struct job *j, size_t len, struct buffer *body)
{
	while (body->len < len) {
		const unsigned char *data;
		size_t n;
		enum err e = peer_read_some(&j->peer, len - body->len, &data, &n);

		if (e != OK)
			return e;
		buffer_add(body, data, n);
	}
	return OK;
}

static enum err
take_hello(struct request *r, const struct buffer *body)
{
	struct wire_hello hello = {0};
	enum err e = wire_get_hello(body->data, body->len, &hello);

	if (e == OK && hello.version != WIRE_VERSION)
		e = job_refuse(r->job, REASON_PROTOCOL, "version %u of the protocol is not spoken here",
		               (unsigned)hello.version);
	if (e == OK)
		r->phase = WANT_JOB;
	wire_hello_release(&hello);
	return e;
}

static enum err
find_compiler(struct request *r)
{
	struct job *j = r->job;
	enum err e = toolchain_find_digest(j->toolchain, r->wire.digest,
	                                   (enum identity_language)r->wire.language, &r->work.entry);

	if (e != ERR_MISSING)
		return e;
	char *offer = toolchain_describe(j->toolchain);

	e = job_refuse(j, REASON_COMPILER, "offered are %s", offer);
	free(offer);
	return e;
}

/* Without namespaces only what stays below the working directory can be shown, and no directory's name may matter. */
static enum err
check_view(struct request *r, const struct args *a)
{
	bool is_absolute = a->argv.items[a->source][0] == '/';

	if (r->wire.form == ARGS_FORM_FILES)
		return OK;
	if (r->job->confinement->kind == JAIL_NAMESPACES)
		return OK;
	for (size_t i = 0; i < r->wire.outputs.count; i++)
		is_absolute = is_absolute || r->wire.outputs.items[i][0] == '/';
	if (!is_absolute && !a->has_debug && r->wire.form != ARGS_FORM_DIRECTIVES &&
	    policy_fits_directory(a))
		return OK;
	return job_refuse(r->job, REASON_VIEW, "no namespaces here: the client's paths cannot be shown");
}

/* A job in pump mode: how its proof is come by. */
static enum err
plan_proof(struct request *r, const struct args *a)
{
	struct job *j = r->job;

	if (r->wire.form != ARGS_FORM_FILES)
		return OK;
	if (!j->offers_pump)
		return job_refuse(j, REASON_VIEW, "pump mode is not offered here");
	if (proof_plan(&r->proof, a, r->work.entry->id.compiler, r->wire.cwd) == OK)
		return OK;
	return job_refuse(j, REASON_VIEW, "clang would record the option that makes it list what it reads");
}

/* -march=native means what the client says, where the compiler can be told. */
static enum err
take_native(struct request *r)
{
	struct job *j = r->job;

	if (r->wire.native.count == 0)
		return OK;
	if (r->work.entry->id.compiler == ARGS_GCC)
		r->specs = specs_make(&r->wire.native);
	if (r->specs == NULL)
		return job_refuse(j, REASON_ARGUMENTS, "%s: no word of a gcc for a processor", r->wire.native.items[0]);
	return j->confinement->kind == JAIL_NAMESPACES ? OK : job_refuse(j, REASON_VIEW, "no namespaces here: gcc cannot be told of another processor");
}

static enum err
check_command(struct request *r)
{
	struct args a = {.is_native_known = r->wire.native.count > 0};
	const char *word;

	strv_add_all(&a.argv, r->wire.argv.items);
	args_scan(&a);
	enum reason why = policy_check_command(&a, r->work.entry->id.compiler, &word);
	enum err e = OK;

	if (why != REASON_NONE)
		e = job_refuse(r->job, REASON_ARGUMENTS, "%s: %s", word != NULL ? word : "the command",
		               reason_sentence(why));
	else if (r->wire.form != ARGS_FORM_FILES && a.inputs.count > 0)
		e = job_refuse(r->job, REASON_ARGUMENTS, "%s is not here", a.inputs.items[0]);
	else if (a.source != r->wire.source)
		e = job_refuse(r->job, REASON_ARGUMENTS, "the source is another word of the command");
	else
		e = check_view(r, &a);
	if (e == OK)
		e = plan_proof(r, &a);
	args_release(&a);
	return e;
}

static bool
is_normal_path(const char *path)
{
	if (path[0] != '/')
		return false;
	char *normal = path_normalise("/", path);
	bool same = strcmp(normal, path) == 0;

	free(normal);
	return same;
}

static void
fill_work(struct request *r)
{
	const struct wire_job *w = &r->wire;

	policy_filter_env(&w->env, (enum args_form)w->form, &r->env);
	r->work.argv = &r->argv;
	if (r->job->is_pump) {
		proof_command(&r->proof, &w->argv, &r->argv, &r->env);
		r->work.kept = PROOF_KEPT;
	} else {
		strv_add_all(&r->argv, w->argv.items);
	}
	r->work.specs = r->specs;
	if (r->specs != NULL)
		strv_add(&r->argv, "-specs=" JAIL_SPECS);
	r->work.env = &r->env;
	r->work.outputs = &w->outputs;
	r->work.cwd = w->cwd;
	r->work.source = w->argv.items[w->source];
	r->work.umask = (mode_t)(w->umask & 0777);
}

static enum err
take_job(struct request *r, const struct buffer *body)
{
	struct wire_job *w = &r->wire;
	enum err e = wire_get_job(body->data, body->len, w);

	if (e != OK)
		return e;
	if (w->argv.count == 0 || w->source == 0 || w->source >= w->argv.count ||
	    w->language >= IDENTITY_LANGUAGES || w->form < ARGS_FORM_AS_IS ||
	    w->form > ARGS_FORM_FILES || !is_normal_path(w->cwd))
		return ERR_PROTOCOL;
	r->job->is_pump = w->form == ARGS_FORM_FILES;
	r->job->compiler = xstrdup(w->argv.items[0]);
	r->job->source = xstrdup(w->argv.items[w->source]);
	e = find_compiler(r);
	if (e == OK)
		e = take_native(r);
	if (e == OK)
		e = check_command(r);
	if (e != OK)
		return e;
	fill_work(r);
	r->phase = WANT_FILE;
	if (r->job->is_pump) {
		r->files = files_new(r->job);
		r->phase = WANT_MANIFEST;
	}
	return OK;
}

static enum err
take_manifest(struct request *r, const struct buffer *body)
{
	r->phase = WANT_FILE;
	return files_take_manifest(r->files, body);
}

/* A file of the text: which one its role says. */
static enum err
begin_text(struct request *r, uint32_t role)
{
	r->file = role == WIRE_ROLE_TEXT ? &r->work.text_fd : role == WIRE_ROLE_ORIGINAL ? &r->work.original_fd : NULL;
	if (r->file == NULL || *r->file >= 0)
		return ERR_PROTOCOL;
	return job_open_file(r->job, r->file);
}

static enum err
take_file(struct request *r, const struct buffer *body)
{
	struct wire_file file = {0};
	enum err e = wire_get_file(body->data, body->len, &file);

	if (e != OK)
		return e;
	if (r->files == NULL)
		e = begin_text(r, file.role);
	else
		e = file.role == WIRE_ROLE_BLOB ? files_begin_blob(r->files, file.path) : ERR_PROTOCOL;
	wire_file_release(&file);
	r->file_size = 0;
	r->phase = IN_FILE;
	decompressor_reset(r->decompressor);
	return e;
}

static enum err
store(void *context, const void *data, size_t len)
{
	struct request *r = context;

	r->file_size += len;
	if (r->file_size > (r->files != NULL ? BLOB_MAX : TEXT_MAX))
		return ERR_LIMIT;
	return r->files != NULL ? files_add(r->files, data, len) : job_write_file(r->job, *r->file, data, len);
}

static enum err
take_data(struct request *r, size_t len)
{
	while (len > 0) {
		const unsigned char *data;
		size_t n;
		enum err e = peer_read_some(&r->job->peer, len, &data, &n);

		if (e == OK)
			e = decompressor_add(r->decompressor, data, n, store, r);
		if (e != OK)
			return e;
		len -= n;
	}
	return OK;
}

static enum err
take_end(struct request *r, const struct buffer *body)
{
	struct wire_end end = {0};
	enum err e = wire_get_end(body->data, body->len, &end);

	if (e != OK)
		return e;
	r->phase = WANT_FILE;
	if (!decompressor_has_ended(r->decompressor) || end.size != r->file_size)
		return ERR_PROTOCOL;
	return r->files != NULL ? files_end_blob(r->files) : OK;
}

/* What else is needed before the job in pump mode can run; then Run comes again. */
static enum err
ask_for_files(struct request *r, struct wire_want *want)
{
	struct buffer b = {0};

	wire_put_want(&b, want);
	wire_want_release(want);
	r->phase = WANT_FILE;
	return peer_send(&r->job->peer, &b);
}

static enum err
take_run(struct request *r, const struct buffer *body)
{
	struct wire_want want;
	struct wire_run run;
	enum err e = wire_get_run(body->data, body->len, &run);

	if (e != OK)
		return e;
	if (run.sum != r->sum)
		return job_refuse(r->job, REASON_DAMAGED, "the sum of the request is another");
	r->phase = COMPLETE;
	if (r->files == NULL)
		return r->work.text_fd >= 0 ? OK : ERR_PROTOCOL;
	e = files_prepare(r->files, &want);

	return e == ERR_MISSING ? ask_for_files(r, &want) : e;
}

/* What may come in which phase. Data is not here: it is not read as a whole. */
static const struct rule {
	enum phase phase;
	enum wire_type type;
	enum err (*take)(struct request *r, const struct buffer *body);
} rules[] = {
	{WANT_HELLO, WIRE_HELLO, take_hello}, {WANT_JOB, WIRE_JOB, take_job},
	{WANT_FILE, WIRE_FILE, take_file},    {IN_FILE, WIRE_END, take_end},
	{WANT_FILE, WIRE_RUN, take_run},      {WANT_MANIFEST, WIRE_MANIFEST, take_manifest},
};

static enum err
take_message(struct request *r, enum wire_type type, size_t len)
{
	struct buffer body = {0};

	if (type == WIRE_DATA && r->phase == IN_FILE)
		return take_data(r, len);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].phase != r->phase || rules[i].type != type)
			continue;
		enum err e = read_body(r->job, len, &body);

		if (e == OK)
			e = rules[i].take(r, &body);
		buffer_release(&body);
		return e;
	}
	return ERR_PROTOCOL;
}

static enum err
read_request(struct request *r)
{
	while (r->phase != COMPLETE) {
		unsigned char header[WIRE_HEADER_SIZE];
		enum wire_type type;
		size_t len;

		r->sum = sum_value(&r->job->peer.in_sum);
		enum err e = peer_read(&r->job->peer, header, sizeof(header));

		if (e == OK)
			e = wire_get_header(header, WIRE_CLIENT, &type, &len);
		if (e == OK)
			e = take_message(r, type, len);
		if (e != OK)
			return e;
	}
	return OK;
}

/* The answer of a job in pump mode says what the compiler has read. */
static enum err
answer_with_proof(struct request *r, struct answer *a)
{
	const struct manifest *m = files_manifest(r->files);
	struct strv names = {0};
	struct wire_proof proof;

	proof_read(&r->proof, a->result, r->work.source, &names, &proof);
	const unsigned char *expected = proof.kind == WIRE_PROOF_ALL ? m->expected : m->expected_user;

	a->proof = &proof;
	if (memcmp(proof.digest, expected, sizeof(proof.digest)) != 0) {
		log_info("%s: %s was compiled from other files than expected", r->job->client, r->job->source);
		a->dependencies = &names;
	}
	enum err e = answer_send(r->job, a);

	strv_release(&names);
	return e;
}

static enum err
serve(struct request *r)
{
	struct jail_result result = JAIL_RESULT_INIT;
	struct answer answer = {.result = &result};
	enum err e = serve_native_greet(r->job);

	if (e == OK)
		e = read_request(r);
	if (e != OK)
		return e;
	decompressor_free(r->decompressor);
	r->decompressor = NULL;
	if (r->files != NULL)
		r->work.view = files_view(r->files);
	e = work_run(r->job, &r->work, &result);
	if (e == OK)
		e = r->files != NULL ? answer_with_proof(r, &answer) : answer_send(r->job, &answer);
	jail_result_release(&result);
	return e;
}

enum err
serve_native_run(struct job *j)
{
	struct request r = {.job = j,
	                    .work = {.text_fd = -1, .original_fd = -1},
	                    .decompressor = decompressor_new()};
	enum err e = serve(&r);

	decompressor_free(r.decompressor);
	files_free(r.files);
	proof_release(&r.proof);
	wire_job_release(&r.wire);
	strv_release(&r.env);
	strv_release(&r.argv);
	free(r.specs);
	io_close(&r.work.text_fd);
	io_close(&r.work.original_fd);
	return e;
}
