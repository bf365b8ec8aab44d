#include "images/elf/machine.h"

#include <elf.h>

#include <algorithm>
#include <array>

namespace frostbyte::elf {
namespace {

struct MachineName {
  std::uint16_t number;
  const char* name;
};
constexpr std::array kMachines = {
    MachineName{EM_X86_64, "x86-64"}, MachineName{EM_386, "i386"},     MachineName{EM_AARCH64, "AArch64"},
    MachineName{EM_ARM, "ARM"},       MachineName{EM_RISCV, "RISC-V"}, MachineName{EM_PPC64, "PowerPC 64"},
    MachineName{EM_S390, "S/390"},    MachineName{EM_MIPS, "MIPS"},    MachineName{EM_LOONGARCH, "LoongArch"},
};

}  // namespace

std::string name_of_machine(std::uint16_t number) {
  const auto found = std::ranges::find(kMachines, number, &MachineName::number);
  return found == kMachines.end() ? "machine " + std::to_string(number) : found->name;
}

}  // namespace frostbyte::elf
