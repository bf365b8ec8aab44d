// Machines by name.
#pragma once

#include <cstdint>
#include <string>

namespace frostbyte::elf {

/// "x86-64", "AArch64"; "machine 1234" when unnamed. `number` is EM_*.
std::string name_of_machine(std::uint16_t number);

}  // namespace frostbyte::elf
