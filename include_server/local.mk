# SPDX-License-Identifier: GPL-2.0-or-later
# The include server: included by Makefile.am.

noinst_LIBRARIES += libinclude.a
libinclude_a_SOURCES = \
	include_server/closure.h \
	include_server/expander.h \
	include_server/program.h \
	include_server/resolver.h \
	include_server/unmodelled.c \
	include_server/unmodelled.h

# Its unit tests and fuzz targets.

include_cppflags = $(AM_CPPFLAGS) -iquote $(srcdir)/include_server
include_libs = libinclude.a libshared.a $(LZO_LIBS) $(ZSTD_LIBS) $(CRYPTO_LIBS)

if UNIT_TESTS
include_tests = \
	test/unit/test_unmodelled
check_PROGRAMS += $(include_tests)
TESTS += $(include_tests)
test_unit_test_unmodelled_SOURCES = test/unit/test_unmodelled.c
test_unit_test_unmodelled_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_unmodelled_CFLAGS = $(test_cflags)
test_unit_test_unmodelled_LDADD = $(include_libs) $(CMOCKA_LIBS)
endif
