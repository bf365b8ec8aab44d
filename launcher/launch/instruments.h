// What watches a launch and could be left out. A sweep always has all of it; calibration launches with and without, to
// learn what watching costs the function.
#pragma once

namespace frostbyte::launch {

struct Instruments {
  bool kernel_stamps = true;  ///< perf records of exec and exit, where the host grants them
  bool memory = true;         ///< stopping the function after its response and reading its memory
  bool listen_trap = true;    ///< the seccomp filter that stops listen(2); without it the port is probed for

  bool operator==(const Instruments&) const = default;
};

}  // namespace frostbyte::launch
