#include "images/oci/finding.h"

#include <algorithm>

namespace frostbyte::oci {

void Findings::add(Severity severity, std::string_view name, std::string text) {
  add({.severity = severity, .name = std::string(name), .text = std::move(text)});
}

void Findings::add(const Finding& finding) {
  const auto found = std::ranges::find(all_, finding.name, &Finding::name);
  if (found == all_.end()) {
    all_.push_back(finding);
  } else {
    found->count += finding.count;
  }
}

void Findings::add(const Findings& others) {
  for (const Finding& finding : others.all_) add(finding);
}

const Finding* Findings::find(std::string_view name) const {
  const auto found = std::ranges::find(all_, name, &Finding::name);
  return found == all_.end() ? nullptr : &*found;
}

}  // namespace frostbyte::oci
