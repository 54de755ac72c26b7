/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "path.h"
#include "preprocess.h"
#include "process.h"
#include "xalloc.h"

#define READ_SIZE ((size_t)64 << 10)
/* Lets cpp run ahead of a slow network by this much. */
#define PIPE_SIZE (1 << 20)

/* A dependency file that is an ordinary one gets an unnamed file to write to; *path is then set. */
static enum err
redirect_dependencies(const struct args *a, struct talk_result *result, char **path)
{
	int fd;

	*path = NULL;
	if (a->dep_file == NULL || !outputs_is_placeable(a->dep_file))
		return OK;
	enum err e = outputs_add(&result->outputs, a->dep_file, OUTPUTS_REWRITE, 0666, &fd);

	if (e == OK)
		*path = outputs_last_path(&result->outputs);
	return e;
}

static enum err
open_pipes(int text[2], int err[2], bool wants_text)
{
	if (wants_text && pipe2(text, O_CLOEXEC) < 0)
		return ERR_SYSTEM;
	if (wants_text)
		fcntl(text[1], F_SETPIPE_SZ, PIPE_SIZE);
	return pipe2(err, O_CLOEXEC) < 0 ? ERR_SYSTEM : OK;
}

static enum err
start_child(struct preprocess *p, const char *compiler, const struct strv *argv)
{
	int text[2] = {-1, -1}, err[2] = {-1, -1};
	enum err e = open_pipes(text, err, p->file_fd < 0);

	if (e == OK) {
		struct process_spec spec = {.path = compiler,
		                            .argv = argv->items,
		                            .stdin_fd = -1,
		                            .stdout_fd = p->file_fd < 0 ? text[1] : p->file_fd,
		                            .stderr_fd = err[1],
		                            .own_group = true};

		e = process_start(&spec, &p->pid);
	}
	io_close(&text[1]);
	io_close(&err[1]);
	p->text_fd = text[0];
	p->err_fd = err[0];
	if (e != OK)
		log_warning("cannot start %s: %s", compiler, strerror(errno));
	return e == OK ? OK : ERR_SYSTEM;
}

static enum err
start_cpp(struct preprocess *p, const struct talk_job *job, struct talk_result *result)
{
	struct strv argv = {0};
	char *dep_path;
	enum err e = sched_take_local(job->sched, SCHED_LOCAL_CPP, &p->lock);

	if (e == ERR_CLOSED)
		return e;
	state_enter(job->state, STATE_PREPROCESS, job->host, job->slot);
	e = redirect_dependencies(job->args, result, &dep_path);
	if (e != OK)
		return e;
	args_cpp_command(job->args, job->identity->compiler, p->form, dep_path, &argv);
	if (job->wants_colour)
		strv_add(&argv, "-fdiagnostics-color=always");
	e = start_child(p, job->compiler, &argv);
	strv_release(&argv);
	free(dep_path);
	return e;
}

/* The source is the text already. */
static enum err
open_source(struct preprocess *p, const char *source, enum preprocess_target target)
{
	int *fd = target == PREPROCESS_TO_FILE ? &p->file_fd : &p->text_fd;
	struct stat st;

	*fd = open(source, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (*fd >= 0 && fstat(*fd, &st) == 0 && S_ISREG(st.st_mode))
		return OK;
	io_close(fd);
	return ERR_USAGE;
}

/* DCC_SAVE_TEMPS: a named file, so that a user can look at what was sent. */
static void
open_copy(struct preprocess *p, const struct talk_job *job, const char *source)
{
	char *name = xasprintf("%s/dcc-%ld-%s%s", job->tmpdir, (long)getpid(), path_base(source),
	                       args_preprocessed_suffix(job->args->language));

	/* Another attempt of this job may have left one. */
	unlink(name);
	p->copy_fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (p->copy_fd < 0)
		log_warning("cannot keep the preprocessed text in %s: %s", name, strerror(errno));
	else
		log_notice("the preprocessed text of %s is kept in %s", source, name);
	free(name);
}

static enum err
open_target(struct preprocess *p, const struct talk_job *job, enum preprocess_target target)
{
	if (target == PREPROCESS_TO_PIPE)
		return OK;
	if (p->copy_fd < 0)
		return talk_open_unnamed(job->tmpdir, &p->file_fd);
	p->file_fd = p->copy_fd;
	p->copy_fd = -1;
	return OK;
}

enum err
preprocess_start(struct preprocess *p, const struct talk_job *job, enum args_form form,
                 enum preprocess_target target, struct talk_result *result)
{
	const char *source = job->args->argv.items[job->args->source];

	p->form = form;
	if (form == ARGS_FORM_AS_IS)
		return open_source(p, source, target);
	p->has_filter = form == ARGS_FORM_DIRECTIVES && job->identity->compiler == ARGS_GCC;
	p->has_pragmas = p->has_filter;
	if (p->has_filter)
		textfilter_init(&p->filter, source);
	if (job->saves_temps)
		open_copy(p, job, source);
	enum err e = open_target(p, job, target);

	return e == OK ? start_cpp(p, job, result) : e;
}

/* Takes n bytes that were read to data; 0 is the end. */
static void
take_text(struct preprocess *p, const unsigned char *data, size_t n, struct buffer *out)
{
	if (n == 0) {
		io_close(&p->text_fd);
		textfilter_finish(&p->filter, out);
		return;
	}
	textfilter_add(&p->filter, data, n, out);
	/* Behind the head every byte passes: no more copying. */
	p->has_filter = !p->filter.is_through;
}

enum err
preprocess_read(struct preprocess *p, struct buffer *out)
{
	unsigned char data[READ_SIZE / 8];
	size_t before = out->len;
	ssize_t n = p->has_filter ? read(p->text_fd, data, sizeof(data))
	                          : read(p->text_fd, buffer_reserve(out, READ_SIZE), READ_SIZE);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? OK : ERR_SYSTEM;
	p->is_read = true;
	if (p->has_filter)
		take_text(p, data, (size_t)n, out);
	else if (n == 0)
		io_close(&p->text_fd);
	else
		out->len += (size_t)n;
	if (p->has_pragmas)
		pragmas_add(&p->pragmas, out->data + before, out->len - before);
	if (p->pragmas.is_lost)
		return ERR_USAGE;
	if (p->copy_fd >= 0)
		return io_write_exactly(p->copy_fd, out->data + before, out->len - before,
		                        IO_NO_DEADLINE);
	return OK;
}

enum err
preprocess_read_messages(struct preprocess *p)
{
	ssize_t n = read(p->err_fd, buffer_reserve(&p->messages, 4096), 4096);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? OK : ERR_SYSTEM;
	if (n == 0)
		io_close(&p->err_fd);
	p->messages.len += (size_t)n;
	return p->messages.len > PREPROCESS_MESSAGES_MAX ? ERR_LIMIT : OK;
}

enum err
preprocess_finish(struct preprocess *p)
{
	int status = 0;

	if (p->pid != 0) {
		enum err e = process_wait(p->pid, &status);

		p->pid = 0;
		if (e != OK)
			return e;
	}
	locks_release(&p->lock);
	return process_exit_code(status) == 0 ? OK : ERR_USAGE;
}

void
preprocess_release(struct preprocess *p)
{
	io_close(&p->text_fd);
	io_close(&p->err_fd);
	io_close(&p->file_fd);
	io_close(&p->copy_fd);
	if (p->pid != 0)
		process_stop_group(p->pid, 1000);
	p->pid = 0;
	buffer_release(&p->messages);
	textfilter_release(&p->filter);
	pragmas_release(&p->pragmas);
	locks_release(&p->lock);
}
