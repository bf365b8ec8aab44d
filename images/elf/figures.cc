#include "images/elf/figures.h"

#include <algorithm>

namespace frostbyte::elf {
namespace {

std::string metric_of(Label label) {
  std::string name(to_string(label));
  std::ranges::replace(name, '-', '_');
  return "binary." + name;
}

}  // namespace

std::vector<Figure> figures(const Account& account, const Fingerprint& print, const Savings& savings) {
  std::vector<Figure> all;
  const auto add = [&](std::string metric, std::uint64_t value) {
    all.push_back({std::move(metric), static_cast<std::int64_t>(std::min<std::uint64_t>(value, INT64_MAX))});
  };
  add("binary.file", account.file_bytes);
  for (const Label label : all_labels()) add(metric_of(label), account.file_bytes_of(label));
  add("binary.mapped", account.mapped_bytes);
  add("binary.mapped_pages", account.mapped_page_bytes);
  add("binary.debug_expanded", account.debug_expanded_bytes);
  add("binary.strip_saves", savings.strip_saves);
  add("binary.relocation_count", print.relocations);
  add("binary.thread_local", print.thread_local_bytes);
  return all;
}

}  // namespace frostbyte::elf
