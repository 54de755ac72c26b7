/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "args_table.h"
#include "buffer.h"
#include "path.h"
#include "xalloc.h"

/*
 * The options of gcc (12 to 14) and clang (14 to 19), in the order of their bytes. An option that
 * no row names stays here, so rows are needed for what may go away, for what takes the next word
 * as its value (else the value looks like a source), and for what the families -f, -m, -g, -W and
 * -O must not let through: options that read or write files, or print, on the machine where they run.
 */
#define PLAIN(name, form, class) {name, OPTION_##form, OPTION_##class, EFFECT_NONE, REASON_NONE}
#define NOTED(name, form, class, effect) {name, OPTION_##form, OPTION_##class, EFFECT_##effect, REASON_NONE}
#define HERE(name, form, reason) {name, OPTION_##form, OPTION_HERE, EFFECT_NONE, REASON_##reason}

const struct option args_table[] = {
	{"-###", OPTION_FLAG, OPTION_HERE, EFFECT_ASKS, REASON_NO_COMPILE},
	{"--analyze", OPTION_FLAG, OPTION_HERE, EFFECT_ASKS, REASON_NO_COMPILE},
	NOTED("--assemble", FLAG, COMPILE, ASSEMBLY),
	HERE("--assert", NEXT, LOCAL_OPTION),
	NOTED("--compile", FLAG, COMPILE, OBJECT),
	HERE("--config", NEXT, LOCAL_FILE),
	HERE("--config=", JOINED, LOCAL_FILE),
	NOTED("--coverage", FLAG, BOTH, COVERAGE),
	PLAIN("--define-macro", NEXT, MACRO),
	PLAIN("--define-macro=", JOINED, MACRO),
	{"--dependencies", OPTION_FLAG, OPTION_HERE, EFFECT_PREPROCESS, REASON_PREPROCESS_ONLY},
	HERE("--driver-mode=", JOINED, LOCAL_OPTION),
	HERE("--dump", NEXT, LOCAL_OPTION),
	HERE("--dumpbase", NEXT, LOCAL_OPTION),
	HERE("--dumpbase-ext", NEXT, LOCAL_OPTION),
	HERE("--dumpdir", NEXT, LOCAL_OPTION),
	HERE("--for-assembler", NEXT, LOCAL_FILE),
	HERE("--for-linker", NEXT, LOCAL_FILE),
	PLAIN("--gcc-install-dir=", JOINED, BOTH),
	PLAIN("--gcc-toolchain=", JOINED, BOTH),
	{"--help", OPTION_JOINED, OPTION_HERE, EFFECT_ASKS, REASON_NO_COMPILE},
	NOTED("--imacros", NEXT, CPP, PLAIN_CLANG),
	NOTED("--imacros=", JOINED, CPP, PLAIN_CLANG),
	PLAIN("--include", NEXT, CPP),
	PLAIN("--include-directory", NEXT, CPP),
	PLAIN("--include-directory-after", NEXT, CPP),
	PLAIN("--include-directory-after=", JOINED, CPP),
	PLAIN("--include-directory=", JOINED, CPP),
	PLAIN("--include-prefix", NEXT, CPP),
	PLAIN("--include-prefix=", JOINED, CPP),
	PLAIN("--include-with-prefix", NEXT, CPP),
	PLAIN("--include-with-prefix-after", NEXT, CPP),
	PLAIN("--include-with-prefix-after=", JOINED, CPP),
	PLAIN("--include-with-prefix-before", NEXT, CPP),
	PLAIN("--include-with-prefix-before=", JOINED, CPP),
	PLAIN("--include-with-prefix=", JOINED, CPP),
	PLAIN("--include=", JOINED, CPP),
	NOTED("--language", NEXT, LANGUAGE, LANGUAGE),
	NOTED("--language=", JOINED, LANGUAGE, LANGUAGE),
	PLAIN("--ld-path=", JOINED, LINK),
	HERE("--machine", NEXT, LOCAL_OPTION),
	HERE("--no-integrated-cpp", FLAG, LOCAL_OPTION),
	HERE("--offload", JOINED, LOCAL_OPTION),
	HERE("--output", NEXT, LOCAL_OPTION),
	HERE("--output-pch", NEXT, LOCAL_OPTION),
	PLAIN("--param", NEXT, BOTH),
	PLAIN("--param=", JOINED, BOTH),
	NOTED("--pedantic", FLAG, BOTH, PEDANTIC),
	NOTED("--pedantic-errors", FLAG, BOTH, PEDANTIC),
	{"--precompile", OPTION_FLAG, OPTION_HERE, EFFECT_ASKS, REASON_NO_COMPILE},
	HERE("--prefix", NEXT, LOCAL_FILE),
	{"--preprocess", OPTION_FLAG, OPTION_HERE, EFFECT_PREPROCESS, REASON_PREPROCESS_ONLY},
	{"--print-", OPTION_JOINED, OPTION_HERE, EFFECT_ASKS, REASON_NO_COMPILE},
	HERE("--resource-dir=", JOINED, LOCAL_FILE),
	PLAIN("--rtlib=", JOINED, LINK),
	NOTED("--save-temps", JOINED, BOTH, SAVE_TEMPS),
	NOTED("--serialize-diagnostics", NEXT, BOTH, PLAIN_FILE),
	HERE("--specs", NEXT, LOCAL_FILE),
	HERE("--specs=", JOINED, LOCAL_FILE),
	PLAIN("--std", NEXT, BOTH),
	PLAIN("--std=", JOINED, BOTH),
	PLAIN("--sysroot", NEXT, BOTH),
	PLAIN("--sysroot=", JOINED, BOTH),
	{"--target-help", OPTION_FLAG, OPTION_HERE, EFFECT_ASKS, REASON_NO_COMPILE},
	PLAIN("--target=", JOINED, BOTH),
	HERE("--time", FLAG, LOCAL_OPTION),
	NOTED("--traditional", FLAG, BOTH, PLAIN),
	NOTED("--traditional-cpp", FLAG, BOTH, PLAIN),
	PLAIN("--undefine-macro", NEXT, MACRO),
	PLAIN("--undefine-macro=", JOINED, MACRO),
	PLAIN("--unwindlib=", JOINED, LINK),
	{"--user-dependencies", OPTION_FLAG, OPTION_HERE, EFFECT_PREPROCESS, REASON_PREPROCESS_ONLY},
	HERE("--verbose", FLAG, LOCAL_OPTION),
	{"--version", OPTION_FLAG, OPTION_HERE, EFFECT_ASKS, REASON_NO_COMPILE},
	HERE("--warning-suppression-mappings=", JOINED, LOCAL_FILE),
	HERE("--working-directory=", JOINED, LOCAL_OPTION),
	PLAIN("-A", EITHER, MACRO),
	HERE("-B", EITHER, LOCAL_FILE),
	HERE("-C", FLAG, LOCAL_OPTION),
	HERE("-CC", FLAG, LOCAL_OPTION),
	PLAIN("-D", EITHER, MACRO),
	{"-E", OPTION_FLAG, OPTION_HERE, EFFECT_PREPROCESS, REASON_PREPROCESS_ONLY},
	PLAIN("-F", EITHER, CPP),
	PLAIN("-G", EITHER, BOTH),
	NOTED("-H", FLAG, BOTH, PLAIN),
	PLAIN("-I", EITHER, CPP),
	HERE("-I-", JOINED, LOCAL_OPTION),
	PLAIN("-L", EITHER, LINK),
	{"-M", OPTION_FLAG, OPTION_HERE, EFFECT_PREPROCESS, REASON_PREPROCESS_ONLY},
	NOTED("-MD", FLAG, DEPEND, DEPEND),
	NOTED("-MF", EITHER, DEPEND, DEPEND_FILE),
	HERE("-MG", FLAG, LOCAL_OPTION),
	NOTED("-MJ", EITHER, COMPILE, GROWN_FILE),
	{"-MM", OPTION_FLAG, OPTION_HERE, EFFECT_PREPROCESS, REASON_PREPROCESS_ONLY},
	NOTED("-MMD", FLAG, DEPEND, DEPEND),
	NOTED("-MP", FLAG, DEPEND, DEPEND_DETAIL),
	NOTED("-MQ", EITHER, DEPEND, DEPEND_TARGET),
	NOTED("-MT", EITHER, DEPEND, DEPEND_TARGET),
	NOTED("-MV", FLAG, DEPEND, DEPEND_DETAIL),
	PLAIN("-O", JOINED, BOTH),
	HERE("-ObjC", FLAG, LANGUAGE),
	HERE("-ObjC++", FLAG, LANGUAGE),
	HERE("-P", FLAG, LOCAL_OPTION),
	NOTED("-Q", FLAG, BOTH, PLAIN),
	PLAIN("-Qn", FLAG, BOTH),
	PLAIN("-Qunused-arguments", FLAG, BOTH),
	PLAIN("-Qy", FLAG, BOTH),
	NOTED("-R", JOINED, BOTH, PLAIN_CLANG),
	NOTED("-S", FLAG, COMPILE, ASSEMBLY),
	HERE("-T", EITHER, LOCAL_FILE),
	HERE("-Tbss", NEXT, LOCAL_FILE),
	HERE("-Tdata", NEXT, LOCAL_FILE),
	HERE("-Ttext", NEXT, LOCAL_FILE),
	PLAIN("-U", EITHER, MACRO),
	HERE("-V", EITHER, LOCAL_OPTION),
	PLAIN("-W", JOINED, BOTH),
	NOTED("-Wa,", JOINED, COMPILE, WA),
	NOTED("-Werror=pedantic", FLAG, BOTH, PEDANTIC),
	NOTED("-Werror=unused-macros", FLAG, BOTH, UNUSED_MACROS),
	NOTED("-Winvalid-pch", FLAG, BOTH, PLAIN),
	PLAIN("-Wl,", JOINED, LINK),
	NOTED("-Wno-pedantic", FLAG, BOTH, PEDANTIC),
	NOTED("-Wno-unused-macros", FLAG, BOTH, UNUSED_MACROS),
	NOTED("-Wp,", JOINED, MACRO, WP),
	NOTED("-Wpedantic", FLAG, BOTH, PEDANTIC),
	NOTED("-Wunused-macros", FLAG, BOTH, UNUSED_MACROS),
	HERE("-Xanalyzer", NEXT, LOCAL_OPTION),
	HERE("-Xarch_", JOINED, LOCAL_OPTION),
	NOTED("-Xassembler", NEXT, COMPILE, XASSEMBLER),
	NOTED("-Xclang", NEXT, BOTH, XCLANG),
	HERE("-Xcuda-fatbinary", NEXT, LOCAL_OPTION),
	HERE("-Xcuda-ptxas", NEXT, LOCAL_OPTION),
	PLAIN("-Xlinker", NEXT, LINK),
	HERE("-Xoffload-linker", NEXT, LOCAL_OPTION),
	HERE("-Xopenmp-target", NEXT, LOCAL_OPTION),
	HERE("-Xopenmp-target=", JOINED, LOCAL_OPTION),
	NOTED("-Xpreprocessor", NEXT, MACRO, XPREPROCESSOR),
	HERE("-Xthinlto", NEXT, LOCAL_OPTION),
	HERE("-allowable_client", NEXT, LOCAL_OPTION),
	PLAIN("-ansi", FLAG, BOTH),
	HERE("-arch", NEXT, LOCAL_OPTION),
	HERE("-arcmt-migrate-report-output", NEXT, LOCAL_FILE),
	NOTED("-aux-info", NEXT, COMPILE, NAMED_FILE),
	NOTED("-aux-info=", JOINED, COMPILE, NAMED_FILE),
	HERE("-b", NEXT, LOCAL_OPTION),
	HERE("-bundle_loader", NEXT, LOCAL_OPTION),
	NOTED("-c", FLAG, COMPILE, OBJECT),
	HERE("-ccc-gcc-name", NEXT, LOCAL_FILE),
	HERE("-ccc-install-dir", NEXT, LOCAL_FILE),
	HERE("-client_name", NEXT, LOCAL_OPTION),
	HERE("-compatibility_version", NEXT, LOCAL_OPTION),
	NOTED("-coverage", FLAG, BOTH, COVERAGE),
	HERE("-current_version", NEXT, LOCAL_OPTION),
	PLAIN("-cxx-isystem", EITHER, CPP),
	HERE("-d", JOINED, LOCAL_OPTION),
	PLAIN("-dA", FLAG, COMPILE),
	PLAIN("-dP", FLAG, COMPILE),
	HERE("-darwin-target-variant", NEXT, LOCAL_OPTION),
	HERE("-dependency-dot", NEXT, LOCAL_FILE),
	HERE("-dependency-file", NEXT, LOCAL_FILE),
	PLAIN("-dp", FLAG, COMPILE),
	HERE("-dsym-dir", NEXT, LOCAL_FILE),
	HERE("-dumpbase", NEXT, LOCAL_OPTION),
	HERE("-dumpbase-ext", NEXT, LOCAL_OPTION),
	HERE("-dumpdir", NEXT, LOCAL_OPTION),
	{"-dumpfullversion", OPTION_FLAG, OPTION_HERE, EFFECT_ASKS, REASON_NO_COMPILE},
	{"-dumpmachine", OPTION_FLAG, OPTION_HERE, EFFECT_ASKS, REASON_NO_COMPILE},
	{"-dumpspecs", OPTION_FLAG, OPTION_HERE, EFFECT_ASKS, REASON_NO_COMPILE},
	{"-dumpversion", OPTION_FLAG, OPTION_HERE, EFFECT_ASKS, REASON_NO_COMPILE},
	PLAIN("-e", NEXT, LINK),
	HERE("-emit-", JOINED, LOCAL_OPTION),
	{"-emit-ast", OPTION_FLAG, OPTION_HERE, EFFECT_ASKS, REASON_NO_COMPILE},
	NOTED("-emit-llvm", FLAG, COMPILE, BITCODE),
	PLAIN("-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang", FLAG, BOTH),
	PLAIN("-export-dynamic", FLAG, LINK),
	HERE("-exported_symbols_list", NEXT, LOCAL_OPTION),
	{"-extract-api", OPTION_FLAG, OPTION_HERE, EFFECT_ASKS, REASON_NO_COMPILE},
	PLAIN("-f", JOINED, BOTH),
	HERE("-fapinotes", JOINED, LOCAL_FILE),
	NOTED("-fauto-profile", JOINED, BOTH, INPUT_PART),
	NOTED("-fbasic-block-sections=", JOINED, BOTH, SECTIONS),
	NOTED("-fbranch-probabilities", FLAG, BOTH, PROFILE),
	HERE("-fbuild-session", JOINED, LOCAL_FILE),
	HERE("-fbuiltin-module-map", JOINED, LOCAL_FILE),
	NOTED("-fcallgraph-info", JOINED, BOTH, SIDE_OUTPUT),
	NOTED("-fcolor-diagnostics", FLAG, BOTH, COLOUR),
	HERE("-fcompare-debug", JOINED, LOCAL_OPTION),
	NOTED("-fcoverage-mapping", FLAG, BOTH, PLAIN_CLANG),
	NOTED("-fcoverage-mcdc", FLAG, BOTH, PLAIN_CLANG),
	HERE("-fcrash-diagnostics", JOINED, LOCAL_OPTION),
	HERE("-fcxx-modules", JOINED, LOCAL_FILE),
	PLAIN("-fdebug-compilation-dir", NEXT, BOTH),
	HERE("-fdebug-cpp", FLAG, LOCAL_OPTION),
	NOTED("-fdebug-macro", FLAG, BOTH, PLAIN_CLANG),
	HERE("-fdep", JOINED, LOCAL_OPTION),
	NOTED("-fdiagnostics-absolute-paths", FLAG, BOTH, PLAIN),
	HERE("-fdiagnostics-add-output=", JOINED, LOCAL_OPTION),
	NOTED("-fdiagnostics-color", JOINED, BOTH, COLOUR),
	NOTED("-fdiagnostics-format=", JOINED, BOTH, DIAGNOSTICS_FORMAT),
	NOTED("-fdiagnostics-generate-patch", FLAG, BOTH, PLAIN),
	NOTED("-fdiagnostics-parseable-fixits", FLAG, BOTH, PLAIN_CLANG),
	NOTED("-fdiagnostics-plain-output", FLAG, BOTH, COLOUR),
	NOTED("-fdiagnostics-print-source-range-info", FLAG, BOTH, PLAIN_CLANG),
	HERE("-fdiagnostics-set-output=", JOINED, LOCAL_OPTION),
	HERE("-fdirectives-only", FLAG, LOCAL_OPTION),
	NOTED("-fdump-", JOINED, BOTH, NAMED_PART),
	HERE("-fdump-ada-spec", JOINED, LOCAL_FILE),
	HERE("-fdump-analyzer", JOINED, LOCAL_FILE),
	HERE("-fdump-final-insns", JOINED, LOCAL_FILE),
	NOTED("-fdump-go-spec=", JOINED, BOTH, PLAIN_FILE),
	NOTED("-fdump-internal-locations", FLAG, BOTH, PLAIN),
	HERE("-fembed-", JOINED, LOCAL_OPTION),
	HERE("-fexec-charset=", JOINED, LOCAL_FILE),
	HERE("-fexperimental-sanitize-metadata-ignorelist=", JOINED, LOCAL_FILE),
	HERE("-filelist", NEXT, LOCAL_OPTION),
	HERE("-fimplicit-module", JOINED, LOCAL_FILE),
	NOTED("-finput-charset=", JOINED, BOTH, PLAIN),
	HERE("-fintrinsic-modules-path", NEXT, LOCAL_FILE),
	HERE("-fkeep-system-includes", FLAG, LOCAL_OPTION),
	NOTED("-flto", JOINED, BOTH, COLUMNS),
	HERE("-fltrans", JOINED, LOCAL_OPTION),
	NOTED("-fmem-report", JOINED, BOTH, PLAIN),
	HERE("-fmemory-profile-use", JOINED, LOCAL_FILE),
	HERE("-fmodule", JOINED, LOCAL_FILE),
	HERE("-fmodules-user-build-path", NEXT, LOCAL_FILE),
	NOTED("-fno-color-diagnostics", FLAG, BOTH, COLOUR),
	NOTED("-fno-diagnostics-color", FLAG, BOTH, COLOUR),
	HERE("-fno-integrated-cpp", FLAG, LOCAL_OPTION),
	HERE("-fno-preprocessed", JOINED, LOCAL_OPTION),
	PLAIN("-fno-working-directory", FLAG, CPP),
	HERE("-foffload", JOINED, LOCAL_OPTION),
	NOTED("-fopenacc", JOINED, BOTH, PARALLEL),
	NOTED("-fopenmp", JOINED, BOTH, PARALLEL),
	HERE("-fopenmp-host", JOINED, LOCAL_OPTION),
	NOTED("-fopenmp-simd", FLAG, BOTH, FULL_CPP),
	HERE("-fopenmp-targets", JOINED, LOCAL_OPTION),
	NOTED("-fopt-info", JOINED, COMPILE, NAMED_PART),
	NOTED("-foptimization-record-file=", JOINED, COMPILE, NAMED_FILE),
	HERE("-force_load", NEXT, LOCAL_OPTION),
	HERE("-fpass-plugin=", JOINED, LOCAL_FILE),
	HERE("-fpch", JOINED, LOCAL_FILE),
	HERE("-fplugin", JOINED, LOCAL_FILE),
	HERE("-fpost-ipa-mem-report", JOINED, LOCAL_OPTION),
	HERE("-fpre-ipa-mem-report", JOINED, LOCAL_OPTION),
	HERE("-fprebuilt-implicit-modules", JOINED, LOCAL_FILE),
	HERE("-fprebuilt-module", JOINED, LOCAL_FILE),
	NOTED("-fpreprocessed", FLAG, BOTH, PREPROCESSED),
	HERE("-fproc-stat-report", FLAG, LOCAL_OPTION),
	HERE("-fproc-stat-report=", JOINED, LOCAL_OPTION),
	NOTED("-fprofile-arcs", FLAG, BOTH, SIDE_OUTPUT),
	NOTED("-fprofile-generate", JOINED, BOTH, SIDE_OUTPUT),
	NOTED("-fprofile-instr-use", JOINED, BOTH, INPUT_PART),
	NOTED("-fprofile-list=", JOINED, BOTH, INPUT),
	NOTED("-fprofile-note=", JOINED, COMPILE, NAMED_FILE),
	NOTED("-fprofile-remapping-file", JOINED, BOTH, INPUT_PART),
	NOTED("-fprofile-sample-use", JOINED, BOTH, INPUT_PART),
	NOTED("-fprofile-use", JOINED, BOTH, PROFILE),
	HERE("-framework", NEXT, LOCAL_OPTION),
	NOTED("-frandomize-layout-seed-file=", JOINED, BOTH, INPUT),
	NOTED("-frecord-command-line", FLAG, BOTH, PLAIN_CLANG),
	NOTED("-frecord-gcc-switches", FLAG, BOTH, PLAIN_CLANG),
	HERE("-fresolution=", JOINED, LOCAL_FILE),
	HERE("-frewrite", JOINED, LOCAL_OPTION),
	NOTED("-fsanitize-blacklist=", JOINED, BOTH, INPUT),
	NOTED("-fsanitize-coverage-allowlist=", JOINED, BOTH, INPUT),
	NOTED("-fsanitize-coverage-blacklist=", JOINED, BOTH, INPUT),
	NOTED("-fsanitize-coverage-ignorelist=", JOINED, BOTH, INPUT),
	NOTED("-fsanitize-coverage-whitelist=", JOINED, BOTH, INPUT),
	NOTED("-fsanitize-ignorelist=", JOINED, BOTH, INPUT),
	NOTED("-fsanitize-system-blacklist=", JOINED, BOTH, INPUT),
	NOTED("-fsanitize-system-ignorelist=", JOINED, BOTH, INPUT),
	NOTED("-fsanitize=", JOINED, BOTH, COLUMNS),
	NOTED("-fsave-optimization-record", JOINED, BOTH, SIDE_OUTPUT),
	HERE("-fself-test", JOINED, LOCAL_OPTION),
	HERE("-fselftest", JOINED, LOCAL_OPTION),
	NOTED("-fstack-usage", FLAG, BOTH, SIDE_OUTPUT),
	HERE("-fstats", FLAG, LOCAL_OPTION),
	HERE("-fsycl", JOINED, LOCAL_OPTION),
	{"-fsyntax-only", OPTION_FLAG, OPTION_HERE, EFFECT_ASKS, REASON_NO_COMPILE},
	NOTED("-ftest-coverage", FLAG, BOTH, COVERAGE),
	NOTED("-fthin-link-bitcode=", JOINED, COMPILE, NAMED_FILE),
	HERE("-fthinlto-index=", JOINED, LOCAL_FILE),
	NOTED("-ftime-report", JOINED, BOTH, PLAIN),
	NOTED("-ftime-trace", FLAG, COMPILE, SIDE_OUTPUT),
	PLAIN("-ftime-trace-granularity=", JOINED, COMPILE),
	HERE("-ftime-trace=", JOINED, LOCAL_FILE),
	PLAIN("-ftrapv-handler", NEXT, BOTH),
	PLAIN("-fuse-ld=", JOINED, LINK),
	NOTED("-fverbose-asm", FLAG, BOTH, PLAIN),
	HERE("-fwarning-suppression-mappings=", JOINED, LOCAL_FILE),
	HERE("-fwide-exec-charset=", JOINED, LOCAL_FILE),
	PLAIN("-fworking-directory", FLAG, CPP),
	HERE("-fwpa", FLAG, LOCAL_OPTION),
	HERE("-fxray-", JOINED, LOCAL_FILE),
	PLAIN("-fxray-instrument", FLAG, BOTH),
	NOTED("-g", JOINED, BOTH, DEBUG),
	PLAIN("-gcc-toolchain", NEXT, BOTH),
	NOTED("-gembed-source", FLAG, BOTH, PLAIN_CLANG),
	HERE("-gen", JOINED, LOCAL_OPTION),
	HERE("-gen-cdb-fragment-path", NEXT, LOCAL_FILE),
	HERE("-gmodules", JOINED, LOCAL_OPTION),
	HERE("-gnat", JOINED, LOCAL_OPTION),
	HERE("-gnatO", NEXT, LOCAL_OPTION),
	NOTED("-grecord-command-line", FLAG, BOTH, PLAIN_CLANG),
	NOTED("-grecord-gcc-switches", FLAG, BOTH, PLAIN_CLANG),
	{"-help", OPTION_FLAG, OPTION_HERE, EFFECT_ASKS, REASON_NO_COMPILE},
	HERE("-iapinotes-modules", NEXT, LOCAL_FILE),
	PLAIN("-ibuiltininc", FLAG, CPP),
	PLAIN("-idirafter", EITHER, CPP),
	PLAIN("-iframework", EITHER, CPP),
	PLAIN("-iframeworkwithsysroot", EITHER, CPP),
	NOTED("-imacros", EITHER, CPP, PLAIN_CLANG),
	HERE("-image_base", NEXT, LOCAL_OPTION),
	PLAIN("-imultiarch", NEXT, CPP),
	PLAIN("-imultilib", NEXT, CPP),
	PLAIN("-include", EITHER, CPP),
	HERE("-include-pch", NEXT, LOCAL_FILE),
	HERE("-index-header-map", FLAG, LOCAL_FILE),
	HERE("-init", NEXT, LOCAL_OPTION),
	HERE("-install_name", NEXT, LOCAL_OPTION),
	PLAIN("-integrated-as", FLAG, BOTH),
	HERE("-iplugindir=", JOINED, LOCAL_OPTION),
	PLAIN("-iprefix", EITHER, CPP),
	PLAIN("-iquote", EITHER, CPP),
	PLAIN("-isysroot", EITHER, MACRO),
	PLAIN("-isystem", EITHER, CPP),
	PLAIN("-isystem-after", EITHER, CPP),
	HERE("-ivfsoverlay", EITHER, LOCAL_FILE),
	HERE("-ivfsstatcache", NEXT, LOCAL_FILE),
	PLAIN("-iwithprefix", EITHER, CPP),
	PLAIN("-iwithprefixbefore", EITHER, CPP),
	PLAIN("-iwithsysroot", EITHER, CPP),
	PLAIN("-l", EITHER, LINK),
	HERE("-lazy_framework", NEXT, LOCAL_OPTION),
	HERE("-lazy_library", NEXT, LOCAL_OPTION),
	PLAIN("-m", JOINED, BOTH),
	NOTED("-march=", JOINED, BOTH, CPU),
	NOTED("-mcpu=", JOINED, BOTH, CPU),
	HERE("-meabi", FLAG, LOCAL_OPTION),
	NOTED("-mllvm", NEXT, COMPILE, MLLVM),
	HERE("-mmlir", FLAG, LOCAL_OPTION),
	HERE("-module-dependency-dir", NEXT, LOCAL_FILE),
	HERE("-module-file-info", FLAG, LOCAL_FILE),
	PLAIN("-mthread-model", NEXT, BOTH),
	NOTED("-mtune=", JOINED, BOTH, CPU),
	HERE("-multiply_defined", NEXT, LOCAL_OPTION),
	HERE("-multiply_defined_unused", NEXT, LOCAL_OPTION),
	PLAIN("-no-canonical-prefixes", FLAG, BOTH),
	PLAIN("-no-integrated-as", FLAG, BOTH),
	HERE("-no-integrated-cpp", FLAG, LOCAL_OPTION),
	PLAIN("-no-pie", FLAG, LINK),
	PLAIN("-no-pthread", FLAG, BOTH),
	PLAIN("-nobuiltininc", FLAG, BOTH),
	PLAIN("-nodefaultlibs", FLAG, LINK),
	PLAIN("-nolibc", FLAG, LINK),
	PLAIN("-nopie", FLAG, LINK),
	PLAIN("-nostartfiles", FLAG, LINK),
	PLAIN("-nostdinc", FLAG, BOTH),
	PLAIN("-nostdinc++", FLAG, BOTH),
	PLAIN("-nostdlib", FLAG, LINK),
	PLAIN("-nostdlib++", FLAG, LINK),
	PLAIN("-nostdlibinc", FLAG, BOTH),
	NOTED("-o", EITHER, OUTPUT, OUTPUT),
	HERE("-objc", JOINED, LOCAL_OPTION),
	HERE("-object", JOINED, LOCAL_OPTION),
	PLAIN("-p", FLAG, BOTH),
	PLAIN("-pass-exit-codes", FLAG, BOTH),
	NOTED("-pedantic", FLAG, BOTH, PEDANTIC),
	NOTED("-pedantic-errors", FLAG, BOTH, PEDANTIC),
	PLAIN("-pg", FLAG, BOTH),
	PLAIN("-pie", FLAG, LINK),
	PLAIN("-pipe", FLAG, BOTH),
	PLAIN("-posix", FLAG, BOTH),
	{"-print-", OPTION_JOINED, OPTION_HERE, EFFECT_ASKS, REASON_NO_COMPILE},
	PLAIN("-pthread", FLAG, BOTH),
	PLAIN("-pthreads", FLAG, BOTH),
	PLAIN("-r", FLAG, LINK),
	PLAIN("-rdynamic", FLAG, LINK),
	HERE("-read_only_relocs", NEXT, LOCAL_OPTION),
	HERE("-reexport_framework", NEXT, LOCAL_OPTION),
	HERE("-reexport_library", NEXT, LOCAL_OPTION),
	PLAIN("-remap", FLAG, BOTH),
	HERE("-resource-dir", NEXT, LOCAL_FILE),
	HERE("-resource-dir=", JOINED, LOCAL_FILE),
	{"-rewrite-legacy-objc", OPTION_FLAG, OPTION_HERE, EFFECT_ASKS, REASON_NO_COMPILE},
	{"-rewrite-objc", OPTION_FLAG, OPTION_HERE, EFFECT_ASKS, REASON_NO_COMPILE},
	PLAIN("-rpath", NEXT, LINK),
	PLAIN("-rtlib=", JOINED, LINK),
	PLAIN("-s", FLAG, LINK),
	HERE("-save-stats", FLAG, LOCAL_OPTION),
	NOTED("-save-temps", JOINED, BOTH, SAVE_TEMPS),
	HERE("-seg1addr", NEXT, LOCAL_OPTION),
	NOTED("-serialize-diagnostics", NEXT, BOTH, PLAIN_FILE),
	PLAIN("-shared", JOINED, LINK),
	HERE("-specs", NEXT, LOCAL_FILE),
	HERE("-specs=", JOINED, LOCAL_FILE),
	PLAIN("-static", JOINED, LINK),
	PLAIN("-std-default=", JOINED, BOTH),
	PLAIN("-std=", JOINED, BOTH),
	PLAIN("-stdlib++-isystem", EITHER, CPP),
	PLAIN("-stdlib=", JOINED, MACRO),
	HERE("-sub_library", NEXT, LOCAL_OPTION),
	HERE("-sub_umbrella", NEXT, LOCAL_OPTION),
	PLAIN("-symbolic", FLAG, LINK),
	PLAIN("-target", NEXT, BOTH),
	HERE("-time", FLAG, LOCAL_OPTION),
	NOTED("-traditional", FLAG, BOTH, PLAIN),
	NOTED("-traditional-cpp", FLAG, BOTH, PLAIN),
	PLAIN("-trigraphs", FLAG, BOTH),
	PLAIN("-u", EITHER, LINK),
	HERE("-umbrella", NEXT, LOCAL_OPTION),
	PLAIN("-undef", FLAG, MACRO),
	HERE("-undefined", NEXT, LOCAL_OPTION),
	HERE("-unexported_symbols_list", NEXT, LOCAL_OPTION),
	PLAIN("-unwindlib=", JOINED, LINK),
	HERE("-v", FLAG, LOCAL_OPTION),
	{"-verify-pch", OPTION_FLAG, OPTION_HERE, EFFECT_ASKS, REASON_NO_COMPILE},
	HERE("-via-file-asm", FLAG, LOCAL_OPTION),
	PLAIN("-w", FLAG, BOTH),
	HERE("-weak_framework", NEXT, LOCAL_OPTION),
	HERE("-weak_library", NEXT, LOCAL_OPTION),
	HERE("-working-directory", NEXT, LOCAL_FILE),
	HERE("-working-directory=", JOINED, LOCAL_OPTION),
	HERE("-wrapper", NEXT, LOCAL_FILE),
	NOTED("-x", EITHER, LANGUAGE, LANGUAGE),
	PLAIN("-z", EITHER, LINK),
};
const size_t args_table_size = sizeof(args_table) / sizeof(args_table[0]);

/* How many rows are not above the first n bytes of word. */
static size_t
rows_up_to(const char *word, size_t n)
{
	size_t low = 0;
	size_t high = args_table_size;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *name = args_table[middle].name;
		int order = strncmp(word, name, n);

		if (order > 0 || (order == 0 && name[n] == '\0'))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * The row with the longest name that word begins with, not longer than n, or NULL. Whatever stands
 * between such a name and the word begins with that name too, so the row just below the word shows
 * how much of the word can still count.
 */
static const struct option *
find_longest(const char *word, size_t n)
{
	while (n > 0) {
		size_t rows = rows_up_to(word, n);

		if (rows == 0)
			return NULL;
		const char *name = args_table[rows - 1].name;
		size_t common = 0;

		while (common < n && name[common] == word[common])
			common++;
		if (name[common] == '\0')
			return &args_table[rows - 1];
		n = common;
	}
	return NULL;
}

struct option_match
args_table_find(char *const words[], size_t i, size_t count)
{
	const char *word = words[i];
	size_t len = strlen(word);
	const struct option *o = word[0] == '-' ? find_longest(word, len) : NULL;

	while (o != NULL) {
		size_t n = strlen(o->name);

		if (n == len && (o->form == OPTION_NEXT || o->form == OPTION_EITHER))
			return i + 1 < count ? (struct option_match){o, words[i + 1], 2}
			                     : (struct option_match){o, NULL, 1};
		if (n == len || o->form == OPTION_JOINED || o->form == OPTION_EITHER)
			return (struct option_match){o, word + n, 1};
		o = find_longest(word, n - 1);
	}
	return (struct option_match){NULL, "", 1};
}

const char *
args_wp_dependency(const char *word)
{
	static const char *const heads[] = {"-Wp,-MD,", "-Wp,-MMD,"};

	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(heads[i]);

		if (strncmp(word, heads[i], n) == 0 && word[n] != '\0' && strchr(word + n, ',') == NULL)
			return word + n;
	}
	return NULL;
}

void
args_wp_split(const char *word, struct strv *pieces)
{
	const char *p = word + strlen("-Wp,");

	for (;;) {
		size_t n = strcspn(p, ",");

		strv_take(pieces, xstrndup(p, n));
		if (p[n] == '\0')
			return;
		p += n + 1;
	}
}

char *
args_wp_only(const char *word, enum option_class class)
{
	struct strv pieces = {0};
	struct buffer out = {0};

	args_wp_split(word, &pieces);
	for (size_t i = 0; i < pieces.count;) {
		struct option_match m = args_table_find(pieces.items, i, pieces.count);

		for (size_t k = 0; m.option != NULL && m.option->class == class && k < m.width; k++) {
			buffer_add_string(&out, out.len == 0 ? "-Wp," : ",");
			buffer_add_string(&out, pieces.items[i + k]);
		}
		i += m.width;
	}
	strv_release(&pieces);
	return out.len == 0 ? NULL : buffer_take_string(&out);
}

char *
args_default_name(const char *source, const char *suffix)
{
	const char *base = path_base(source);

	return xasprintf("%.*s%s", (int)(path_extension(source) - base), base, suffix);
}

static const struct {
	const char *suffix;
	enum args_language language;
	bool is_preprocessed;
} suffixes[] = {
	{".c", ARGS_LANG_C, false},      {".i", ARGS_LANG_C, true},
	{".cc", ARGS_LANG_CXX, false},   {".cp", ARGS_LANG_CXX, false},
	{".cxx", ARGS_LANG_CXX, false},  {".cpp", ARGS_LANG_CXX, false},
	{".CPP", ARGS_LANG_CXX, false},  {".c++", ARGS_LANG_CXX, false},
	{".C", ARGS_LANG_CXX, false},    {".ii", ARGS_LANG_CXX, true},
	{".m", ARGS_LANG_OBJC, false},   {".mi", ARGS_LANG_OBJC, true},
	{".mm", ARGS_LANG_OBJCXX, false}, {".M", ARGS_LANG_OBJCXX, false},
	{".mii", ARGS_LANG_OBJCXX, true}, {".s", ARGS_LANG_ASM, true},
	{".S", ARGS_LANG_ASM_CPP, false}
};

enum args_language
args_suffix_language(const char *path, bool *is_preprocessed)
{
	const char *suffix = path_extension(path);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (strcmp(suffix, suffixes[i].suffix) == 0) {
			*is_preprocessed = suffixes[i].is_preprocessed;
			return suffixes[i].language;
		}
	*is_preprocessed = false;
	return ARGS_LANG_NONE;
}
