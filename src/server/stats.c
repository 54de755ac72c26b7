/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For getloadavg(3). */
#define _DEFAULT_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "io.h"
#include "stats.h"
#include "upkeep.h"

#define SECTOR_BYTES 512
#define BUCKETS_A_MINUTE (60000 / STATS_BUCKET_MS)
#define FILE_MAX ((size_t)1 << 20)

void
stats_init(struct stats *s, int64_t now_ms)
{
	*s = (struct stats){
		.start_ms = now_ms, .last_ms = now_ms, .longest_ms = -1, .io_rate_kb = -1};
}

void
stats_accepted(struct stats *s)
{
	s->accepted++;
}

static struct stats_bucket *
bucket_at(struct stats *s, int64_t index)
{
	struct stats_bucket *b = &s->buckets[index % STATS_BUCKETS];

	if (b->index != index)
		*b = (struct stats_bucket){.index = index};
	return b;
}

/* Spreads the time since the last change over the buckets that it touches. */
static void
account(struct stats *s, int64_t now_ms)
{
	int64_t from = s->last_ms;
	int64_t oldest = now_ms - (int64_t)STATS_BUCKETS * STATS_BUCKET_MS;

	if (from < oldest)
		from = oldest;
	while (from < now_ms) {
		int64_t index = from / STATS_BUCKET_MS;
		int64_t end = (index + 1) * STATS_BUCKET_MS;

		if (end > now_ms)
			end = now_ms;
		bucket_at(s, index)->busy_ms += (end - from) * s->running;
		from = end;
	}
	s->last_ms = now_ms;
}

void
stats_set_running(struct stats *s, unsigned running, int64_t now_ms)
{
	account(s, now_ms);
	s->running = running;
	if (running > s->most_running)
		s->most_running = running;
}

void
stats_report(struct stats *s, const struct control *c, int64_t now_ms)
{
	enum control_outcome outcome =
		c->number < OUTCOMES ? (enum control_outcome)c->number : OUTCOME_OTHER;

	s->outcomes[outcome]++;
	if (outcome != OUTCOME_COMPILE_OK && outcome != OUTCOME_COMPILE_ERROR)
		return;
	bucket_at(s, now_ms / STATS_BUCKET_MS)->compiles++;
	s->pump_jobs += c->is_pump != 0;
	if (outcome == OUTCOME_COMPILE_OK && c->wall_ms > s->longest_ms) {
		s->longest_ms = c->wall_ms;
		memcpy(s->longest_source, c->source, CONTROL_NAME_MAX);
		memcpy(s->longest_compiler, c->compiler, CONTROL_NAME_MAX);
	}
	if (c->peak_kb > s->peak_kb) {
		s->peak_kb = c->peak_kb;
		memcpy(s->peak_compiler, c->compiler, CONTROL_NAME_MAX);
	}
}

double
stats_average(const struct stats *s, int minutes, int64_t now_ms)
{
	int64_t now = now_ms / STATS_BUCKET_MS;
	int64_t first = now - (int64_t)minutes * BUCKETS_A_MINUTE;
	int64_t from = first * STATS_BUCKET_MS > s->start_ms ? first * STATS_BUCKET_MS : s->start_ms;
	/* What is not accounted for yet goes on as it was. */
	int64_t since = s->last_ms > from ? s->last_ms : from;
	int64_t busy = (now_ms - since) * s->running;

	for (size_t i = 0; i < STATS_BUCKETS; i++)
		if (s->buckets[i].index >= first && s->buckets[i].index <= now)
			busy += s->buckets[i].busy_ms;
	return now_ms > from ? (double)busy / (double)(now_ms - from) : (double)s->running;
}

unsigned
stats_compiles(const struct stats *s, int minutes, int64_t now_ms)
{
	int64_t now = now_ms / STATS_BUCKET_MS;
	unsigned n = 0;

	for (size_t i = 0; i < STATS_BUCKETS; i++)
		if (s->buckets[i].index > now - (int64_t)minutes * BUCKETS_A_MINUTE &&
		    s->buckets[i].index <= now)
			n += s->buckets[i].compiles;
	return n;
}

/* Whole disks only: a partition's bytes are its disk's as well. */
static int
is_whole_disk(const char *name)
{
	size_t len = strlen(name);

	if (strncmp(name, "loop", 4) == 0 || strncmp(name, "ram", 3) == 0 ||
	    strncmp(name, "dm-", 3) == 0 || strncmp(name, "md", 2) == 0)
		return 0;
	if (strncmp(name, "nvme", 4) == 0 || strncmp(name, "mmcblk", 6) == 0)
		return strchr(name + 4, 'p') == NULL;
	return len > 0 && !isdigit((unsigned char)name[len - 1]);
}

uint64_t
stats_parse_diskstats(const char *text)
{
	uint64_t sectors = 0;

	while (*text != '\0') {
		char name[64];
		unsigned long long in, out;

		if (sscanf(text, "%*u %*u %63s %*u %*u %llu %*u %*u %*u %llu", name, &in, &out) == 3 &&
		    is_whole_disk(name))
			sectors += in + out;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return sectors * SECTOR_BYTES;
}

void
stats_sample_disks(struct stats *s, int64_t now_ms)
{
	char *text;
	size_t len;

	if (io_read_file("/proc/diskstats", FILE_MAX, &text, &len) != OK)
		return;
	uint64_t bytes = stats_parse_diskstats(text);

	free(text);
	if (s->io_ms != 0 && now_ms > s->io_ms && bytes >= s->io_bytes)
		s->io_rate_kb = (int64_t)((bytes - s->io_bytes) / 1024) * 1000 / (now_ms - s->io_ms);
	s->io_bytes = bytes;
	s->io_ms = now_ms;
}

/* Processes of the machine that wait for a disk, from the state field of /proc/PID/stat. */
static unsigned
count_disk_waiters(void)
{
	DIR *dir = opendir("/proc");
	unsigned n = 0;

	if (dir == NULL)
		return 0;
	for (struct dirent *d; (d = readdir(dir)) != NULL;) {
		char path[300], *text;
		size_t len;

		snprintf(path, sizeof(path), "/proc/%s/stat", d->d_name);
		if (!isdigit((unsigned char)d->d_name[0]) || io_read_file(path, FILE_MAX, &text, &len) != OK)
			continue;
		/* The name stands in parentheses and may contain anything, parentheses too. */
		const char *end = strrchr(text, ')');

		n += end != NULL && strncmp(end, ") D", 3) == 0;
		free(text);
	}
	closedir(dir);
	return n;
}

static long
free_space_mb(const char *dir)
{
	struct statvfs fs;

	if (statvfs(dir, &fs) < 0)
		return -1;
	return (long)((uint64_t)fs.f_bavail * fs.f_frsize >> 20);
}

static long
free_memory_mb(void)
{
	char *text;
	size_t len;
	long kb = -1024;

	if (io_read_file("/proc/meminfo", FILE_MAX, &text, &len) != OK)
		return -1;
	const char *line = strstr(text, "MemAvailable:");

	if (line != NULL)
		kb = strtol(line + strlen("MemAvailable:"), NULL, 10);
	free(text);
	return kb / 1024;
}

static void
add_line(struct buffer *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
add_line(struct buffer *out, const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	buffer_add_string(out, line);
	buffer_add(out, "\n", 1);
}

static void
format_outcomes(const struct stats *s, struct buffer *out)
{
	static const struct {
		const char *name;
		enum control_outcome outcome;
	} rows[] = {
		{"dcc_rej_bad_req", OUTCOME_BAD_REQUEST},
		{"dcc_rej_overload", OUTCOME_OVERLOAD},
		{"dcc_compile_ok", OUTCOME_COMPILE_OK},
		{"dcc_compile_error", OUTCOME_COMPILE_ERROR},
		{"dcc_compile_timeout", OUTCOME_COMPILE_TIMEOUT},
		{"dcc_cli_disconnect", OUTCOME_CLIENT_GONE},
		{"dcc_other", OUTCOME_OTHER},
	};

	add_line(out, "dcc_tcp_accept %u", s->accepted);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		add_line(out, "%s %u", rows[i].name, s->outcomes[rows[i].outcome]);
	add_line(out, "dcc_longest_job %s", s->longest_ms >= 0 ? s->longest_source : "none");
	add_line(out, "dcc_longest_job_compiler %s", s->longest_ms >= 0 ? s->longest_compiler : "none");
	add_line(out, "dcc_longest_job_time_msecs %lld", (long long)s->longest_ms);
}

static void
format_load(const struct stats *s, int64_t now_ms, struct buffer *out)
{
	static const int minutes[] = {1, 5, 15};
	double load[3] = {-1, -1, -1};

	add_line(out, "dcc_max_kids %u", s->most_running);
	for (int i = 0; i < 3; i++)
		add_line(out, "dcc_avg_kids%d %.2f", i + 1, stats_average(s, minutes[i], now_ms));
	add_line(out, "dcc_current_load %u", s->running);
	if (getloadavg(load, 3) < 3)
		load[2] = -1;
	for (int i = 0; i < 3; i++)
		add_line(out, "dcc_load%d %.2f", i + 1, load[i]);
	for (int i = 0; i < 3; i++)
		add_line(out, "dcc_num_compiles%d %u", i + 1, stats_compiles(s, minutes[i], now_ms));
}

void
stats_format(const struct stats *s, const char *dir, int64_t now_ms, struct buffer *out)
{
	buffer_add_string(out, "HTTP/1.0 200 OK\nContent-Type: text/plain\nConnection: close\n\n");
	add_line(out, "argv /dccd");
	add_line(out, "<distccstats>");
	format_outcomes(s, out);
	format_load(s, now_ms, out);
	add_line(out, "dcc_num_procstate_D %u", count_disk_waiters());
	add_line(out, "dcc_max_RSS %lld", (long long)s->peak_kb);
	add_line(out, "dcc_max_RSS_name %s", s->peak_kb > 0 ? s->peak_compiler : "none");
	add_line(out, "dcc_io_rate %lld", (long long)s->io_rate_kb);
	add_line(out, "dcc_free_space %ld MB", free_space_mb(dir));
	add_line(out, "dcc_free_mem %ld MB", free_memory_mb());
	add_line(out, "dcc_pump_jobs %u", s->pump_jobs);
	add_line(out, "dcc_store_size %lld MB", (long long)(upkeep_usage(dir) >> 20));
	add_line(out, "</distccstats>");
}
