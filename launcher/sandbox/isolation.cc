#include "launcher/sandbox/isolation.h"

#include <utility>
#include <vector>

namespace frostbyte::sandbox {
namespace {

constexpr std::array<std::string_view, kPartCount> kNames = {
    "mount",          "pid", "net", "ipc", "uts", "cgroup-ns", "user", "cgroup", "capabilities", "no-new-privs",
    "syscall-filter",
};

constexpr std::array<Part, kPartCount> kParts = {
    Part::mount,          Part::pid,  Part::net,    Part::ipc,          Part::uts,
    Part::cgroup_ns,      Part::user, Part::cgroup, Part::capabilities, Part::no_new_privs,
    Part::syscall_filter,
};

std::optional<Part> find_part(std::string_view name) {
  for (std::size_t i = 0; i < kPartCount; ++i) {
    if (kNames[i] == name) return kParts[i];
  }
  return std::nullopt;
}

std::optional<Isolation> find_preset(std::string_view name) {
  if (name == "none") return Isolation::none();
  if (name == "namespaces") return Isolation::namespaces();
  if (name == "full") return Isolation::full();
  return std::nullopt;
}

std::string known_words() {
  std::string words = "presets: none, namespaces, full; parts:";
  for (const std::string_view name : kNames) words += " " + std::string(name);
  return words;
}

std::vector<std::string_view> split_at_commas(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    words.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return words;
}

/// `base` and what to add to or take from it, as text; the caller picks the shortest.
std::string describe_from(std::string_view preset, const Isolation& base, const Isolation& wanted) {
  std::string text(preset);
  for (const Part part : kParts) {
    if (wanted.has(part) && !base.has(part)) text += ",+" + std::string(to_string(part));
    if (!wanted.has(part) && base.has(part)) text += ",-" + std::string(to_string(part));
  }
  return text;
}

}  // namespace

std::string_view to_string(Part part) { return kNames[static_cast<std::size_t>(part)]; }

std::span<const Part> all_parts() { return kParts; }

Isolation Isolation::none() { return {}; }

Isolation Isolation::namespaces() {
  return Isolation().set(Part::mount).set(Part::pid).set(Part::net).set(Part::ipc).set(Part::uts).set(Part::cgroup_ns);
}

Isolation Isolation::full() {
  return namespaces().set(Part::cgroup).set(Part::capabilities).set(Part::no_new_privs).set(Part::syscall_filter);
}

Result<Isolation> Isolation::parse(std::string_view text) {
  Isolation isolation;
  bool first = true;
  for (const std::string_view word : split_at_commas(text)) {
    const auto preset = find_preset(word);
    if (preset && first) {
      isolation = *preset;
    } else {
      const bool removes = word.starts_with('-');
      const auto part = find_part(removes || word.starts_with('+') ? word.substr(1) : word);
      if (!part) {
        return failure("read isolation", std::string(text),
                       "'" + std::string(word) + "' is neither a preset nor a part",
                       known_words() + "; example: full,-net");
      }
      removes ? isolation.clear(*part) : isolation.set(*part);
    }
    first = false;
  }
  return isolation;
}

Isolation& Isolation::set(Part part) {
  bits_ = static_cast<std::uint16_t>(bits_ | (1u << static_cast<unsigned>(part)));
  return *this;
}

Isolation& Isolation::clear(Part part) {
  bits_ = static_cast<std::uint16_t>(bits_ & ~(1u << static_cast<unsigned>(part)));
  return *this;
}

std::string Isolation::to_string() const {
  std::string best = describe_from("full", full(), *this);
  for (const auto& candidate :
       {describe_from("namespaces", namespaces(), *this), describe_from("none", none(), *this)}) {
    if (candidate.size() < best.size()) best = candidate;
  }
  return best;
}

}  // namespace frostbyte::sandbox
