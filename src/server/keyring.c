/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "keyring.h"
#include "log.h"

enum err
keyring_load(const struct settings *s, struct tls **tls, char **error)
{
	const struct tls_files files = {
		.farm_key = s->farm_key, .cert = s->tls_cert, .key = s->tls_key, .ca = s->tls_ca};

	if (s->farm_key == NULL && s->tls_cert == NULL)
		return OK;
	return tls_new(TLS_VOLUNTEER, &files, tls, error);
}

void
keyring_guard(enum keyring_owner owner)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		log_warning("jobs can read the keys in this process: %s", strerror(errno));
	if (owner == KEYRING_OF_USER)
		log_warning("no namespaces: a compiler could read the files of the keys, which belong to its user; start "
		            "dccd as root to keep them from it");
}
