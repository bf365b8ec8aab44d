// What scripts/bench-audit runs, one part a call:
//   bench_audit make DIR gzip|zstd MIB LAYERS   an OCI layout of so many layers, the same bytes every time
//   bench_audit many DIR FILES WHITEOUTS        an OCI layout of FILES small files, and a layer that removes WHITEOUTS
//   bench_audit floor DIR                       the bare cost: decompress and hash every layer, largest first
//   bench_audit audit DIR                       what frostbyte does, digests verified, books kept
// floor and audit print milliseconds, uncompressed bytes and the most memory they held, in KiB. The floor uses the same
// libraries, as directly as they can be used, and as many threads.
#include <fcntl.h>
#include <fmt/format.h>
#include <isa-l/igzip_lib.h>
#include <openssl/evp.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <random>
#include <thread>

#include "../unit/images/image_maker.h"
#include "images/audit/audit.h"
#include "launcher/base/file.h"

namespace {

namespace fs = std::filesystem;
using namespace frostbyte;
using test::LayerBlob;
using test::TarMaker;

constexpr std::size_t kPiece = 256 << 10;

// ---- images ----

/// Text of a small vocabulary, machine code's mixture of repeats and noise, noise, or zeros: as roots hold them.
std::string content(std::mt19937_64& random, std::size_t size) {
  std::string data;
  data.reserve(size + 64);
  const auto kind = random() % 8;
  while (data.size() < size) {
    const std::uint64_t word = random();
    if (kind < 3) {
      data += fmt::format("{:x} the quick {} fox;\n", word % 4096, word % 97);
    } else if (kind < 6) {
      data.append(reinterpret_cast<const char*>(&word), 1 + word % 5);
      if (data.size() > 4096) data.append(data, data.size() - 1 - word % 4096, 4 + word % 24);
    } else if (kind == 6) {
      data.append(reinterpret_cast<const char*>(&word), sizeof word);
    } else {
      data.append(64, '\0');
    }
  }
  data.resize(size);
  return data;
}

LayerBlob compressed(const TarMaker& tar, const std::string& how) {
  return how == "zstd" ? test::zstandard(tar) : test::gzipped(tar);
}

void write_layout(const std::string& folder, const std::vector<LayerBlob>& layers) {
  test::LayoutMaker maker;
  const std::string manifest = maker.image(layers);
  maker.index({maker.manifest_descriptor(manifest, R"(,"annotations":{"org.opencontainers.image.ref.name":"bench"})")});
  maker.write_folder(folder);
}

/// Sizes of files are spread evenly over their logarithms, from 256 bytes to 4 MiB.
void make(const std::string& folder, const std::string& how, std::uint64_t mib, std::uint64_t count) {
  std::mt19937_64 random(4);
  std::vector<LayerBlob> layers;
  for (std::uint64_t layer = 0; layer < count; ++layer) {
    TarMaker tar;
    const std::uint64_t most = (mib << 20) * (layer + 1) * 2 / (count * (count + 1));
    for (std::uint64_t size = 0, number = 0; size < most; ++number) {
      const std::size_t next = 256ULL << random() % 15;
      tar.file(fmt::format("l{}/d{}/f{}", layer, number / 100, number), content(random, next));
      size += next;
    }
    layers.push_back(compressed(tar, how));
    layers.back().tar.shrink_to_fit();
  }
  write_layout(folder, layers);
}

void many(const std::string& folder, std::uint64_t files, std::uint64_t whiteouts) {
  TarMaker lower, upper;
  for (std::uint64_t i = 0; i < files; ++i) lower.file(fmt::format("usr/lib/d{}/file-{}", i / 100, i), "x");
  for (std::uint64_t i = 0; i < whiteouts; ++i) {
    const std::uint64_t gone = i * files / whiteouts;
    upper.whiteout(fmt::format("usr/lib/d{}/.wh.file-{}", gone / 100, gone));
  }
  write_layout(folder, {compressed(lower, "zstd"), compressed(upper, "zstd")});
}

// ---- the floor ----

class Sha256 {
 public:
  Sha256() { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void update(const void* bytes, std::size_t size) { EVP_DigestUpdate(context_.get(), bytes, size); }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype([](EVP_MD_CTX* c) { EVP_MD_CTX_free(c); })> context_{EVP_MD_CTX_new()};
};

/// Reads a blob piece by piece, hashing it, and gives each piece to `decode`, which hashes what comes out.
struct Bare {
  const Fd& file;
  std::vector<std::uint8_t> in = std::vector<std::uint8_t>(kPiece), out = std::vector<std::uint8_t>(kPiece);
  Sha256 blob{}, tar{};
  std::uint64_t bytes = 0;

  std::size_t read() {
    const ssize_t n = ::read(file.get(), in.data(), in.size());
    if (n > 0) blob.update(in.data(), static_cast<std::size_t>(n));
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  void produced(std::size_t size) {
    tar.update(out.data(), size);
    bytes += size;
  }
  void gzip() {
    inflate_state state;
    ::isal_inflate_init(&state);
    state.crc_flag = ISAL_GZIP;
    while (const std::size_t n = read()) {
      state.next_in = in.data(), state.avail_in = static_cast<std::uint32_t>(n);
      do {
        state.next_out = out.data(), state.avail_out = kPiece;
        if (::isal_inflate(&state) != ISAL_DECOMP_OK) return;
        produced(kPiece - state.avail_out);
      } while (state.avail_in > 0 || state.avail_out == 0);
    }
  }
  void zstd() {
    const std::unique_ptr<ZSTD_DCtx, decltype([](ZSTD_DCtx* c) { ::ZSTD_freeDCtx(c); })> stream(::ZSTD_createDCtx());
    while (const std::size_t n = read()) {
      ZSTD_inBuffer input{in.data(), n, 0};
      for (bool full = true; input.pos < input.size || full;) {
        ZSTD_outBuffer output{out.data(), kPiece, 0};
        if (::ZSTD_isError(::ZSTD_decompressStream(stream.get(), &output, &input)) != 0) return;
        produced(output.pos);
        full = output.pos == kPiece;
      }
    }
  }
};

std::uint64_t floor_of(const oci::Layer& layer) {
  const auto file = open_file(layer.blob.name, O_RDONLY);
  Bare bare{.file = *file};
  if (layer.media_type.ends_with("zstd")) {
    bare.zstd();
  } else {
    bare.gzip();
  }
  return bare.bytes;
}

std::uint64_t floor_of(std::vector<oci::Layer> layers) {
  std::ranges::stable_sort(layers, std::ranges::greater{}, [](const oci::Layer& layer) { return layer.blob.size; });
  std::atomic<std::size_t> next = 0;
  std::atomic<std::uint64_t> bytes = 0;
  const auto work = [&] {
    for (std::size_t turn = next++; turn < layers.size(); turn = next++) bytes += floor_of(layers[turn]);
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) threads.emplace_back(work);
  work();
  threads.clear();
  return bytes;
}

// ---- measuring ----

std::string peak_memory() {
  const std::string status = *read_file("/proc/self/status");
  const std::size_t at = status.find("VmHWM:");
  return std::to_string(std::stoul(status.substr(at + 6)));
}

int measure(const std::string& what, const std::string& folder) {
  const auto begin = std::chrono::steady_clock::now();
  const auto store = oci::Store::open(folder, {});
  const auto image = store ? oci::open_image(*store, {}) : std::unexpected(store.error());
  if (!image) return fmt::print(stderr, "{}\n", image.error().message()), 3;
  std::uint64_t bytes = 0;
  if (what == "floor") {
    bytes = floor_of(image->layers);
  } else {
    const auto audit = audit::audit_image(*image, {});
    if (!audit) return fmt::print(stderr, "{}\n", audit.error().message()), 3;
    if (audit->account.shipped != audit->account.live + audit->account.dead_total()) return 1;
    bytes = *audit->tar;
  }
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  fmt::print("{:.1f} {} {}\n", took.count(), bytes, peak_memory());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 5 && words[0] == "make")
    return make(words[1], words[2], std::stoul(words[3]), std::stoul(words[4])), 0;
  if (words.size() == 4 && words[0] == "many") return many(words[1], std::stoul(words[2]), std::stoul(words[3])), 0;
  if (words.size() == 2) return measure(words[0], words[1]);
  fmt::print(stderr, "usage: bench_audit make|many|floor|audit DIR …; see its first lines\n");
  return 2;
}
