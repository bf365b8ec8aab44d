// The work of the child between clone and exec, laid out flat before the clock starts: a list of raw system calls.
// The child only walks the list (child.cc); everything that needs thought, memory or text happens here, in the parent.
#pragma once

#include <array>
#include <deque>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace frostbyte::sandbox {

/// One system call. `number` is a syscall number or one of the pseudo calls below.
struct Step {
  static constexpr long kWriteFile = -1;  ///< arguments: path, data, length: open, write at once, close

  long number = 0;
  std::array<long, 6> arguments{};
  int tolerated = 0;  ///< an errno that counts as success
  enum class Keep : unsigned char {
    nothing,
    listener
  } keeps = Keep::nothing;  ///< what the call's result is, if wanted
  enum class Success : unsigned char { not_negative, zero } success = Success::not_negative;
};

/// Builds steps and owns every string and structure they point to.
class StepList {
 public:
  StepList() = default;
  StepList(StepList&&) noexcept = default;
  StepList& operator=(StepList&&) noexcept = default;
  StepList(const StepList&) = delete;
  StepList& operator=(const StepList&) = delete;

  /// `what` is the verb phrase of an error message: "mount tmpfs on the new root".
  Step& add(std::string what, long number, std::initializer_list<long> arguments);
  Step& write_file(std::string what, std::string path, std::string data);

  /// Keeps a string alive and returns the address a step can carry.
  long keep(std::string text);
  /// Keeps raw bytes alive: structures that a step points to.
  long keep_bytes(const void* data, std::size_t size);

  [[nodiscard]] std::span<const Step> steps() const { return steps_; }
  [[nodiscard]] const std::string& what(std::size_t index) const { return what_.at(index); }
  [[nodiscard]] std::size_t size() const { return steps_.size(); }

 private:
  std::vector<Step> steps_;
  std::vector<std::string> what_;
  std::deque<std::string> kept_;  // a deque: addresses stay valid while it grows and when the list moves
};

}  // namespace frostbyte::sandbox
