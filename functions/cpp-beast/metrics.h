// Requests and the process, in Prometheus's text format. Written out here because the client library that Debian ships
// is a shared object, and this function is one static file.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "../service/cpp/service.h"

struct Request {
  class Timer {
   public:
    [[nodiscard]] std::chrono::duration<double> elapsed() const { return Clock::now() - begin_; }

   private:
    using Clock = std::chrono::steady_clock;
    Clock::time_point begin_ = Clock::now();
  };

  std::string_view method;
  std::string_view path;
  int status = 0;
};

class Metrics {
 public:
  void count(const Request& request, std::chrono::duration<double> took);
  [[nodiscard]] service::Response expose() const;

 private:
  /// 50 µs to 1.6 s, doubling: an answer takes tens of microseconds, and api two milliseconds.
  static constexpr std::size_t kBuckets = 16;
  static constexpr double bound(std::size_t bucket) { return 50e-6 * static_cast<double>(1u << bucket); }

  struct Histogram {
    std::array<std::uint64_t, kBuckets> buckets{};  ///< not cumulated; what is beyond the last is in `count` alone
    std::uint64_t count = 0;
    double sum = 0;
  };
  using Route = std::tuple<std::string_view, std::string_view>;  ///< method, path; out of a fixed set

  void expose_requests(std::string& text) const;
  void expose_durations(std::string& text) const;

  std::map<std::tuple<std::string_view, std::string_view, int>, std::uint64_t> requests_;
  std::map<Route, Histogram> durations_;
};
