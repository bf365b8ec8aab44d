// Stands in for libFuzzer's main: runs a fuzz target once on every file of the folders given, and then on each of them
// damaged in as many ways as --damage says, the same ways every time. A broken law aborts.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::string& data) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(data.data()), data.size());
}

/// Cut off somewhere, or up to eight bits flipped; both where the file is long enough to survive it.
std::string damaged(std::string data, std::mt19937& random) {
  if (data.empty()) return data;
  if (random() % 4 == 0) data.resize(random() % data.size() + 1);
  for (unsigned flips = random() % 9; flips > 0; --flips)
    data[random() % data.size()] ^= static_cast<char>(1U << random() % 8);
  return data;
}

}  // namespace

int main(int argc, char** argv) {
  long seeds = 0, ways = 0, damages = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--damage" && i + 1 < argc) {
      ways = std::strtol(argv[++i], nullptr, 10);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string data(std::istreambuf_iterator<char>(file), {});
      std::fprintf(stderr, "%s\n", entry.path().c_str());
      run(data);
      ++seeds;
      std::mt19937 random(1);
      for (long way = 0; way < ways; ++way, ++damages) run(damaged(data, random));
    }
  }
  std::printf("%ld seeds, %ld times damaged\n", seeds, damages);
  return seeds > 0 ? 0 : 1;  // an empty folder would test nothing and pass
}
