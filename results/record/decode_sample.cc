// Samples are the bulk of a run file: decoded event by event straight into a Sample, without a document tree.
#include <algorithm>
#include <array>
#include <limits>

#include "results/record/json.h"
#include "results/record/plain_json.h"

namespace frostbyte::record {
namespace {

enum class Member : std::uint8_t {
  sequence,
  round,
  variant,
  warmup,
  outcome,
  detail,
  phase,
  errno_value,
  exit_status,
  exit_signal,
  stderr_tail,
  stamps,
  sources,
  error_ns,
  values,
  unavailable,
  flags,
  end,
  unknown,
};
constexpr std::array<std::string_view, static_cast<std::size_t>(Member::unknown)> kMembers = {
    "sequence",    "round",       "variant", "warmup",  "outcome",  "detail", "phase",       "errno", "exit_status",
    "exit_signal", "stderr_tail", "stamps",  "sources", "error_ns", "values", "unavailable", "flags", "end",
};
static_assert(kMembers.back() == "end");

Member member_of(std::string_view key) {
  return static_cast<Member>(std::ranges::find(kMembers, key) - kMembers.begin());
}

constexpr std::uint32_t bit(Member member) { return 1u << static_cast<unsigned>(member); }

/// Receives nlohmann's events. Every method returns false to stop, with `cause` set.
class SampleEvents {
 public:
  explicit SampleEvents(Sample& sample) : sample_(sample) {}

  // The library calls these names.
  bool null() { return skipping() || refuse("it is null"); }
  bool boolean(bool value) {
    if (skipping()) return true;
    if (depth_ != 1 || member_ != Member::warmup) return refuse("it is a boolean");
    sample_.warmup = value;
    return true;
  }
  bool number_integer(std::int64_t value) { return skipping() || integer(value); }
  bool number_unsigned(std::uint64_t value) {
    if (skipping()) return true;
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return refuse("it is out of range");
    return integer(static_cast<std::int64_t>(value));
  }
  bool number_float(double, const std::string&) { return skipping() || refuse("it is not a whole number of 64 bits"); }
  bool string(std::string& value) { return skipping() || text(value); }
  bool binary(Json::binary_t&) { return refuse("it is binary"); }

  bool start_object(std::size_t) { return enter(Container::object); }
  bool start_array(std::size_t) { return enter(Container::array); }
  bool end_object() { return leave(); }
  bool end_array() { return leave(); }
  bool key(std::string& key) {
    if (skip_depth_ != 0) return true;
    if (depth_ == 2) {
      entry_.swap(key);
      return true;
    }
    member_ = member_of(key);
    name_.swap(key);
    if (member_ == Member::unknown) return true;
    if ((seen_ & bit(member_)) != 0) return refuse("it appears twice");
    seen_ |= bit(member_);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) {
    name_.clear();
    cause_ = "it is not JSON";
    return false;
  }

  [[nodiscard]] bool is_end() const { return (seen_ & bit(Member::end)) != 0; }
  [[nodiscard]] Failure error() const { return failure("read member", name_.empty() ? "line" : name_, cause_); }
  Result<void> check_required() const {
    for (const Member member : {Member::sequence, Member::round, Member::variant, Member::outcome}) {
      if ((seen_ & bit(member)) == 0) {
        return failure("read member", std::string(kMembers[static_cast<std::size_t>(member)]), "it is missing");
      }
    }
    return {};
  }

 private:
  enum class Container : std::uint8_t { object, array };

  [[nodiscard]] bool skipping() const {
    return skip_depth_ != 0 || (depth_ == 1 && (member_ == Member::unknown || member_ == Member::end));
  }

  bool refuse(const char* cause) {
    cause_ = cause;
    return false;
  }

  bool enter(Container container) {
    if (depth_ == 0) {
      ++depth_;
      return container == Container::object || refuse("it is not an object");
    }
    if (skipping()) {
      ++skip_depth_;
      return true;
    }
    ++depth_;
    return (depth_ == 2 && holds(container)) ||
           refuse(container == Container::object ? "it is an object" : "it is an array");
  }

  bool leave() {
    skip_depth_ != 0 ? --skip_depth_ : --depth_;
    return true;
  }

  [[nodiscard]] bool holds(Container container) const {
    switch (member_) {
      case Member::stamps:
      case Member::sources:
      case Member::values:
      case Member::unavailable:
        return container == Container::object;
      case Member::flags:
        return container == Container::array;
      default:
        return false;
    }
  }

  bool integer(std::int64_t value) {
    if (depth_ == 2) {
      if (member_ == Member::stamps) return put(sample_.stamps, value);
      if (member_ == Member::values) return put(sample_.values, value);
      return refuse("it holds a number");
    }
    switch (member_) {
      case Member::sequence:
        return store(value, sample_.sequence);
      case Member::round:
        return store(value, sample_.round);
      case Member::errno_value:
        return store(value, sample_.errno_value);
      case Member::exit_status:
        return store(value, sample_.exit_status);
      case Member::exit_signal:
        return store(value, sample_.exit_signal);
      case Member::error_ns:
        return store(value, sample_.error_ns);
      default:
        return refuse("it is a number");
    }
  }

  bool text(std::string& value) {
    if (depth_ == 2) {
      if (member_ == Member::sources) return put(sample_.sources, std::move(value));
      if (member_ == Member::unavailable) return put(sample_.unavailable, std::move(value));
      if (member_ != Member::flags) return refuse("it holds a string");
      sample_.flags.push_back(std::move(value));
      return true;
    }
    switch (member_) {
      case Member::variant:
        sample_.variant = std::move(value);
        return true;
      case Member::detail:
        sample_.detail = std::move(value);
        return true;
      case Member::phase:
        sample_.phase = std::move(value);
        return true;
      case Member::stderr_tail:
        sample_.stderr_tail = std::move(value);
        return true;
      case Member::outcome:
        return parse_outcome(value, sample_.outcome) || refuse("it is not an outcome this version knows");
      default:
        return refuse("it is a string");
    }
  }

  /// Entries come sorted from our own writer, so the end is where they belong.
  template <class Map, class Value>
  bool put(Map& map, Value&& value) {
    const std::size_t before = map.size();
    map.emplace_hint(map.end(), entry_, std::forward<Value>(value));
    return map.size() != before || refuse("it has an entry twice");
  }

  template <class Integer>
  bool store(std::int64_t value, Integer& into) {
    if (!std::in_range<Integer>(value)) return refuse("it is out of range");
    into = static_cast<Integer>(value);
    return true;
  }

  Sample& sample_;
  Member member_ = Member::unknown;
  std::string name_;   // of the member at depth 1, for errors
  std::string entry_;  // key at depth 2
  std::string cause_;
  std::uint32_t seen_ = 0;
  int depth_ = 0;
  int skip_depth_ = 0;
};

/// Ready for the next line, with the capacity of its strings and list kept.
void clear(Sample& sample) {
  std::string variant = std::move(sample.variant);
  variant.clear();
  sample = Sample{};
  sample.variant = std::move(variant);
}

/// What the events made of a line; the same whichever parser called them.
Result<LineKind> verdict(const SampleEvents& events) {
  if (events.is_end()) return LineKind::end;
  TRY(events.check_required());
  return LineKind::sample;
}

}  // namespace

Result<LineKind> decode_sample(std::string_view line, Sample& sample) {
  clear(sample);
  SampleEvents quick(sample);
  if (PlainJson(line, quick).parse()) return verdict(quick);
  return decode_sample_with_library(line, sample);
}

Result<LineKind> decode_sample_with_library(std::string_view line, Sample& sample) {
  clear(sample);
  SampleEvents events(sample);
  if (!Json::sax_parse(line.data(), line.data() + line.size(), &events)) return events.error();
  return verdict(events);
}

}  // namespace frostbyte::record
