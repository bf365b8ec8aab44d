#include "results/gate/check.h"

namespace frostbyte::gate {

std::string_view to_string(Level level) { return level == Level::warn ? "warn" : "fail"; }

std::string_view to_string(Status status) {
  switch (status) {
    case Status::pass:
      return "pass";
    case Status::warned:
      return "warned";
    case Status::failed:
      return "failed";
    case Status::undecided:
      return "undecided";
    case Status::ignored:
      break;
  }
  return "ignored";
}

}  // namespace frostbyte::gate
