# SPDX-License-Identifier: GPL-2.0-or-later
# The include server: included by Makefile.am.

noinst_LIBRARIES += libinclude.a
libinclude_a_SOURCES = \
	include_server/branches.c \
	include_server/branches.h \
	include_server/builtins.c \
	include_server/builtins.h \
	include_server/bytescan.c \
	include_server/bytescan.h \
	include_server/desk.c \
	include_server/desk.h \
	include_server/audit.c \
	include_server/audit.h \
	include_server/caller.c \
	include_server/caller.h \
	include_server/closure.c \
	include_server/closure.h \
	include_server/condition.c \
	include_server/condition.h \
	include_server/dialect.c \
	include_server/dialect.h \
	include_server/implied.c \
	include_server/implied.h \
	include_server/directives.c \
	include_server/directives.h \
	include_server/draft.c \
	include_server/draft.h \
	include_server/effects.c \
	include_server/effects.h \
	include_server/execution.h \
	include_server/expander.c \
	include_server/expander.h \
	include_server/expansion.c \
	include_server/expansion.h \
	include_server/files.c \
	include_server/files.h \
	include_server/folders.c \
	include_server/folders.h \
	include_server/instruction.h \
	include_server/interview.c \
	include_server/interview.h \
	include_server/lexer.c \
	include_server/lexer.h \
	include_server/lookup.c \
	include_server/lookup.h \
	include_server/macros.c \
	include_server/macros.h \
	include_server/mode.h \
	include_server/number.c \
	include_server/number.h \
	include_server/options.c \
	include_server/options.h \
	include_server/oracle.c \
	include_server/oracle.h \
	include_server/oracle_key.c \
	include_server/oracle_key.h \
	include_server/oracle_memory.c \
	include_server/oracle_memory.h \
	include_server/oracle_run.c \
	include_server/oracle_run.h \
	include_server/parcels.c \
	include_server/parcels.h \
	include_server/phases.c \
	include_server/phases.h \
	include_server/naming.c \
	include_server/naming.h \
	include_server/pieces.c \
	include_server/pieces.h \
	include_server/place.c \
	include_server/place.h \
	include_server/pragma_text.c \
	include_server/pragma_text.h \
	include_server/probe.c \
	include_server/probe.h \
	include_server/program.c \
	include_server/program.h \
	include_server/record.c \
	include_server/record.h \
	include_server/resolver.c \
	include_server/resolver.h \
	include_server/searched.c \
	include_server/searched.h \
	include_server/seen.c \
	include_server/seen.h \
	include_server/secret.c \
	include_server/secret.h \
	include_server/serve.c \
	include_server/serve.h \
	include_server/shipping.c \
	include_server/shipping.h \
	include_server/stock.c \
	include_server/stock.h \
	include_server/substitution.c \
	include_server/substitution.h \
	include_server/symbols.c \
	include_server/symbols.h \
	include_server/tally.c \
	include_server/tally.h \
	include_server/table.c \
	include_server/table.h \
	include_server/taint.c \
	include_server/taint.h \
	include_server/tokens.c \
	include_server/tokens.h \
	include_server/unmodelled.c \
	include_server/unmodelled.h \
	include_server/walk.c \
	include_server/walk.h \
	include_server/watch.c \
	include_server/watch.h \
	include_server/words.c \
	include_server/words.h

bin_PROGRAMS += dcc-include-server
dcc_include_server_SOURCES = include_server/include_server.c
dcc_include_server_LDADD = libinclude.a libshared.a $(LZO_LIBS) $(ZSTD_LIBS) $(POPT_LIBS) $(CRYPTO_LIBS)

# Its unit tests and fuzz targets.

include_cppflags = $(AM_CPPFLAGS) -iquote $(srcdir)/include_server
include_libs = libinclude.a libshared.a $(LZO_LIBS) $(ZSTD_LIBS) $(CRYPTO_LIBS)

if UNIT_TESTS
include_tests = \
	test/unit/test_branches \
	test/unit/test_builtins \
	test/unit/test_bytescan \
	test/unit/test_closure \
	test/unit/test_condition \
	test/unit/test_desk \
	test/unit/test_audit \
	test/unit/test_secret \
	test/unit/test_caller \
	test/unit/test_dialect \
	test/unit/test_implied \
	test/unit/test_directives \
	test/unit/test_draft \
	test/unit/test_effects \
	test/unit/test_expander \
	test/unit/test_expansion \
	test/unit/test_files \
	test/unit/test_interview \
	test/unit/test_lexer \
	test/unit/test_macros \
	test/unit/test_number \
	test/unit/test_options \
	test/unit/test_oracle \
	test/unit/test_oracle_key \
	test/unit/test_oracle_run \
	test/unit/test_parcels \
	test/unit/test_phases \
	test/unit/test_pragma_text \
	test/unit/test_program \
	test/unit/test_record \
	test/unit/test_resolver \
	test/unit/test_resolver_changes \
	test/unit/test_resolver_mounts \
	test/unit/test_resolver_random \
	test/unit/test_searched \
	test/unit/test_seen \
	test/unit/test_shipping \
	test/unit/test_stock \
	test/unit/test_substitution \
	test/unit/test_symbols \
	test/unit/test_table \
	test/unit/test_taint \
	test/unit/test_tokens \
	test/unit/test_unmodelled \
	test/unit/test_watch \
	test/unit/test_words
check_PROGRAMS += $(include_tests)
TESTS += $(include_tests)
test_unit_test_caller_SOURCES = test/unit/test_caller.c
test_unit_test_caller_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_caller_CFLAGS = $(test_cflags)
test_unit_test_caller_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_secret_SOURCES = test/unit/test_secret.c
test_unit_test_secret_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_secret_CFLAGS = $(test_cflags)
test_unit_test_secret_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_audit_SOURCES = test/unit/test_audit.c
test_unit_test_audit_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_audit_CFLAGS = $(test_cflags)
test_unit_test_audit_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_desk_SOURCES = test/unit/test_desk.c
test_unit_test_desk_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_desk_CFLAGS = $(test_cflags)
test_unit_test_desk_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_desk_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=closure_scan
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
test_unit_test_files_SOURCES = test/unit/test_files.c test/unit/resolver_tree.h
test_unit_test_files_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_files_CFLAGS = $(test_cflags)
test_unit_test_files_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_files_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=read
test_unit_test_resolver_SOURCES = test/unit/test_resolver.c test/unit/resolver_tree.h
test_unit_test_resolver_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_resolver_CFLAGS = $(test_cflags)
test_unit_test_resolver_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_resolver_changes_SOURCES = test/unit/test_resolver_changes.c test/unit/resolver_setups.h test/unit/resolver_tree.h
test_unit_test_resolver_changes_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_resolver_changes_CFLAGS = $(test_cflags)
test_unit_test_resolver_changes_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_resolver_mounts_SOURCES = test/unit/test_resolver_mounts.c test/unit/resolver_setups.h test/unit/resolver_tree.h
test_unit_test_resolver_mounts_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_resolver_mounts_CFLAGS = $(test_cflags)
test_unit_test_resolver_mounts_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_resolver_random_SOURCES = test/unit/test_resolver_random.c test/unit/resolver_tree.h
test_unit_test_resolver_random_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_resolver_random_CFLAGS = $(test_cflags)
test_unit_test_resolver_random_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_table_SOURCES = test/unit/test_table.c
test_unit_test_table_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_table_CFLAGS = $(test_cflags)
test_unit_test_table_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_expander_SOURCES = test/unit/test_expander.c test/unit/memory_world.h
test_unit_test_expander_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_expander_CFLAGS = $(test_cflags)
test_unit_test_expander_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_bytescan_SOURCES = test/unit/test_bytescan.c
test_unit_test_bytescan_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_bytescan_CFLAGS = $(test_cflags)
test_unit_test_bytescan_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_macros_SOURCES = test/unit/test_macros.c
test_unit_test_macros_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_macros_CFLAGS = $(test_cflags)
test_unit_test_macros_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_number_SOURCES = test/unit/test_number.c
test_unit_test_number_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_number_CFLAGS = $(test_cflags)
test_unit_test_number_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_seen_SOURCES = test/unit/test_seen.c
test_unit_test_seen_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_seen_CFLAGS = $(test_cflags)
test_unit_test_seen_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_symbols_SOURCES = test/unit/test_symbols.c
test_unit_test_symbols_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_symbols_CFLAGS = $(test_cflags)
test_unit_test_symbols_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_taint_SOURCES = test/unit/test_taint.c
test_unit_test_taint_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_taint_CFLAGS = $(test_cflags)
test_unit_test_taint_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_tokens_SOURCES = test/unit/test_tokens.c
test_unit_test_tokens_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_tokens_CFLAGS = $(test_cflags)
test_unit_test_tokens_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_program_SOURCES = test/unit/test_program.c test/unit/program_code.h
test_unit_test_program_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_program_CFLAGS = $(test_cflags)
test_unit_test_program_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_directives_SOURCES = test/unit/test_directives.c test/unit/program_code.h
test_unit_test_directives_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_directives_CFLAGS = $(test_cflags)
test_unit_test_directives_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_branches_SOURCES = test/unit/test_branches.c test/unit/program_code.h
test_unit_test_branches_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_branches_CFLAGS = $(test_cflags)
test_unit_test_branches_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_pragma_text_SOURCES = test/unit/test_pragma_text.c test/unit/program_code.h
test_unit_test_pragma_text_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_pragma_text_CFLAGS = $(test_cflags)
test_unit_test_pragma_text_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_lexer_SOURCES = test/unit/test_lexer.c test/unit/lexer_events.h
test_unit_test_lexer_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_lexer_CFLAGS = $(test_cflags)
test_unit_test_lexer_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_phases_SOURCES = test/unit/test_phases.c test/unit/lexer_events.h
test_unit_test_phases_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_phases_CFLAGS = $(test_cflags)
test_unit_test_phases_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_words_SOURCES = test/unit/test_words.c test/unit/lexer_events.h
test_unit_test_words_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_words_CFLAGS = $(test_cflags)
test_unit_test_words_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_expansion_SOURCES = test/unit/test_expansion.c test/unit/expansion_text.h
test_unit_test_expansion_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_expansion_CFLAGS = $(test_cflags)
test_unit_test_expansion_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_substitution_SOURCES = test/unit/test_substitution.c test/unit/expansion_text.h
test_unit_test_substitution_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_substitution_CFLAGS = $(test_cflags)
test_unit_test_substitution_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_condition_SOURCES = test/unit/test_condition.c test/unit/expansion_text.h
test_unit_test_condition_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_condition_CFLAGS = $(test_cflags)
test_unit_test_condition_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_effects_SOURCES = test/unit/test_effects.c test/unit/memory_world.h
test_unit_test_effects_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_effects_CFLAGS = $(test_cflags)
test_unit_test_effects_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_builtins_SOURCES = test/unit/test_builtins.c test/unit/memory_world.h
test_unit_test_builtins_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_builtins_CFLAGS = $(test_cflags)
test_unit_test_builtins_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_unmodelled_SOURCES = test/unit/test_unmodelled.c
test_unit_test_unmodelled_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_unmodelled_CFLAGS = $(test_cflags)
test_unit_test_unmodelled_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_watch_SOURCES = test/unit/test_watch.c
test_unit_test_watch_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_watch_CFLAGS = $(test_cflags)
test_unit_test_watch_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_closure_SOURCES = test/unit/test_closure.c test/unit/home.h test/unit/scratch.h
test_unit_test_closure_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_closure_CFLAGS = $(test_cflags)
test_unit_test_closure_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_dialect_SOURCES = test/unit/test_dialect.c
test_unit_test_dialect_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_dialect_CFLAGS = $(test_cflags)
test_unit_test_dialect_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_implied_SOURCES = test/unit/test_implied.c
test_unit_test_implied_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_implied_CFLAGS = $(test_cflags)
test_unit_test_implied_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_interview_SOURCES = test/unit/test_interview.c
test_unit_test_interview_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_interview_CFLAGS = $(test_cflags)
test_unit_test_interview_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_options_SOURCES = test/unit/test_options.c test/unit/memory_world.h
test_unit_test_options_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_options_CFLAGS = $(test_cflags)
test_unit_test_options_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_oracle_SOURCES = test/unit/test_oracle.c test/unit/args_line.h test/unit/home.h test/unit/scratch.h
test_unit_test_oracle_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_oracle_CFLAGS = $(test_cflags)
test_unit_test_oracle_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_oracle_key_SOURCES = test/unit/test_oracle_key.c test/unit/args_line.h
test_unit_test_oracle_key_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_oracle_key_CFLAGS = $(test_cflags)
test_unit_test_oracle_key_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_record_SOURCES = test/unit/test_record.c test/unit/scratch.h
test_unit_test_record_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_record_CFLAGS = $(test_cflags)
test_unit_test_record_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_searched_SOURCES = test/unit/test_searched.c test/unit/scratch.h
test_unit_test_searched_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_searched_CFLAGS = $(test_cflags)
test_unit_test_searched_LDADD = $(include_libs) $(CMOCKA_LIBS)
test_unit_test_oracle_run_SOURCES = test/unit/test_oracle_run.c
test_unit_test_oracle_run_CPPFLAGS = $(include_cppflags) $(CMOCKA_CFLAGS)
test_unit_test_oracle_run_CFLAGS = $(test_cflags)
test_unit_test_oracle_run_LDADD = $(include_libs) $(CMOCKA_LIBS)
endif

# Its fuzz targets, for "make check" and "make fuzz".

include_replays = \
	test/fuzz/replay_lexer \
	test/fuzz/replay_expander \
	test/fuzz/replay_interview \
	test/fuzz/replay_record
include_fuzzers = \
	test/fuzz/fuzz_expander \
	test/fuzz/fuzz_lexer \
	test/fuzz/fuzz_interview \
	test/fuzz/fuzz_record
replay_programs += $(include_replays)
fuzz_programs += $(include_fuzzers)
test_fuzz_replay_interview_SOURCES = test/fuzz/fuzz_interview.c test/fuzz/replay.c
test_fuzz_replay_interview_CPPFLAGS = $(include_cppflags) -DCORPUS='"interview"'
test_fuzz_replay_interview_LDADD = $(include_libs)
test_fuzz_fuzz_interview_SOURCES = test/fuzz/fuzz_interview.c
test_fuzz_fuzz_interview_CPPFLAGS = $(include_cppflags)
test_fuzz_fuzz_interview_LDADD = $(include_libs)
test_fuzz_fuzz_interview_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LDFLAGS)
test_fuzz_replay_record_SOURCES = test/fuzz/fuzz_record.c test/fuzz/replay.c
test_fuzz_replay_record_CPPFLAGS = $(include_cppflags) -DCORPUS='"record"'
test_fuzz_replay_record_LDADD = $(include_libs)
test_fuzz_fuzz_record_SOURCES = test/fuzz/fuzz_record.c
test_fuzz_fuzz_record_CPPFLAGS = $(include_cppflags)
test_fuzz_fuzz_record_LDADD = $(include_libs)
test_fuzz_fuzz_record_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LDFLAGS)
test_fuzz_replay_lexer_SOURCES = test/fuzz/fuzz_lexer.c test/fuzz/replay.c
test_fuzz_replay_lexer_CPPFLAGS = $(include_cppflags) -DCORPUS='"lexer"'
test_fuzz_replay_lexer_LDADD = $(include_libs)
test_fuzz_fuzz_lexer_SOURCES = test/fuzz/fuzz_lexer.c
test_fuzz_fuzz_lexer_CPPFLAGS = $(include_cppflags)
test_fuzz_fuzz_lexer_LDADD = $(include_libs)
test_fuzz_fuzz_lexer_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LDFLAGS)
test_fuzz_replay_expander_SOURCES = test/fuzz/fuzz_expander.c test/fuzz/replay.c
test_fuzz_replay_expander_CPPFLAGS = $(include_cppflags) -DCORPUS='"expander"'
test_fuzz_replay_expander_LDADD = $(include_libs)
test_fuzz_fuzz_expander_SOURCES = test/fuzz/fuzz_expander.c
test_fuzz_fuzz_expander_CPPFLAGS = $(include_cppflags)
test_fuzz_fuzz_expander_LDADD = $(include_libs)
test_fuzz_fuzz_expander_LDFLAGS = $(AM_LDFLAGS) $(FUZZER_LDFLAGS)

# What compares with the compilers, and measures.

check_PROGRAMS += test/oracle/closures
test_oracle_closures_SOURCES = test/oracle/closures.c
test_oracle_closures_CPPFLAGS = $(include_cppflags)
test_oracle_closures_LDADD = $(include_libs)
TESTS += test/oracle/lists-equal-the-compilers.sh
