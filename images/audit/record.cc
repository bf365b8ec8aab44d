#include "images/audit/record.h"

#include <algorithm>
#include <cstring>

namespace frostbyte::audit {

const char* TextHeap::add(std::string_view text) {
  if (text.size() > left_) {
    left_ = std::max(kPiece, text.size());
    pieces_.push_back(std::make_unique_for_overwrite<char[]>(left_));
    free_ = pieces_.back().get();
  }
  char* const place = free_;
  if (!text.empty()) std::memcpy(place, text.data(), text.size());
  free_ += text.size();
  left_ -= text.size();
  return place;
}

void RecordList::add(Record record, std::string_view path, std::string_view target) {
  const auto same = static_cast<std::size_t>(std::mismatch(path.begin(), path.end(), last_.begin(), last_.end()).first -
                                             path.begin());
  record.shared = static_cast<std::uint32_t>(same);
  record.rest = static_cast<std::uint32_t>(path.size() - same);
  record.target = static_cast<std::uint32_t>(target.size());
  std::string text(path.substr(same));
  text += target;
  records_.push_back({record, heap_.add(text)});
  last_ = path;
}

}  // namespace frostbyte::audit
