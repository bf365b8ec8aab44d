#include "launcher/load/response_check.h"

#include "launcher/contract/http.h"

namespace frostbyte::load {

std::optional<std::string> ResponseCheck::problem_of(int status, std::string_view body) {
  if (status != expectation_.status) return examine(status, body);
  if (expectation_.body) return body == *expectation_.body ? std::nullopt : examine(status, body);
  if (!expectation_.json || body == verified_) return std::nullopt;
  if (verified_ && body.size() == verified_->size() && ++unexamined_ < kSampled) return std::nullopt;
  auto problem = examine(status, body);
  if (!problem) {
    verified_ = body;
    unexamined_ = 0;
  }
  return problem;
}

std::optional<std::string> ResponseCheck::examine(int status, std::string_view body) {
  return contract::mismatch({.status = status, .headers = {}, .body = std::string(body)}, expectation_);
}

}  // namespace frostbyte::load
