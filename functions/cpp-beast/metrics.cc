#include "metrics.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <initializer_list>

namespace {

/// `value` when it is one of `known`, else "other": a label's values must not be the client's choice.
std::string_view one_of(std::initializer_list<std::string_view> known, std::string_view value) {
  for (const std::string_view candidate : known) {
    if (candidate == value) return candidate;
  }
  return "other";
}

std::string_view method_label(std::string_view method) {
  return one_of({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, method);
}

std::string_view path_label(std::string_view target) {
  return one_of({"/", "/health", "/echo", "/api", "/metrics"}, target.substr(0, target.find('?')));
}

/// The shortest decimal that reads back as the same double.
std::string number(double value) {
  char digits[32];
  for (int precision = 6; precision < 18; ++precision) {
    std::snprintf(digits, sizeof digits, "%.*g", precision, value);
    double back = 0;
    if (std::sscanf(digits, "%lf", &back) == 1 && back == value) break;
  }
  return digits;
}

void header(std::string& text, std::string_view name, std::string_view type, std::string_view help) {
  text.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ");
  text.append(type).append("\n");
}

std::string labels(std::string_view method, std::string_view path) {
  return std::string("method=\"").append(method).append("\",path=\"").append(path).append("\"");
}

void line(std::string& text, std::string_view name, const std::string& labels, const std::string& value) {
  text.append(name).append("{").append(labels).append("} ").append(value).append("\n");
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void gauge(std::string& text, std::string_view name, std::string_view type, std::string_view help, double value) {
  header(text, name, type, help);
  text.append(name).append(" ").append(number(value)).append("\n");
}

/// Bytes that are resident, from /proc/self/statm; 0 when there is no /proc, which is then left out.
double resident_bytes() {
  const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char content[128] = {};
  const ssize_t got = read(fd, content, sizeof content - 1);
  close(fd);
  unsigned long pages = 0;
  if (got <= 0 || std::sscanf(content, "%*u %lu", &pages) != 1) return 0;
  return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void expose_process(std::string& text) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  gauge(text, "process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.",
        seconds(usage.ru_utime) + seconds(usage.ru_stime));
  if (const double resident = resident_bytes(); resident > 0) {
    gauge(text, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", resident);
  }
}

}  // namespace

void Metrics::count(const Request& request, std::chrono::duration<double> took) {
  const std::string_view method = method_label(request.method);
  const std::string_view path = path_label(request.path);
  ++requests_[{method, path, request.status}];
  Histogram& histogram = durations_[{method, path}];
  ++histogram.count;
  histogram.sum += took.count();
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    if (took.count() > bound(bucket)) continue;
    ++histogram.buckets[bucket];
    break;
  }
}

void Metrics::expose_requests(std::string& text) const {
  header(text, "http_requests_total", "counter", "Requests answered.");
  for (const auto& [key, count] : requests_) {
    const auto& [method, path, status] = key;
    const std::string all = labels(method, path) + ",status=\"" + std::to_string(status) + "\"";
    line(text, "http_requests_total", all, std::to_string(count));
  }
}

void Metrics::expose_durations(std::string& text) const {
  header(text, "http_request_duration_seconds", "histogram", "From a request's head to its response's.");
  for (const auto& [route, histogram] : durations_) {
    const std::string of_route = labels(std::get<0>(route), std::get<1>(route));
    std::uint64_t below = 0;
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
      below += histogram.buckets[bucket];
      const std::string with_bound = of_route + ",le=\"" + number(bound(bucket)) + "\"";
      line(text, "http_request_duration_seconds_bucket", with_bound, std::to_string(below));
    }
    line(text, "http_request_duration_seconds_bucket", of_route + ",le=\"+Inf\"", std::to_string(histogram.count));
    line(text, "http_request_duration_seconds_sum", of_route, number(histogram.sum));
    line(text, "http_request_duration_seconds_count", of_route, std::to_string(histogram.count));
  }
}

service::Response Metrics::expose() const {
  service::Response response{.content_type = "text/plain; version=0.0.4; charset=utf-8"};
  expose_requests(response.body);
  expose_durations(response.body);
  expose_process(response.body);
  return response;
}
