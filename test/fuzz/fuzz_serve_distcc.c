/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A distcc client's whole request behind "DIST", of any protocol. Whatever files and links protocol 3 brings, nothing of the
 * job's is left in the end.
 */
#define _GNU_SOURCE
#include "serve_distcc.h"
#include "served.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	feed(serve_distcc_run, data, size);
	check(count_entries(settings.store_dir) == 0);
	return 0;
}
