# SPDX-License-Identifier: GPL-2.0-or-later
# The include server: included by Makefile.am.

noinst_LIBRARIES += libinclude.a
libinclude_a_SOURCES = \
	include_server/closure.h \
	include_server/draft.c \
	include_server/draft.h \
	include_server/expander.h \
	include_server/parcels.c \
	include_server/parcels.h \
	include_server/files.c \
	include_server/files.h \
	include_server/folders.c \
	include_server/folders.h \
	include_server/lookup.c \
	include_server/lookup.h \
	include_server/pieces.c \
	include_server/pieces.h \
	include_server/program.h \
	include_server/resolver.c \
	include_server/resolver.h \
	include_server/shipping.c \
	include_server/shipping.h \
	include_server/stock.c \
	include_server/stock.h \
	include_server/table.c \
	include_server/table.h \
	include_server/unmodelled.c \
	include_server/unmodelled.h \
	include_server/walk.c \
	include_server/walk.h \
	include_server/watch.c \
	include_server/watch.h

# Its unit tests and fuzz targets.

include_cppflags = $(AM_CPPFLAGS) -iquote $(srcdir)/include_server
include_libs = libinclude.a libshared.a $(LZO_LIBS) $(ZSTD_LIBS) $(CRYPTO_LIBS)

if UNIT_TESTS
include_tests = \
	test/unit/test_draft \
	test/unit/test_parcels \
	test/unit/test_resolver \
	test/unit/test_resolver_changes \
	test/unit/test_shipping \
	test/unit/test_stock \
	test/unit/test_table \
	test/unit/test_unmodelled \
	test/unit/test_watch
check_PROGRAMS += $(include_tests)
TESTS += $(include_tests)
test_unit_test_draft_SOURCES = test/unit/test_draft.c test/unit/goods.h
test_unit_test_draft_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_draft_CFLAGS = $(test_cflags)
test_unit_test_draft_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_parcels_SOURCES = test/unit/test_parcels.c test/unit/goods.h
test_unit_test_parcels_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_parcels_CFLAGS = $(test_cflags)
test_unit_test_parcels_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_shipping_SOURCES = test/unit/test_shipping.c test/unit/goods.h
test_unit_test_shipping_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_shipping_CFLAGS = $(test_cflags)
test_unit_test_shipping_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_stock_SOURCES = test/unit/test_stock.c test/unit/goods.h
test_unit_test_stock_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_stock_CFLAGS = $(test_cflags)
test_unit_test_stock_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_resolver_SOURCES = test/unit/test_resolver.c test/unit/resolver_tree.h
test_unit_test_resolver_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_resolver_CFLAGS = $(test_cflags)
test_unit_test_resolver_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_resolver_changes_SOURCES = test/unit/test_resolver_changes.c test/unit/resolver_tree.h
test_unit_test_resolver_changes_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_resolver_changes_CFLAGS = $(test_cflags)
test_unit_test_resolver_changes_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_table_SOURCES = test/unit/test_table.c
test_unit_test_table_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_table_CFLAGS = $(test_cflags)
test_unit_test_table_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_unmodelled_SOURCES = test/unit/test_unmodelled.c
test_unit_test_unmodelled_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_unmodelled_CFLAGS = $(test_cflags)
test_unit_test_unmodelled_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_watch_SOURCES = test/unit/test_watch.c
test_unit_test_watch_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_watch_CFLAGS = $(test_cflags)
test_unit_test_watch_LDADD = $(include_libs) $(CMOCKA_LIBS)
endif
