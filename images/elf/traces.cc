#include "images/elf/traces.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>

namespace frostbyte::elf {
namespace {

Trace found(std::string name, Strength strength, std::string evidence) {
  return {.name = std::move(name), .version = {}, .strength = strength, .evidence = std::move(evidence)};
}

/// One way to recognise something: a symbol of its own, a library, or a text.
struct Rule {
  const char* name;
  std::vector<std::string_view> symbols;   ///< any of them, defined
  std::vector<std::string_view> prefixes;  ///< any symbol beginning so
  std::vector<std::string_view> libraries;
  std::vector<Needle> texts;
};

/// The strongest trace of the rule; the name stays empty without one.
Trace apply(const Rule& rule, const Evidence& evidence) {
  for (const std::string_view symbol : rule.symbols) {
    if (evidence.defines(symbol)) return found(rule.name, Strength::symbol, fmt::format("symbol {}", symbol));
  }
  for (const std::string_view prefix : rule.prefixes) {
    const std::string_view symbol = evidence.defined_with_prefix(prefix);
    if (!symbol.empty()) return found(rule.name, Strength::symbol, fmt::format("symbol {}", symbol));
  }
  for (const std::string_view library : rule.libraries) {
    const std::string_view name = evidence.needed_with_prefix(library);
    if (!name.empty()) return found(rule.name, Strength::library, fmt::format("needs {}", name));
  }
  for (const Needle& needle : rule.texts) {
    const std::string text = needle.text();
    if (evidence.holds(text)) return found(rule.name, Strength::text, fmt::format("text '{}'", text));
  }
  return {};
}

std::vector<Trace> apply_all(const std::vector<Rule>& rules, const Evidence& evidence) {
  std::vector<Trace> traces;
  for (const Rule& rule : rules) {
    if (Trace trace = apply(rule, evidence); !trace.name.empty()) traces.push_back(std::move(trace));
  }
  std::ranges::stable_sort(traces, {}, &Trace::strength);
  return traces;
}

// ---- C libraries ----

const std::vector<Rule>& libc_rules() {
  static const std::vector<Rule> rules = {
      {.name = "glibc",
       .symbols = {"__libc_setup_tls", "_IO_2_1_stdout_"},
       .prefixes = {},
       .libraries = {"libc.so.6"},
       .texts = {"GNU C Library ", "glibc-ld.so.cache", "GLIBC_TUNABLES"}},
      {.name = "musl",
       .symbols = {"__init_libc", "__malloc_alloc_meta"},
       .prefixes = {},
       .libraries = {"libc.musl-"},
       .texts = {}},
      {.name = "dietlibc", .symbols = {"__unified_syscall"}, .prefixes = {}, .libraries = {}, .texts = {}},
  };
  return rules;
}

/// The first instructions of each library's start code on x86-64, up to the first operand that the linker fills in.
struct StartCode {
  const char* name;
  std::string_view bytes;
};
constexpr StartCode kStartCodes[] = {
    // xor ebp,ebp; mov r9,rdx; pop rsi; mov rdx,rsp; and rsp,-16; push rax; push rsp
    {"glibc", {"\x31\xed\x49\x89\xd1\x5e\x48\x89\xe2\x48\x83\xe4\xf0\x50\x54", 15}},
    // xor rbp,rbp; mov rdi,rsp; lea rsi,[rip+…]
    {"musl", {"\x48\x31\xed\x48\x89\xe7\x48\x8d\x35", 9}},
    // pop rdi; mov rsi,rsp; push rdi; lea rdx,[rsi+rdi*8+8]
    {"dietlibc", {"\x5f\x48\x89\xe6\x57\x48\x8d\x54\xfe\x08", 10}},
};

Trace trace_start_code(const Evidence& evidence) {
  if (evidence.binary().header().machine != EM_X86_64) return {};
  std::string_view code = evidence.entry_code(32);
  if (code.starts_with("\xf3\x0f\x1e\xfa")) code.remove_prefix(4);  // endbr64, where branches are tracked
  for (const StartCode& start : kStartCodes) {
    if (code.starts_with(start.bytes)) return found(start.name, Strength::code, "start code at the entry point");
  }
  return {};
}

Trace trace_interpreter(const std::string& interpreter) {
  const std::string name = interpreter.substr(interpreter.rfind('/') + 1);
  const std::string evidence = "interpreter " + interpreter;
  if (name.starts_with("ld-musl-")) return found("musl", Strength::library, evidence);
  if (name.starts_with("ld-linux") || name.starts_with("ld64.so")) return found("glibc", Strength::library, evidence);
  return {};
}

// ---- runtimes ----

std::vector<Rule> runtime_rules() {
  return {
      {.name = "rust",
       .symbols = {"rust_begin_unwind", "rust_eh_personality"},
       .prefixes = {"_ZN3std2rt10lang_start", "__rust_alloc", "_RNvNtC"},
       .libraries = {"libstd-"},
       .texts = {"thread panicked while processing panic"}},
      {.name = "c++",
       .symbols = {"__gxx_personality_v0", "_ZSt9terminatev"},
       .prefixes = {},
       .libraries = {"libstdc++.so", "libc++.so"},
       .texts = {"terminate called after throwing"}},
  };
}

/// rustc signs .comment; std's panics name the sources of the compiler that built it.
std::string rust_version(const Evidence& evidence) {
  const Section* comment = evidence.binary().section(".comment");
  if (comment == nullptr) return {};
  const std::string_view text = evidence.binary().content(*comment);
  const auto at = text.find("rustc version ");
  if (at == std::string_view::npos) return {};
  const std::string_view version = text.substr(at + 14, 32);
  return std::string(version.substr(0, version.find_first_of(std::string_view(" \0", 2))));
}

bool names_rust_sources(const Evidence& evidence) {
  const std::string_view place = evidence.find(Needle("/rustc/").text());
  constexpr std::size_t kHash = 40;
  if (place.size() < 7 + kHash + 1) return false;
  return place.substr(7, kHash).find_first_not_of("0123456789abcdef") == std::string_view::npos &&
         place[7 + kHash] == '/';
}

// ---- allocators ----

const std::vector<Rule>& allocator_rules() {
  static const std::vector<Rule> rules = {
      {.name = "jemalloc",
       .symbols = {"mallctl", "je_mallctl", "_rjem_mallctl", "mallocx", "je_malloc", "_rjem_malloc"},
       .prefixes = {},
       .libraries = {"libjemalloc.so"},
       .texts = {"<jemalloc>"}},
      {.name = "tcmalloc",
       .symbols = {"tc_malloc", "TCMallocInternalMalloc", "MallocExtension_Internal_GetStats"},
       .prefixes = {"_ZN8tcmalloc"},
       .libraries = {"libtcmalloc"},
       .texts = {"tcmalloc: large alloc ", "TCMALLOC_LARGE_ALLOC_REPORT_THRESHOLD"}},
      {.name = "mimalloc",
       .symbols = {"mi_malloc", "_mi_malloc_generic", "mi_heap_malloc"},
       .prefixes = {},
       .libraries = {"libmimalloc"},
       .texts = {"mimalloc: warning: ", "mimalloc: error: ", "mimalloc_%s"}},
      {.name = "snmalloc",
       .symbols = {"sn_malloc", "sn_rust_alloc"},
       .prefixes = {"_ZN8snmalloc"},
       .libraries = {"libsnmalloc"},
       .texts = {}},
      {.name = "rpmalloc",
       .symbols = {"rpmalloc", "rpmalloc_initialize"},
       .prefixes = {},
       .libraries = {"librpmalloc"},
       .texts = {}},
      {.name = "scudo",
       .symbols = {"__scudo_print_stats"},
       .prefixes = {"_ZN5scudo"},
       .libraries = {"libscudo", "libclang_rt.scudo"},
       .texts = {"Scudo ERROR: "}},
      {.name = "hardened_malloc",
       .symbols = {"h_malloc"},
       .prefixes = {},
       .libraries = {"libhardened_malloc"},
       .texts = {"fatal allocator error: "}},
      {.name = "dlmalloc", .symbols = {"dlmalloc"}, .prefixes = {}, .libraries = {}, .texts = {}},
  };
  return rules;
}

/// The C library's own, when malloc of the static program is its.
const std::vector<Rule>& built_in_rules() {
  static const std::vector<Rule> rules = {
      {.name = "glibc",
       .symbols = {"_int_malloc"},
       .prefixes = {},
       .libraries = {},
       .texts = {"malloc(): corrupted top size", "malloc(): memory corruption"}},
      {.name = "musl",
       .symbols = {"__malloc_alloc_meta", "__malloc0", "__expand_heap", "__simple_malloc"},
       .prefixes = {},
       .libraries = {},
       .texts = {}},
      {.name = "dietlibc",
       .symbols = {"_alloc_libc_malloc", "__small_mem"},
       .prefixes = {},
       .libraries = {},
       .texts = {}},
  };
  return rules;
}

/// A dynamic program takes malloc from the C library it needs; a stripped static one from the library whose start code
/// it has, unless another allocator left a trace.
Trace imply_from_libc(const Evidence& evidence, const Fingerprint& known) {
  if (known.libc.empty()) return {};
  const std::string& libc = known.libc.front().name;
  for (const std::string_view symbol : {"malloc", "calloc", "realloc", "_Znwm"}) {
    if (evidence.imports(symbol)) return found(libc, Strength::library, fmt::format("imports {}", symbol));
  }
  if (known.linkage == Linkage::dynamic) {
    return found(libc, Strength::implied, "the C library's own, as no other is linked");
  }
  if (evidence.has_symbols()) {
    return evidence.defines("malloc") ? found(libc, Strength::implied, "malloc beside " + libc) : Trace();
  }
  return found(libc, Strength::implied, "the C library's own, as no other left a trace");
}

}  // namespace

std::vector<Trace> trace_libc(const Evidence& evidence, const Fingerprint& known) {
  std::vector<Trace> traces = apply_all(libc_rules(), evidence);
  for (const Trace& trace : {trace_interpreter(known.interpreter), trace_start_code(evidence)}) {
    const bool known_already = std::ranges::find(traces, trace.name, &Trace::name) != traces.end();
    if (!trace.name.empty() && !known_already) traces.push_back(trace);
  }
  std::ranges::stable_sort(traces, {}, &Trace::strength);
  return traces;
}

std::vector<Trace> trace_runtimes(const Evidence& evidence, const GoBuild& go) {
  std::vector<Trace> traces;
  if (!go.version.empty()) {
    traces.push_back(
        {.name = "go", .version = go.version, .strength = Strength::text, .evidence = "Go build information"});
  }
  for (Trace& trace : apply_all(runtime_rules(), evidence)) traces.push_back(std::move(trace));
  const auto rust = std::ranges::find(traces, "rust", &Trace::name);
  if (rust != traces.end()) {
    rust->version = rust_version(evidence);
  } else if (names_rust_sources(evidence)) {
    traces.push_back(found("rust", Strength::text, "paths of the compiler's sources"));
    traces.back().version = rust_version(evidence);
  }
  return traces;
}

std::vector<Trace> trace_allocators(const Evidence& evidence, const Fingerprint& known) {
  std::vector<Trace> traces = apply_all(allocator_rules(), evidence);
  if (!known.go.version.empty()) traces.push_back(found("go", Strength::implied, "Go's runtime has its own"));
  for (Trace& trace : apply_all(built_in_rules(), evidence)) traces.push_back(std::move(trace));
  // Go without C has no C library's allocator to fall back on.
  Trace implied = traces.empty() || evidence.imports("malloc") ? imply_from_libc(evidence, known) : Trace();
  const bool known_already = std::ranges::find(traces, implied.name, &Trace::name) != traces.end();
  if (!implied.name.empty() && !known_already) traces.push_back(std::move(implied));
  return traces;
}

}  // namespace frostbyte::elf
