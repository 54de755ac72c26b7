/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_REASON_H
#define DCC_REASON_H

/*
 * Why a job ran where it ran. The word is what the log shows ("here x.c reason=link") and what
 * dcc(1) explains; codes also travel in our protocol's Refused message, so numbers never change.
 * X(code, number, word, sentence)
 */
#define REASON_LIST(X) \
	/* The command line decides. */ \
	X(REASON_NONE, 0, "none", "no reason to stay") \
	X(REASON_NO_COMPILE, 1, "no-compile", "neither -c nor -S: it links, or only asks something") \
	X(REASON_PREPROCESS_ONLY, 2, "preprocess-only", "-E or -M: only the preprocessor runs") \
	X(REASON_NO_SOURCE, 3, "no-source", "no source file that can be sent") \
	X(REASON_SEVERAL_SOURCES, 4, "several-sources", "more than one source file") \
	X(REASON_STDIN, 5, "stdin", "the source comes from standard input") \
	X(REASON_OUTPUT, 6, "output", "an output is no ordinary file, or the source, or there are two") \
	X(REASON_LOCAL_OPTION, 7, "local-option", "an option that only makes sense on this machine") \
	X(REASON_LOCAL_FILE, 8, "local-file", "the compiler reads or writes a file that is not sent") \
	X(REASON_NATIVE_CPU, 9, "native-cpu", "code for this machine's processor") \
	X(REASON_UNKNOWN_OPTION, 10, "unknown-option", "an option that dcc does not know") \
	X(REASON_LANGUAGE, 11, "language", "a language that is not distributed") \
	X(REASON_CONFTEST, 12, "conftest", "a configure test, too small to send") \
	X(REASON_BAD_COMMAND, 13, "bad-command", "the compiler will refuse this command line") \
	X(REASON_PLAIN, 14, "plain", "preprocessed text would not give the bytes of a local compile") \
	/* This machine decides. */ \
	X(REASON_NO_HOSTS, 32, "no-hosts", "no volunteer is configured") \
	X(REASON_LOCAL_SLOT, 33, "local-slot", "the host list gave this job to this machine") \
	X(REASON_BACKED_OFF, 34, "backed-off", "every volunteer failed a short while ago") \
	X(REASON_CPP_FAILED, 35, "cpp-failed", "the preprocessor failed: the compiler shall say why") \
	X(REASON_DIAGNOSTICS, 36, "diagnostics", "messages of two machines cannot be put in order") \
	X(REASON_NO_IDENTITY, 37, "no-identity", "the local compiler cannot be identified") \
	X(REASON_NO_STATE, 38, "no-state", "no directory for locks can be written") \
	X(REASON_OUTPUT_PLACE, 39, "output-place", "an output cannot be written here") \
	X(REASON_REMOTE_ERROR, 40, "remote-error", "the compiler failed elsewhere, and is asked again here") \
	X(REASON_BAD_SETTINGS, 41, "bad-settings", "a setting or the host list has an error") \
	X(REASON_NO_SERVER, 42, "no-server", "the include server does not answer") \
	X(REASON_UNMODELLED, 43, "unmodelled", "the include server does not model what the source does") \
	X(REASON_PROOF, 44, "proof", "the volunteer's compiler has read other files than were predicted") \
	/* The volunteer, or the way to it. */ \
	X(REASON_CONNECT, 64, "connect", "no connection to the volunteer") \
	X(REASON_LOST, 65, "lost", "the volunteer went away in the middle of the job") \
	X(REASON_TIMEOUT, 66, "timeout", "the volunteer was silent for too long") \
	X(REASON_PROTOCOL, 67, "protocol", "the volunteer sent something that it must not send") \
	X(REASON_FULL, 68, "full", "the volunteer has no room for another job") \
	X(REASON_COMPILER, 69, "compiler", "the volunteer does not offer this compiler") \
	X(REASON_ACCESS, 70, "access", "the volunteer does not serve this machine") \
	X(REASON_RESOURCE, 71, "resource", "the volunteer ran out of memory or disk") \
	X(REASON_KILLED, 72, "killed", "the compiler was killed on the volunteer") \
	X(REASON_LIFETIME, 73, "lifetime", "the compile took longer than the volunteer allows") \
	X(REASON_VIEW, 74, "view", "the volunteer cannot show the job the client's paths") \
	X(REASON_NEEDS_FILE, 75, "needs-file", "the source makes the compiler read a file that was not sent") \
	X(REASON_SHUTDOWN, 76, "shutdown", "the volunteer is stopping") \
	X(REASON_REFUSED, 77, "refused", "the volunteer closed the connection instead of answering") \
	X(REASON_ARGUMENTS, 78, "arguments", "the volunteer does not run such a command line") \
	X(REASON_INTERNAL, 79, "internal", "the volunteer failed in a way of its own") \
	X(REASON_NO_PUMP, 80, "no-pump", "the volunteer has no pump mode") \
	X(REASON_DAMAGED, 81, "damaged", "bytes were changed on their way") \
	X(REASON_AUTH, 82, "auth", "the volunteer and this machine do not accept each other")

#define REASON_ENUM(code, number, word, sentence) code = number,
enum reason { REASON_LIST(REASON_ENUM) };

/* The word of a reason, "unknown" for a number that is none; never NULL. */
const char *
reason_word(unsigned number);
/* The sentence that explains it. */
const char *
reason_sentence(unsigned number);

#endif
