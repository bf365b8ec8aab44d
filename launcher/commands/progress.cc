#include "launcher/commands/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace frostbyte::commands {
namespace {

constexpr Nanos kRedraw = std::chrono::milliseconds(100);
constexpr Nanos kVariantShown = std::chrono::seconds(2);

double seconds(Nanos duration) { return std::chrono::duration<double>(duration).count(); }

/// Whichever ends first: the launches at the rate so far, or the time budget.
std::optional<Nanos> time_to_go(const sweep::Progress& progress) {
  std::optional<Nanos> eta = progress.time_left;
  if (progress.remaining && progress.launches > 0) {
    const double launches = static_cast<double>(*progress.remaining) / static_cast<double>(progress.launches);
    const auto by_launches =
        std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(seconds(progress.elapsed) * launches));
    eta = std::min(eta.value_or(by_launches), by_launches);
  }
  return eta;
}

/// The first `width` characters of UTF-8 text.
std::string cut(const std::string& text, std::size_t width) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xC0u) != 0x80u;
    if (starts && characters++ == width) return text.substr(0, i);
  }
  return text;
}

std::string round_text(const sweep::Progress& progress) {
  std::string text = fmt::format("{} {}", progress.warmup ? "warm-up" : "round", progress.round + 1);
  if (progress.rounds) text += fmt::format("/{}", *progress.rounds);
  return text;
}

}  // namespace

std::string clock_text(Nanos duration) {
  const auto total = std::chrono::ceil<std::chrono::seconds>(duration).count();
  if (total >= 3600) return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
  return fmt::format("{}:{:02}", total / 60, total % 60);
}

std::string rough_duration(Nanos duration, report::Charset charset) {
  struct Scale {
    double nanos;
    std::string_view unit;
  };
  const Scale scales[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, charset == report::Charset::unicode ? "µs" : "us"}};
  const auto value = static_cast<double>(duration.count());
  for (const Scale& scale : scales) {
    const double scaled = value / scale.nanos;
    if (scaled < 0.9995 && scale.nanos > 1e3) continue;
    return fmt::format("{:.{}f} {}", scaled, scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0, scale.unit);
  }
  return {};
}

std::string progress_line(const sweep::Progress& progress, const std::string& variant, std::uint32_t shown,
                          const report::RenderOptions& options) {
  const std::string_view separator = options.charset == report::Charset::unicode ? " · " : " | ";
  std::string line = round_text(progress);
  const auto add = [&](const std::string& part) { line.append(separator).append(part); };
  if (progress.elapsed > Nanos(0)) {
    const double rate = static_cast<double>(progress.launches) / seconds(progress.elapsed);
    add(fmt::format("{:.{}f} launches/s", rate, rate < 10 ? 1 : 0));
  }
  if (const auto eta = time_to_go(progress)) add("ETA " + clock_text(*eta));
  if (const auto median = progress.median(shown)) add(variant + " " + rough_duration(*median, options.charset));
  if (progress.failed > 0) add(fmt::format("{} failed", progress.failed));
  // The last column stays free: a terminal that wraps there would leave half a line behind.
  return cut(line, options.width > 1 ? options.width - 1 : 1);
}

ProgressLine::ProgressLine(std::vector<std::string> variants, Visible visible)
    : variants_(std::move(variants)), visible_(visible), options_(report::terminal_options(STDERR_FILENO)) {}

void ProgressLine::show(const sweep::Progress& progress) {
  const Instant now = MonotonicClock::now();
  if (visible_ == Visible::no || variants_.empty() || (drawn_ && now - last_ < kRedraw)) return;
  last_ = now;
  drawn_ = true;
  const auto shown =
      static_cast<std::uint32_t>(static_cast<std::size_t>(progress.elapsed / kVariantShown) % variants_.size());
  fmt::print(stderr, "\r\x1b[K{}", progress_line(progress, variants_[shown], shown, options_));
}

void ProgressLine::clear() {
  if (drawn_) fmt::print(stderr, "\r\x1b[K");
  drawn_ = false;
}

}  // namespace frostbyte::commands
