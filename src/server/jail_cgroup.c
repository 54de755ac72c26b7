/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two versions of one idea. OWN is the cgroup that the daemon was started in: its limits stay above ours.
 *
 *     v2   OWN/dccd-PID/daemon     the daemon: a cgroup that hands controllers down must have no process itself
 *          OWN/dccd-PID/job-PID    memory.max, pids.max, cpu.max
 *     v1   OWN/dccd-PID/job-PID    in memory's hierarchy (memory.limit_in_bytes), in that of pids (pids.max), of cpu (cpu.cfs_quota_us)
 *
 * Root makes OWN/dccd-PID and gives it to the user who makes the jobs' folders in it. A lock on it shows that its daemon or
 * a job lives. That user cannot remove it: under v1 a keeper does, a process that hears nothing but the end of the others.
 * Under v2 it could be nowhere (not in OWN, which must be empty, nor in what it removes): the next start removes it.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup_place.h"
#include "io.h"
#include "jail_cgroup.h"
#include "leftovers.h"
#include "log.h"
#include "path.h"
#include "xalloc.h"

#define PREFIX "dccd-"
#define TEXT_MAX ((size_t)1 << 20)
#define NAMES_MAX 10
/* A process that was waited for may be counted a little longer. */
#define REMOVAL_TRIES 50
#define REMOVAL_PAUSE_US 2000
/* The kernel counts processor time anew after each of these; its own default. */
#define PERIOD_US 100000

struct hierarchy {
	char *own;
	char *base; /* NULL: not made yet */
	int lock_fd;
	unsigned controls;
};

struct jail_cgroup {
	int version;
	unsigned wanted;
	struct hierarchy list[JAIL_CGROUP_FOLDERS];
	unsigned count;
	int keeper_fd; /* its end is the keeper's beginning */
	char *why_not; /* the first thing that did not work */
};

static const struct controller {
	const char *name;
	unsigned control;
	const char *what;
	const char *limit[2]; /* the file's name in v1, v2 */
} controllers[] = {
	{"memory", JAIL_CGROUP_MEMORY, "memory", {"memory.limit_in_bytes", "memory.max"}},
	{"pids", JAIL_CGROUP_PROCESSES, "the number of processes", {"pids.max", "pids.max"}},
	{"cpu", JAIL_CGROUP_PROCESSORS, "processors", {"cpu.cfs_quota_us", "cpu.max"}},
};

#define CONTROLLERS (sizeof(controllers) / sizeof(controllers[0]))

static bool
write_text(const char *folder, const char *name, const char *text)
{
	char *path = path_join(folder, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	int failed = errno;

	free(path);
	io_close(&fd);
	errno = failed;
	return is_written;
}

/* Yours; NULL when there is no such file. */
static char *
read_text(const char *folder, const char *name)
{
	char *path = path_join(folder, name), *text;
	size_t len;
	enum err e = io_read_file(path, TEXT_MAX, &text, &len);

	free(path);
	return e == OK ? text : NULL;
}

static void
give_up(struct jail_cgroup *c, const char *folder, const char *what)
{
	if (c->why_not == NULL)
		c->why_not = xasprintf("%s: %s: %s", folder, what, strerror(errno));
}

/* Takes own. Two controllers may share a hierarchy. */
static void
add_hierarchy(struct jail_cgroup *c, char *own, unsigned control)
{
	for (unsigned i = 0; i < c->count; i++) {
		if (strcmp(c->list[i].own, own) != 0)
			continue;
		c->list[i].controls |= control;
		free(own);
		return;
	}
	c->list[c->count++] = (struct hierarchy){.own = own, .lock_fd = -1, .controls = control};
}

static void
find_hierarchies(struct jail_cgroup *c, const char *mounts, const char *cgroups)
{
	char *own = cgroup_place_find(mounts, cgroups, "");
	char *offer = own != NULL ? read_text(own, "cgroup.controllers") : NULL;

	for (size_t i = 0; offer != NULL && i < CONTROLLERS; i++)
		if ((c->wanted & controllers[i].control) != 0 && cgroup_place_has_word(offer, controllers[i].name))
			add_hierarchy(c, xstrdup(own), controllers[i].control);
	free(offer);
	free(own);
	c->version = c->count > 0 ? 2 : 1;
	for (size_t i = 0; c->version == 1 && i < CONTROLLERS; i++) {
		bool is_wanted = (c->wanted & controllers[i].control) != 0;

		own = is_wanted ? cgroup_place_find(mounts, cgroups, controllers[i].name) : NULL;
		if (own != NULL)
			add_hierarchy(c, own, controllers[i].control);
	}
}

static bool
remove_folder(const char *path)
{
	for (int i = 0; rmdir(path) < 0; i++) {
		if (errno != EBUSY || i == REMOVAL_TRIES)
			return errno == ENOENT;
		usleep(REMOVAL_PAUSE_US);
	}
	return true;
}

/* Folders only: the files of a cgroup are the kernel's. */
static void
remove_base(const char *base)
{
	DIR *dir = opendir(base);

	if (dir == NULL)
		return;
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		char *path = path_join(base, entry->d_name);

		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			remove_folder(path);
		free(path);
	}
	closedir(dir);
	remove_folder(base);
}

/* Another daemon that starts may remove what we have not locked yet; one of another pid namespace may have our name. */
static bool
make_base(struct hierarchy *h)
{
	for (unsigned i = 0; i < NAMES_MAX; i++) {
		char *path = xasprintf("%s/" PREFIX "%ld.%u", h->own, (long)getpid(), i);

		if (mkdir(path, 0755) == 0 && leftovers_lock(path, &h->lock_fd)) {
			h->base = path;
			return true;
		}
		free(path);
		if (errno != EEXIST && errno != EWOULDBLOCK && errno != ENOENT)
			return false;
	}
	return false;
}

/* Once the daemon has a cgroup below, controllers can be handed down: to ours, and on to the jobs'. */
static bool
hand_down(const struct hierarchy *h)
{
	char *daemon = path_join(h->base, "daemon");
	const char *folders[] = {h->own, h->base};
	bool is_done = mkdir(daemon, 0755) == 0 && write_text(daemon, "cgroup.procs", "0");

	for (size_t i = 0; i < CONTROLLERS; i++) {
		char *word = xasprintf("+%s", controllers[i].name);

		for (size_t k = 0; k < 2 && (h->controls & controllers[i].control) != 0; k++)
			is_done = is_done && write_text(folders[k], "cgroup.subtree_control", word);
		free(word);
	}
	if (!is_done) {
		int failed = errno;

		write_text(h->own, "cgroup.procs", "0");
		remove_folder(daemon);
		errno = failed;
	}
	free(daemon);
	return is_done;
}

/* Under v2 a process may be moved by who may write to the file of the folder above both places. */
static bool
give_base(const struct jail_cgroup *c, const struct hierarchy *h, uid_t uid, gid_t gid)
{
	char *entry = path_join(h->base, "cgroup.procs");
	bool is_given = chown(h->base, uid, gid) == 0 && (c->version == 1 || chown(entry, uid, gid) == 0);

	free(entry);
	return is_given;
}

static void
release_hierarchy(struct hierarchy *h)
{
	io_close(&h->lock_fd);
	free(h->own);
	free(h->base);
}

static void
prepare(struct jail_cgroup *c, uid_t uid, gid_t gid)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < c->count; i++) {
		struct hierarchy *h = &c->list[i];

		leftovers_sweep(h->own, PREFIX, remove_base);
		if (make_base(h) && (c->version == 1 || hand_down(h)) && give_base(c, h, uid, gid)) {
			c->list[kept++] = *h;
			continue;
		}
		give_up(c, h->own, "no cgroup can be made");
		if (h->base != NULL)
			remove_base(h->base);
		release_hierarchy(h);
	}
	c->count = kept;
}

/* Nothing of the daemon's stays open here, but the one end that it waits for. */
static void __attribute__((noreturn))
keep(const struct jail_cgroup *c, int fd)
{
	const int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	struct sigaction sa = {.sa_handler = SIG_IGN};
	ssize_t n;
	char byte;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		sigaction(ignored[i], &sa, NULL);
	prctl(PR_SET_NAME, "dccd-keeper", 0, 0, 0);
	setsid();
	dup2(fd, 0);
	close_range(1, ~0U, 0);
	if (chdir("/") < 0)
		_exit(1);
	while ((n = read(0, &byte, 1)) < 0 && errno == EINTR)
		;
	for (unsigned i = 0; n == 0 && i < c->count; i++)
		remove_base(c->list[i].base);
	_exit(0);
}

static void
start_keeper(struct jail_cgroup *c)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	pid_t pid = fork();

	/* Twice: it is nobody's child, whom nobody has to wait for. */
	if (pid == 0) {
		close(ends[1]);
		if (fork() == 0)
			keep(c, ends[0]);
		_exit(0);
	}
	close(ends[0]);
	c->keeper_fd = ends[1];
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

struct jail_cgroup *
jail_cgroup_new(const char *proc, uid_t uid, gid_t gid, unsigned wanted)
{
	struct jail_cgroup *c = xcalloc(1, sizeof(*c));
	char *mounts = read_text(proc, "mountinfo"), *cgroups = read_text(proc, "cgroup");

	c->wanted = wanted;
	c->keeper_fd = -1;
	if (mounts != NULL && cgroups != NULL)
		find_hierarchies(c, mounts, cgroups);
	free(mounts);
	free(cgroups);
	prepare(c, uid, gid);
	if (c->version == 1 && c->count > 0)
		start_keeper(c);
	return c;
}

unsigned
jail_cgroup_controls(const struct jail_cgroup *c)
{
	unsigned all = 0;

	for (unsigned i = 0; i < c->count; i++)
		all |= c->list[i].controls;
	return all;
}

void
jail_cgroup_try(struct jail_cgroup *c)
{
	struct jail_cgroup_job job = {0};
	int status = 0;

	if (c == NULL || c->count == 0)
		return;
	jail_cgroup_begin(c, &(struct jail_cgroup_limits){.memory = (int64_t)1 << 30, .processors = 1}, &job);
	pid_t pid = fork();

	if (pid == 0)
		_exit(jail_cgroup_enter(&job) == OK ? 0 : errno & 0xff);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (job.controls != jail_cgroup_controls(c) || status != 0) {
		errno = WIFEXITED(status) && status != 0 ? WEXITSTATUS(status) : EACCES;
		give_up(c, c->list[0].base, "no job can be put there");
		for (unsigned i = 0; i < c->count; i++)
			c->list[i].controls = 0;
	}
	jail_cgroup_end(&job);
}

/* "processors, memory and the number of processes". Yours. */
static char *
name_controls(unsigned controls)
{
	char *text = xstrdup("");

	for (size_t i = 0; i < CONTROLLERS; i++) {
		if ((controls & controllers[i].control) == 0)
			continue;
		controls &= ~controllers[i].control;
		char *longer = xasprintf("%s%s%s", text, text[0] == '\0' ? "" : controls != 0 ? ", " : " and ", controllers[i].what);

		free(text);
		text = longer;
	}
	return text;
}

char *
jail_cgroup_describe(const struct jail_cgroup *c)
{
	unsigned controls = jail_cgroup_controls(c);
	const char *why = c->why_not != NULL ? c->why_not : "no cgroup has the controllers";

	if (controls == 0)
		return xasprintf("what bounds a job: rlimits for each process (%s)", why);
	bool is_all = controls == c->wanted;
	char *names = name_controls(controls), *others = name_controls(c->wanted & ~controls);
	char *all = xasprintf("what bounds a job: cgroup v%d for %s, below %s%s%s%s%s%s", c->version, names, c->list[0].base,
	                      is_all ? "" : ", not for ", others, is_all ? "" : " (", is_all ? "" : why,
	                      is_all ? "" : ")");

	free(others);
	free(names);
	return all;
}

void
jail_cgroup_free(struct jail_cgroup *c)
{
	if (c == NULL)
		return;
	for (unsigned i = 0; i < c->count; i++)
		release_hierarchy(&c->list[i]);
	io_close(&c->keeper_fd);
	free(c->why_not);
	free(c);
}

/* What may be missing: swap, when it is not counted; the rest came late. */
static void
set_more(int version, const char *folder, const char *memory)
{
	if (version == 1) {
		write_text(folder, "memory.memsw.limit_in_bytes", memory);
		return;
	}
	write_text(folder, "memory.swap.max", "0");
	write_text(folder, "memory.oom.group", "1");
}

/* What is written for one controller; "": nothing. */
static void
put_limit(const struct jail_cgroup *c, unsigned control, const struct jail_cgroup_limits *limits, char text[64])
{
	long long quota = (long long)limits->processors * PERIOD_US;

	text[0] = '\0';
	if (control == JAIL_CGROUP_PROCESSES)
		snprintf(text, 64, "%d", JAIL_PROCESSES_MAX);
	else if (control == JAIL_CGROUP_MEMORY && limits->memory != 0)
		snprintf(text, 64, "%lld", (long long)limits->memory);
	else if (control == JAIL_CGROUP_PROCESSORS && quota != 0 && c->version == 1)
		snprintf(text, 64, "%lld", quota);
	else if (control == JAIL_CGROUP_PROCESSORS && quota != 0)
		snprintf(text, 64, "%lld %d", quota, PERIOD_US);
}

static bool
set_limits(const struct jail_cgroup *c, const struct hierarchy *h, const char *folder, const struct jail_cgroup_limits *limits)
{
	char text[64];

	for (size_t i = 0; i < CONTROLLERS; i++) {
		put_limit(c, h->controls & controllers[i].control, limits, text);
		if (text[0] == '\0')
			continue;
		if (!write_text(folder, controllers[i].limit[c->version - 1], text))
			return false;
		if (controllers[i].control == JAIL_CGROUP_MEMORY)
			set_more(c->version, folder, text);
	}
	return true;
}

/* Takes folder, which was made or not. */
static void
add_folder(const struct jail_cgroup *c, const struct hierarchy *h, char *folder, const struct jail_cgroup_limits *limits,
           struct jail_cgroup_job *job)
{
	/* One of a dead process that had our number. */
	bool is_made = mkdir(folder, 0755) == 0 || (errno == EEXIST && remove_folder(folder) && mkdir(folder, 0755) == 0);
	char *entry = path_join(folder, "cgroup.procs");
	int fd = is_made && set_limits(c, h, folder, limits) ? open(entry, O_WRONLY | O_CLOEXEC) : -1;

	free(entry);
	if (fd >= 0) {
		job->folders[job->count] = folder;
		job->entries[job->count++] = fd;
		job->controls |= h->controls;
		return;
	}
	log_warning("no cgroup %s, so rlimits bound the job: %s", folder, strerror(errno));
	if (is_made)
		remove_folder(folder);
	free(folder);
}

void
jail_cgroup_begin(const struct jail_cgroup *c, const struct jail_cgroup_limits *limits, struct jail_cgroup_job *job)
{
	for (unsigned i = 0; c != NULL && i < c->count; i++)
		if (c->list[i].controls != 0)
			add_folder(c, &c->list[i], xasprintf("%s/job-%ld", c->list[i].base, (long)getpid()), limits, job);
}

enum err
jail_cgroup_enter(const struct jail_cgroup_job *job)
{
	for (unsigned i = 0; i < job->count; i++)
		if (write(job->entries[i], "0", 1) != 1)
			return ERR_SYSTEM;
	return OK;
}

void
jail_cgroup_kill(const struct jail_cgroup_job *job)
{
	for (unsigned i = 0; i < job->count; i++)
		write_text(job->folders[i], "cgroup.kill", "1");
}

/* Of lines "oom_kill 1": v2's memory.events, v1's memory.oom_control. */
static bool
counts_kill(const char *folder, const char *name)
{
	char *text = read_text(folder, name);
	const char *at = text != NULL ? strstr(text, "oom_kill ") : NULL;
	bool is_counted = at != NULL && strtol(&at[strlen("oom_kill ")], NULL, 10) > 0;

	free(text);
	return is_counted;
}

bool
jail_cgroup_had_oom(const struct jail_cgroup_job *job)
{
	for (unsigned i = 0; i < job->count; i++)
		if (counts_kill(job->folders[i], "memory.events") || counts_kill(job->folders[i], "memory.oom_control"))
			return true;
	return false;
}

void
jail_cgroup_end(struct jail_cgroup_job *job)
{
	for (unsigned i = 0; i < job->count; i++) {
		io_close(&job->entries[i]);
		if (!remove_folder(job->folders[i]))
			log_warning("cannot remove %s: %s", job->folders[i], strerror(errno));
		free(job->folders[i]);
	}
	*job = (struct jail_cgroup_job){0};
}
