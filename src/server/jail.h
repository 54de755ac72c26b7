/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_JAIL_H
#define DCC_JAIL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "strv.h"
#include "view.h"

/*
 * Runs one compiler confined. With namespaces: a user, mount, pid, ipc, uts and network namespace of the
 * job's own, with the toolchain read-only and the client's folders at the client's paths; all files live on a
 * tmpfs that vanishes with the job. Without: a private directory below work_dir, for jobs that name no absolute path.
 * A job with a view sees the client's files, read-only, below all that: only with namespaces.
 */
enum jail_kind { JAIL_NONE, JAIL_NAMESPACES, JAIL_DIRECTORY };

/* How the source text reaches the compiler. */
enum jail_feed {
	JAIL_FEED_FILE, /* an ordinary file under its name */
	/*
	 * A FIFO under its name that becomes the original file before the compiler sees the end of the
	 * text: a compiler that reads the source again, to quote a line in a diagnostic, quotes the user's.
	 */
	JAIL_FEED_FIFO
};

/* The system call filter of a kind of jail: made once, by the daemon, for all jobs. */
struct jail_filter;
/* Where jobs have cgroups (jail_cgroup.h). */
struct jail_cgroup;

/* Yours; NULL when it cannot be made (logged). */
struct jail_filter *
jail_filter_new(enum jail_kind kind);
void
jail_filter_free(struct jail_filter *f);

/* What a pump-mode job sees of the client's files. */
struct jail_view {
	const struct view *view;
	const char *root;          /* absolute: a folder with exactly the view's entries, for the whole of the job */
	const struct strv *hidden; /* of these folders, whatever this machine has there, only the entries are seen */
	const struct strv *system; /* folders of this machine's system that are seen as well, as distcc's clients want; or NULL */
};

struct jail_job {
	const char *compiler;           /* absolute path of the driver on this machine */
	const struct strv *argv;
	const struct strv *env;
	const struct strv *toolchain;   /* components of the compiler: what must be visible */
	const char *cwd;                /* absolute, normalised: the job's working directory */
	const char *source;             /* as in argv: relative to cwd, or absolute; NULL: the view has it */
	enum jail_feed feed;
	int text_fd;                    /* seekable; borrowed */
	int original_fd;                /* seekable; borrowed; -1 with JAIL_FEED_FILE */
	const struct strv *outputs;     /* files whose folders must exist, as in argv */
	const struct jail_view *view;   /* NULL: the source's text is all there is */
	const char *kept;               /* name of a file in JAIL_TMP (jail_plan.h) that the caller wants; NULL: none */
	const char *specs;              /* text of a file JAIL_SPECS for the compiler to read; NULL: none. JAIL_NAMESPACES only */
	mode_t umask;
	const char *work_dir;           /* below it jails are made (--store-dir) */
	int64_t deadline_ms;            /* io_now_ms(): then the group is killed; IO_NO_DEADLINE */
	int64_t file_limit;             /* bytes of the job's file system, and of one file */
	int64_t memory_limit;           /* bytes, of all processes together; without a cgroup: of each one; 0: none */
	unsigned processors;            /* where cgroup bounds them; 0: all */
	int watch_fd;                   /* readable at its end: the client is gone, stop; -1: none */
	void (*on_tick)(void *context); /* about every 5 seconds while it runs: signs of life */
	void *context;
	const struct jail_filter *filter; /* of this kind; NULL: made for this job, a millisecond dearer */
	const struct jail_cgroup *cgroup; /* NULL: rlimits alone bound it */
};

enum jail_end { JAIL_EXITED, JAIL_CLIENT_GONE, JAIL_TOO_LONG, JAIL_STOPPED, JAIL_NO_MEMORY };

struct jail_result {
	enum jail_end end;
	int status;        /* of the compiler, as from waitpid(2) */
	int64_t cpu_us;    /* user + system, with children */
	int64_t peak_kb;
	int64_t wall_us;
	int stdout_fd;     /* seekable, at its start; yours */
	int stderr_fd;
	int kept_fd;       /* the file that was to be kept, or -1 */
	struct jail_output *outputs; /* every regular file that the job wrote, the source excepted */
	size_t output_count;
	char *directory;   /* private; removed by jail_result_release */
	int directory_fd;  /* private: its lock shows jail_sweep that we live */
	bool disk_was_full; /* the job's file system has no room left */
};

struct jail_output {
	char *path; /* absolute, normalised, as the job saw it */
	int fd;     /* opened for reading */
	mode_t mode;
	int64_t size;
};

#define JAIL_RESULT_INIT {.stdout_fd = -1, .stderr_fd = -1, .kept_fd = -1, .directory_fd = -1}

/*
 * What this process may do here, found by trying (in a child), below work_dir. *why_not (yours, or
 * NULL) says why namespaces are not possible.
 */
enum jail_kind
jail_probe(const char *work_dir, char **why_not);
/* Can a job have a view here? Asked after jail_probe found namespaces; *why_not as there. */
bool
jail_probe_view(const char *work_dir, char **why_not);
/*
 * OK: *result is yours, whatever the end. ERR_SYSTEM: no jail could be made (logged). ERR_DENIED: this kind cannot
 * serve these paths. ERR_LIMIT: more outputs, or deeper folders, than any compiler makes. The first stop
 * signal (process.h) lets the job finish, the second ends it with JAIL_STOPPED.
 */
enum err
jail_run(enum jail_kind kind, const struct jail_job *job, struct jail_result *result);
void
jail_result_release(struct jail_result *r);
/* Removes the directories below work_dir that dead processes left behind (JAIL_DIRECTORY). */
void
jail_sweep(const char *work_dir);

#endif
