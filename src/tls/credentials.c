/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <unistd.h>

#include "credentials.h"
#include "userdir.h"
#include "xalloc.h"

#define SYSTEM_DIR "/etc/dcc/"

/* What is set, whether it exists or not; yours, or NULL. */
static char *
find_set(const struct config *config, enum config_key key)
{
	const char *path = config_string(config, key);

	return path != NULL ? xstrdup(path) : NULL;
}

/* In the user's directory or the system's, if it is there; yours, or NULL. */
static char *
find_usual(const struct config *config, const char *name)
{
	char *path = userdir_config_path(config, name);

	if (path != NULL && access(path, F_OK) == 0)
		return path;
	free(path);
	path = xasprintf(SYSTEM_DIR "%s", name);
	if (access(path, F_OK) == 0)
		return path;
	free(path);
	return NULL;
}

static char *
find_either(const struct config *config, enum config_key key, const char *name)
{
	char *path = find_set(config, key);

	return path != NULL ? path : find_usual(config, name);
}

enum err
credentials_find(struct credentials *c, const struct config *config, char **why)
{
	c->farm_key = find_set(config, CONFIG_FARM_KEY);
	if (c->farm_key == NULL)
		c->ca = find_set(config, CONFIG_TLS_CA);
	if (c->farm_key == NULL && c->ca == NULL)
		c->farm_key = find_usual(config, "farm.key");
	if (c->farm_key == NULL && c->ca == NULL)
		c->ca = find_usual(config, "ca.pem");
	if (c->farm_key == NULL && c->ca == NULL) {
		*why = xasprintf("no key and no CA: set DCC_FARM_KEY or DCC_TLS_CA, or put farm.key or ca.pem into "
		                 "~/.dcc or " SYSTEM_DIR);
		return ERR_MISSING;
	}
	if (c->ca != NULL) {
		c->cert = find_either(config, CONFIG_TLS_CERT, "client.pem");
		c->key = c->cert != NULL ? find_set(config, CONFIG_TLS_KEY) : NULL;
	}
	c->files = (struct tls_files){.farm_key = c->farm_key, .cert = c->cert, .key = c->key, .ca = c->ca};
	return OK;
}

void
credentials_release(struct credentials *c)
{
	free(c->farm_key);
	free(c->cert);
	free(c->key);
	free(c->ca);
	*c = (struct credentials){0};
}
