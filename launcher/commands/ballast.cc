#include "launcher/commands/ballast.h"

#include <sys/mman.h>

#include <string>
#include <utility>

namespace frostbyte::commands {

Result<Ballast> Ballast::hold(std::string_view size) {
  if (size.empty()) return Ballast(nullptr, Bytes{});
  const Bytes bytes = TRY(parse_bytes(size));
  if (bytes.count == 0) return Ballast(nullptr, Bytes{});
  void* start = ::mmap(nullptr, bytes.count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (start == MAP_FAILED) return system_failure("hold a ballast of", std::string(size));
  return Ballast(start, bytes);
}

Ballast::Ballast(Ballast&& other) noexcept : start_(std::exchange(other.start_, nullptr)), size_(other.size_) {}

Ballast::~Ballast() {
  if (start_ != nullptr) ::munmap(start_, size_.count);
}

}  // namespace frostbyte::commands
