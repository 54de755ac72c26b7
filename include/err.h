/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_ERR_H
#define DCC_ERR_H

/* clang warns at every ignored result; gcc 12 has no such mark for an enum in C11. */
#if defined(__clang__)
#define ERR_CHECKED __attribute__((warn_unused_result))
#else
#define ERR_CHECKED
#endif

/* One code per decision a caller can take. The cause is logged where it happens. */
enum ERR_CHECKED err {
	OK = 0,
	ERR_SYSTEM,   /* a system call failed: errno was logged */
	ERR_LIMIT,    /* a size or a resource is over its bound */
	ERR_PROTOCOL, /* bytes from outside that break their format */
	ERR_CLOSED,   /* the peer went away */
	ERR_TIMEOUT,  /* a deadline passed */
	ERR_BUSY,     /* full now, worth asking elsewhere */
	ERR_DENIED,   /* refused for good: access list, policy */
	ERR_MISSING,  /* the thing asked for does not exist here */
	ERR_CONNECT,  /* no connection to the host */
	ERR_USAGE,    /* the user's words or files are wrong */
	ERR_BUG       /* an invariant of ours is broken */
};

/* The code's name in plain words, for logs; never NULL. */
const char *
err_name(enum err e);

#endif
