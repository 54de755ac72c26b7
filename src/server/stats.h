/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_STATS_H
#define DCC_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "control.h"

/*
 * What the daemon has done so far, for --stats: the fields and the form that distccd's users know. The counters are
 * pure: the time comes from the caller (io_now_ms()). What the machine does is read when the page is made.
 */
#define STATS_BUCKET_MS 15000
#define STATS_BUCKETS 61 /* fifteen minutes, and the one that is being filled */

struct stats_bucket {
	int64_t index;    /* time / STATS_BUCKET_MS; buckets that were skipped are stale */
	int64_t busy_ms;  /* sum over all running jobs */
	unsigned compiles;
};

struct stats {
	int64_t start_ms;
	int64_t last_ms;          /* up to here busy_ms is accounted for */
	unsigned running;
	unsigned most_running;
	unsigned accepted;
	unsigned outcomes[OUTCOMES];
	unsigned pump_jobs;       /* compiled, well or not */
	int64_t longest_ms;       /* -1: none yet */
	char longest_source[CONTROL_NAME_MAX];
	char longest_compiler[CONTROL_NAME_MAX];
	int64_t peak_kb;
	char peak_compiler[CONTROL_NAME_MAX];
	uint64_t io_bytes;        /* of the machine's disks, when last asked */
	int64_t io_ms;
	int64_t io_rate_kb;       /* -1: not known yet */
	struct stats_bucket buckets[STATS_BUCKETS];
};

void
stats_init(struct stats *s, int64_t now_ms);
void
stats_accepted(struct stats *s);
/* From now on this many compilers run. */
void
stats_set_running(struct stats *s, unsigned running, int64_t now_ms);
/* A job's CONTROL_REPORT. A number that is no outcome counts as OTHER. */
void
stats_report(struct stats *s, const struct control *c, int64_t now_ms);
/* Compilers running on average, and compiles ended, in the last minutes (1 to 15). */
double
stats_average(const struct stats *s, int minutes, int64_t now_ms);
unsigned
stats_compiles(const struct stats *s, int minutes, int64_t now_ms);
/* Bytes that the disks have moved since the machine started, from the text of /proc/diskstats. */
uint64_t
stats_parse_diskstats(const char *text);
/* Looks at the disks: from the second time on their rate is known. */
void
stats_sample_disks(struct stats *s, int64_t now_ms);
/* Appends the whole answer, HTTP head included. dir is on the file system whose free space counts. */
void
stats_format(const struct stats *s, const char *dir, int64_t now_ms, struct buffer *out);

#endif
