// The two halves of an account: the bytes of the file, and the addresses they are mapped to. Used by account.cc alone.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "images/elf/account.h"

namespace frostbyte::elf {

/// Rows by name and label; grows as it is asked.
class Rows {
 public:
  std::uint32_t index_of(std::string name, Label label);
  [[nodiscard]] std::vector<Row>& all() { return rows_; }

 private:
  std::vector<Row> rows_;
  std::map<std::pair<std::string, Label>, std::uint32_t> indices_;
};

/// Fills pieces and the rows' file bytes; adds findings.
void view_file(const Binary& binary, Rows& rows, Account& account);

/// Fills the rows' mapped bytes and the mapped totals, from the pieces of the file.
void view_memory(const Binary& binary, Rows& rows, Account& account);

}  // namespace frostbyte::elf
