// Any bytes as a binary: its labels sum to its size, its rows to what is mapped, its symbols to no more than there is.
#include "images/elf/account.h"
#include "images/elf/binary_diff.h"
#include "images/elf/demangle.h"
#include "images/elf/fingerprint.h"
#include "images/elf/savings.h"
#include "images/elf/symbols.h"
#include "law.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using frostbyte::fuzz::must;
  namespace elf = frostbyte::elf;
  const auto* bytes = reinterpret_cast<const char*>(data);
  const elf::Binary binary = elf::Binary::parse({bytes, bytes + size});
  const elf::Account account = elf::account(binary);
  std::uint64_t file = 0, mapped = 0, pieces = 0, covered = 0;
  for (const elf::Row& row : account.rows) file += row.file_bytes, mapped += row.mapped_bytes;
  for (const elf::Piece& piece : account.pieces) {
    must(piece.offset == pieces && piece.size > 0, "pieces stand side by side");
    pieces += piece.size;
  }
  must(file == size && pieces == size, "labels sum to the file's size");
  must(mapped == account.mapped_bytes, "rows sum to what is mapped");
  const elf::SymbolAccount symbols = elf::account_symbols(binary);
  for (const elf::SymbolRow& row : symbols.rows) covered += row.bytes;
  must(covered == symbols.attributed_bytes, "symbols sum to what is attributed");
  must(symbols.code_attributed <= symbols.code_bytes, "symbols cover no more code than there is");
  for (std::size_t i = 0; i < std::min<std::size_t>(symbols.rows.size(), 50); ++i)
    (void)elf::demangle(symbols.rows[i].name);
  must(elf::savings(binary).stripped_bytes <= size, "stripping never adds");
  (void)elf::fingerprint(binary);
  must(elf::diff(binary, binary).same_but_for_build_id, "a file does not differ from itself");
  return 0;
}
