// The page that the function self-stamping (functions/calibration) shares with whoever launches it: its own view of the
// instants that the launcher stamps from outside.
#pragma once

#include <stamps.h>  // of functions/calibration: launcher and function share one definition
#include <array>
#include <cstdint>
#include <string>

#include "launcher/base/file.h"
#include "launcher/base/result.h"

namespace frostbyte::host {

/// CLOCK_MONOTONIC ns in the order of stamps::Stamp; 0: it did not happen.
using OwnStamps = std::array<std::int64_t, stamps::kCount>;

class StampPage {
 public:
  static Result<StampPage> create();
  StampPage(StampPage&& other) noexcept
      : directory_(std::move(other.directory_)), page_(std::exchange(other.page_, nullptr)) {}
  StampPage& operator=(StampPage&&) = delete;
  ~StampPage();

  /// The file, as the function's variable STAMPS names it.
  [[nodiscard]] std::string path() const { return directory_.path() / "stamps"; }
  /// What the last launch left, once; the page is then empty for the next.
  OwnStamps take();

 private:
  StampPage(TempDir directory, stamps::Stamps* page) : directory_(std::move(directory)), page_(page) {}
  TempDir directory_;
  stamps::Stamps* page_;
};

}  // namespace frostbyte::host
