/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_CONFIG_H
#define DCC_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

/*
 * Settings. Each key is looked up as DCC_KEY in the environment, else DISTCC_KEY where distcc has
 * it, else "key = value" in DIR/dcc.conf and /etc/dcc/dcc.conf, else its default. One table, in
 * config.c; X(code, name, has a DISTCC_ twin, default)
 */
#define CONFIG_LIST(X) \
	X(CONFIG_HOSTS, "HOSTS", true, NULL) \
	X(CONFIG_DIR, "DIR", true, NULL) \
	X(CONFIG_VERBOSE, "VERBOSE", true, "0") \
	X(CONFIG_LOG, "LOG", true, NULL) \
	X(CONFIG_FALLBACK, "FALLBACK", true, "1") \
	X(CONFIG_IO_TIMEOUT, "IO_TIMEOUT", true, "300") \
	X(CONFIG_CONNECT_TIMEOUT, "CONNECT_TIMEOUT", true, "4") \
	X(CONFIG_BACKOFF_PERIOD, "BACKOFF_PERIOD", true, "60") \
	X(CONFIG_SSH, "SSH", true, "ssh") \
	X(CONFIG_FARM_KEY, "FARM_KEY", false, NULL) \
	X(CONFIG_TLS_CERT, "TLS_CERT", false, NULL) \
	X(CONFIG_TLS_KEY, "TLS_KEY", false, NULL) \
	X(CONFIG_TLS_CA, "TLS_CA", false, NULL) \
	X(CONFIG_SAVE_TEMPS, "SAVE_TEMPS", true, "0") \
	X(CONFIG_EXACT, "EXACT", false, "1") \
	X(CONFIG_SKIP_LOCAL_RETRY, "SKIP_LOCAL_RETRY", true, "0") \
	X(CONFIG_PUMP, "PUMP", false, "auto")

#define CONFIG_ENUM(code, name, twin, fallback) code,
enum config_key { CONFIG_LIST(CONFIG_ENUM) CONFIG_KEYS };

struct config {
	const char *values[CONFIG_KEYS]; /* borrowed from the environment or from texts */
	char *texts[2];                  /* the configuration files, cut into strings */
};

/* Starts as {0}. A file with a bad line: the line is named in a warning and passed over. */
void
config_load(struct config *c);
void
config_release(struct config *c);
/* Is it set anywhere, be it to the default's words? */
bool
config_is_set(const struct config *c, enum config_key key);
/* NULL where nothing is set and there is no default. Borrowed until config_release. */
const char *
config_string(const struct config *c, enum config_key key);
/*
 * Where a value that was set comes from, for messages: the variable's name, or "dcc.conf". Static.
 */
const char *
config_origin(enum config_key key);
/*
 * "0" "1" "no" "yes" "off" "on", in either case; ERR_USAGE names the variable and the value in an
 * error.
 */
enum err
config_flag(const struct config *c, enum config_key key, bool *value);
/* Seconds (decimals allowed, at least min_ms) as milliseconds; ERR_USAGE as above. */
enum err
config_seconds_ms(const struct config *c, enum config_key key, int64_t min_ms, int64_t *value);

#endif
