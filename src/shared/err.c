/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "err.h"

const char *
err_name(enum err e)
{
	switch (e) {
	case OK: return "ok";
	case ERR_SYSTEM: return "system call failed";
	case ERR_LIMIT: return "over a limit";
	case ERR_PROTOCOL: return "broken protocol";
	case ERR_CLOSED: return "closed by the peer";
	case ERR_TIMEOUT: return "timed out";
	case ERR_BUSY: return "busy";
	case ERR_DENIED: return "denied";
	case ERR_MISSING: return "missing";
	case ERR_CONNECT: return "no connection";
	case ERR_USAGE: return "usage";
	case ERR_BUG: return "internal error";
	}
	return "unknown";
}
