#include "launcher/commands/interruption.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "launcher/commands/exit_code.h"

namespace frostbyte::commands {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "the handler may touch nothing else");

std::array<struct sigaction, kSignals.size()> former;

/// What the handler writes; on a terminal it takes the place of the progress line.
std::string_view message;

extern "C" void on_signal(int) {
  if (interrupted.exchange(true)) _exit(static_cast<int>(ExitCode::interrupted));
  static_cast<void>(!::write(STDERR_FILENO, message.data(), message.size()));
}

}  // namespace

Interruption::Interruption() {
  interrupted = false;
  message = "\r\x1b[Kfrostbyte: interrupted, finishing the launch in progress; again to abort\n";
  if (::isatty(STDERR_FILENO) != 1) message.remove_prefix(message.find('f'));
  struct sigaction action{};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &action, &former[i]);
}

Interruption::~Interruption() {
  for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &former[i], nullptr);
}

const std::atomic<bool>& Interruption::flag() { return interrupted; }

}  // namespace frostbyte::commands
