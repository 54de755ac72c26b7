/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands where a compiler proper (cc1) should, and does what an attacker would who had got hold of one:
 *
 *     escapee ... attempt-NAME.c ... -o OUTPUT           (or .i)
 *
 * The source's name says what is tried: a row of the table at the end. "everything" tries what should fail and writes a line to OUTPUT for each
 * thing that did not: what is left empty has held. The source's lines are names of files that must not be readable.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

struct attack {
	const char *source;
	FILE *report;
};

__attribute__((format(printf, 2, 3))) static void
escaped(const struct attack *a, const char *fmt, ...)
{
	va_list ap;

	fputs("escaped: ", a->report);
	va_start(ap, fmt);
	vfprintf(a->report, fmt, ap);
	va_end(ap);
	fputc('\n', a->report);
}

static void
must_fail(const struct attack *a, const char *what, long result)
{
	if (result >= 0)
		escaped(a, "%s", what);
}

/* By its name, relatively, through links of our own, and through /proc. */
static void
read_file(const struct attack *a, const char *path)
{
	char way[4096];
	static const char *const prefixes[] = {"", "../../../../../../../../../../../..", "/proc/self/root", "/proc/1/root",
	                                       "/proc/self/cwd/../../../../../../../../..", "/proc/1/cwd/../../../../../../..",
	                                       "/proc/thread-self/root", "/.//..//../"};

	for (size_t i = 0; i < 2 * sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		snprintf(way, sizeof(way), "%s%s", prefixes[i / 2], path);
		int fd = open(way, i % 2 == 0 ? O_RDONLY : O_WRONLY | O_APPEND);

		must_fail(a, way, fd);
		if (fd >= 0)
			close(fd);
	}
	unlink("way");
	must_fail(a, "link(2) to a file outside", link(path, "way"));
	if (symlink(path, "way") == 0)
		must_fail(a, "a symbolic link to a file outside", open("way", O_RDONLY));
	unlink("way");
}

static void
read_files(const struct attack *a)
{
	static const char *const usual[] = {"/etc/shadow", "/etc/passwd", "/etc/hostname", "/etc/machine-id", "/root", "/home",
	                                    "/var", "/run", "/sys", "/boot", "/srv", "/mnt", "/dev/tty", "/dev/mem", "/dev/kmsg",
	                                    "/dev/sda", "/dev/vda", "/dev/ptmx", "/dev/shm", "/dev/fuse", "/proc/kcore",
	                                    "/usr/local/bin", "/usr/share/doc", "/usr/src"};
	char line[4096];
	FILE *f = fopen(a->source, "r");

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		read_file(a, usual[i]);
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '/' && line[1] != '*')
			read_file(a, line);
	}
	if (f != NULL)
		fclose(f);
}

static void
write_toolchain(const struct attack *a)
{
	static const char *const places[] = {"/usr/bin/evil", "/usr/lib/evil.so", "/lib/evil.so", "/bin/evil", "/etc/ld.so.cache",
	                                     "/usr/bin/as", "/proc/sys/kernel/core_pattern"};
	char own[4096];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		must_fail(a, places[i], open(places[i], O_WRONLY | O_CREAT, 0755));
	if (n > 0) {
		own[n] = '\0';
		must_fail(a, "to write the compiler itself", open(own, O_WRONLY));
		must_fail(a, "to remove the compiler itself", unlink(own));
		must_fail(a, "chmod of the compiler", chmod(own, 04755));
	}
}

/* What we are not to see: other processes, descriptors, names, variables. */
static void
look_around(const struct attack *a)
{
	struct utsname u;
	char path[64], target[4096];
	DIR *d = opendir("/proc");

	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		long pid = strtol(e->d_name, NULL, 10);

		/* The jail's first process, the driver, and we. */
		if (pid > 16)
			escaped(a, "process %ld is seen", pid);
	}
	if (d != NULL)
		closedir(d);
	for (int fd = 3; fd < 1024; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		ssize_t n = fcntl(fd, F_GETFD) >= 0 && fd != fileno(a->report) ? readlink(path, target, sizeof(target) - 1) : -1;

		if (n >= 0)
			escaped(a, "descriptor %d is open: %.*s", fd, (int)n, target);
	}
	if (uname(&u) == 0 && strcmp(u.nodename, "dcc") != 0)
		escaped(a, "the host's name is %s", u.nodename);
	for (char **e = environ; *e != NULL; e++)
		if (strstr(*e, "SECRET") != NULL || strncmp(*e, "HOME=", 5) == 0 || strncmp(*e, "USER=", 5) == 0)
			escaped(a, "the environment has %s", *e);
	must_fail(a, "the environment of the first process", open("/proc/1/environ", O_RDONLY));
	must_fail(a, "the memory of the first process", open("/proc/1/mem", O_RDWR));
	must_fail(a, "the daemon's command line", open("/proc/1/cmdline", O_RDONLY));
	must_fail(a, "the kernel's command line", open("/proc/cmdline", O_RDONLY));
	must_fail(a, "the machine's mounts", open("/proc/1/mountinfo", O_RDONLY));
}

static void
make_sockets(const struct attack *a)
{
	static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, 38 /* AF_ALG */, 40 /* AF_VSOCK */};

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		for (int type = SOCK_STREAM; type <= SOCK_RAW; type++)
			must_fail(a, "a socket", socket(families[i], type, 0));
}

static void
call_the_kernel(const struct attack *a)
{
	char byte;
	struct iovec mine = {&byte, 1}, other = {(void *)environ, 1};

	must_fail(a, "ptrace of the driver", ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
	must_fail(a, "ptrace of the first process", ptrace(PTRACE_SEIZE, 1, NULL, NULL));
	must_fail(a, "to read a process's memory", process_vm_readv(getppid(), &mine, 1, &other, 1, 0));
	must_fail(a, "mount", mount("none", "/tmp", "tmpfs", 0, NULL));
	must_fail(a, "to mount /", mount("/", "/", NULL, MS_REMOUNT | MS_BIND, NULL));
	must_fail(a, "umount", umount2("/usr", MNT_DETACH));
	must_fail(a, "unshare", unshare(CLONE_NEWUSER));
	must_fail(a, "unshare of mounts", unshare(CLONE_NEWNS));
	must_fail(a, "chroot", chroot("/tmp"));
	must_fail(a, "setuid", getuid() == 0 ? -1 : setuid(0));
	must_fail(a, "a device", mknod("/tmp/sda", S_IFBLK | 0666, (dev_t)0x800));
	must_fail(a, "a character device", mknod("/tmp/mem", S_IFCHR | 0666, (dev_t)0x101));
	must_fail(a, "bpf", syscall(SYS_bpf, 0, NULL, 0));
	must_fail(a, "io_uring", syscall(SYS_io_uring_setup, 1, NULL));
	must_fail(a, "userfaultfd", syscall(SYS_userfaultfd, 0));
	must_fail(a, "keyctl", syscall(SYS_keyctl, 0, -3, 0, 0, 0));
	must_fail(a, "perf_event_open", syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
	must_fail(a, "shared memory", syscall(SYS_shmget, 1, 4096, 0666 | 01000));
	must_fail(a, "sethostname", sethostname("evil", 4));
	must_fail(a, "settimeofday", syscall(SYS_settimeofday, NULL, NULL));
	must_fail(a, "higher priority", setpriority(0, 0, -20));
	must_fail(a, "open_by_handle_at", syscall(SYS_open_by_handle_at, -100, NULL, 0));
}

static void
try_everything(const struct attack *a)
{
	read_files(a);
	write_toolchain(a);
	look_around(a);
	make_sockets(a);
	call_the_kernel(a);
	fputs("done\n", a->report);
}

/* Outputs that are none, beside one that is. */
static void
write_strange_outputs(const struct attack *a)
{
	if (symlink("/etc/passwd", "link.o") < 0 || mkfifo("fifo.o", 0666) < 0 || mkdir("folder.o", 0777) < 0)
		fputs("cannot make them\n", a->report);
	fputs("done\n", a->report);
}

static void
fill_the_disk(const struct attack *a)
{
	static char data[1 << 20];

	(void)a;
	signal(SIGXFSZ, SIG_IGN);
	for (int n = 0; n < 100; n++) {
		char name[32];
		int fd;

		snprintf(name, sizeof(name), "output-%d", n);
		fd = open(name, O_WRONLY | O_CREAT, 0666);
		/* 100 GB in all, if they let us. */
		for (int i = 0; fd >= 0 && i < 1024; i++)
			if (write(fd, data, sizeof(data)) < 0)
				exit(1);
		close(fd);
	}
}

static void
write_one_giant(const struct attack *a)
{
	int fd = open("giant.o", O_WRONLY | O_CREAT, 0666);

	(void)a;
	/* A hole costs nothing here; whoever collected it would write it out. */
	if (ftruncate(fd, (off_t)100 << 30) < 0)
		exit(1);
}

/* Empty: only their number is to be counted. */
static void
make_files_without_end(const struct attack *a)
{
	(void)a;
	for (int n = 0;; n++) {
		char name[32];

		snprintf(name, sizeof(name), "output-%d", n);
		int fd = open(name, O_WRONLY | O_CREAT, 0666);

		if (fd < 0)
			exit(1);
		close(fd);
	}
}

/* Which no compression makes smaller. */
static void
write_noise(const struct attack *a)
{
	unsigned long long x = 88172645463325252U;

	for (int i = 0; i < 20 << 17; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		fwrite(&x, sizeof(x), 1, a->report);
	}
}

static void
take_all_memory(const struct attack *a)
{
	(void)a;
	for (size_t size = (size_t)64 << 20;;) {
		char *p = malloc(size);

		if (p == NULL) {
			fputs("virtual memory exhausted: Cannot allocate memory\n", stderr);
			exit(1);
		}
		memset(p, 1, size);
	}
}

static void
fork_without_end(const struct attack *a)
{
	(void)a;
	for (;;)
		if (fork() < 0)
			usleep(1000);
}

static void
never_end(const struct attack *a)
{
	(void)a;
	for (;;)
		pause();
}

static void
ignore_signals(const struct attack *a)
{
	for (int n = 1; n < 64; n++)
		signal(n, SIG_IGN);
	setsid();
	if (fork() == 0)
		setsid();
	never_end(a);
}

/* Four at once, of whom none alone takes much. */
static void
share_memory(const struct attack *a)
{
	const size_t size = (size_t)40 << 20;
	pid_t children[4];
	int ends[2];
	char byte;

	if (pipe(ends) < 0)
		return;
	for (int i = 0; i < 4; i++)
		if ((children[i] = fork()) == 0) {
			char *p = malloc(size);

			if (p == NULL)
				_exit(1);
			memset(p, 1, size);
			if (write(ends[1], &p[size - 1], 1) != 1)
				_exit(1);
			close(ends[1]);
			never_end(a);
		}
	close(ends[1]);
	for (int i = 0; i < 4; i++)
		if (read(ends[0], &byte, 1) == 1 && i == 3)
			fputs("done\n", a->report);
	for (int i = 0; i < 4; i++)
		kill(children[i], SIGKILL);
}

/* More processors than one, all the time. */
static void
keep_busy(const struct attack *a)
{
	(void)a;
	for (int i = 0; i < 3; i++)
		if (fork() == 0)
			break;
	for (volatile unsigned n = 0;; n++)
		;
}

/* The children stay behind in sessions of their own when the compiler ends. */
static void
leave_daemons(const struct attack *a)
{
	for (int i = 0; i < 5; i++)
		if (fork() == 0) {
			setsid();
			if (fork() == 0)
				never_end(a);
			_exit(0);
		}
	fputs("done\n", a->report);
}

static void
kill_all(const struct attack *a)
{
	kill(getppid(), SIGKILL);
	kill(-1, SIGKILL);
	fputs("done\n", a->report);
}

static void
shout(const struct attack *a)
{
	static char data[1 << 16];

	memset(data, 'x', sizeof(data));
	/* Gigabytes of messages. */
	for (int i = 0; i < 1 << 16; i++)
		if (write(2, data, sizeof(data)) < 0)
			exit(1);
	fputs("done\n", a->report);
}

static const struct {
	const char *name;
	void (*attack)(const struct attack *a);
} attempts[] = {
	{"everything", try_everything}, {"outputs", write_strange_outputs}, {"disk", fill_the_disk}, {"giant", write_one_giant},
	{"memory", take_all_memory},    {"forks", fork_without_end},        {"endless", never_end},  {"deaf", ignore_signals},
	{"daemons", leave_daemons},     {"killer", kill_all},               {"shout", shout},
	{"share", share_memory},        {"busy", keep_busy},                {"noise", write_noise},
	{"files", make_files_without_end},
};

int
main(int argc, char **argv)
{
	struct attack a = {.source = NULL, .report = NULL};
	const char *name = "";

	for (int i = 1; i < argc; i++) {
		const char *at = strstr(argv[i], "attempt-");
		const char *ending = at != NULL ? strrchr(at, '.') : NULL;

		if (ending != NULL && strlen(ending) == 2 && ending[1] != 's' && strncmp(argv[i - 1], "-dump", 5) != 0) {
			a.source = argv[i];
			name = at + strlen("attempt-");
		}
		if (strcmp(argv[i], "-o") == 0 && i + 1 < argc)
			a.report = fopen(argv[i + 1], "we");
	}
	for (size_t i = 0; a.report != NULL && i < sizeof(attempts) / sizeof(attempts[0]); i++)
		if (strncmp(name, attempts[i].name, strlen(attempts[i].name)) == 0) {
			attempts[i].attack(&a);
			return fclose(a.report) == 0 ? 0 : 1;
		}
	/* Asked for its version and the like. */
	return 0;
}
