// A program that a test starts and waits for.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "launcher/base/fd.h"

namespace frostbyte::integration {

enum class Stdin { null, closed };
enum class Stdout { file, pipe };

struct StartOptions {
  std::vector<std::string> environment{};  ///< NAME=VALUE, added to the tests' own
  Stdin in = Stdin::null;
  Stdout out = Stdout::file;
};

struct Finished {
  int exit_code = -1;  ///< -1 when a signal ended it
  int signal = 0;
  std::string out{};
  std::string err{};
  std::chrono::milliseconds took{};
};

/// A running program. Killed at the end of its life when it was not waited for.
class Child {
 public:
  Child(const std::vector<std::string>& arguments, const StartOptions& options = {});
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  [[nodiscard]] bool running() const;
  /// Its end, killed after `patience`: a test that hangs is a test that failed.
  Finished wait(std::chrono::seconds patience = std::chrono::seconds(120));

 private:
  [[nodiscard]] std::string output() const;

  pid_t pid_ = -1;
  Fd handle_;
  Fd out_;  // a memfd, or the reading end of a pipe
  Fd err_;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace frostbyte::integration
