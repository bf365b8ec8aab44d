#include "launcher/sandbox/steps.h"

#include <algorithm>
#include <utility>

namespace frostbyte::sandbox {

Step& StepList::add(std::string what, long number, std::initializer_list<long> arguments) {
  Step step{.number = number};
  std::copy(arguments.begin(), arguments.end(), step.arguments.begin());
  what_.push_back(std::move(what));
  return steps_.emplace_back(step);
}

Step& StepList::write_file(std::string what, std::string path, std::string data) {
  const auto length = static_cast<long>(data.size());
  const long path_address = keep(std::move(path));
  return add(std::move(what), Step::kWriteFile, {path_address, keep(std::move(data)), length});
}

long StepList::keep(std::string text) { return reinterpret_cast<long>(kept_.emplace_back(std::move(text)).c_str()); }

long StepList::keep_bytes(const void* data, std::size_t size) {
  // std::string storage is aligned for any scalar once it is on the heap; short strings are not, so they are padded
  // out.
  std::string& bytes = kept_.emplace_back();
  bytes.reserve(std::max<std::size_t>(size, 64));
  bytes.assign(static_cast<const char*>(data), size);
  return reinterpret_cast<long>(bytes.data());
}

}  // namespace frostbyte::sandbox
