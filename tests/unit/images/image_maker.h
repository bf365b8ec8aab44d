// Images for tests, written by hand: a tar writer that knows only what the tests need, so that what is read is not
// judged by what wrote it.
#pragma once

#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "images/oci/digest.h"

namespace frostbyte::test {

class TarMaker {
 public:
  struct Header {
    char type = '0';
    std::string name{};
    std::string link{};
    std::uint64_t size = 0;
    unsigned mode = 0644;
    std::string size_field{};  ///< as it stands there, instead of `size`
    unsigned uid = 0;
  };

  TarMaker& header(const Header& h) {
    std::string block(512, '\0');
    const auto put = [&](std::size_t at, const std::string& text) { block.replace(at, text.size(), text); };
    const auto octal = [](std::uint64_t value, int digits) {
      char text[32];
      std::snprintf(text, sizeof text, "%0*llo", digits, static_cast<unsigned long long>(value));
      return std::string(text);
    };
    put(0, h.name.substr(0, 100));
    put(100, octal(h.mode, 7));
    put(108, octal(h.uid, 7));
    put(116, octal(0, 7));
    put(124, h.size_field.empty() ? octal(h.size, 11) : h.size_field);
    put(136, octal(0, 11));
    put(148, "        ");
    block[156] = h.type;
    put(157, h.link.substr(0, 100));
    put(257, std::string("ustar\00000", 8));
    unsigned sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    put(148, octal(sum, 6) + std::string("\0 ", 2));
    bytes_ += block;
    return *this;
  }
  TarMaker& payload(const std::string& data) {
    bytes_ += data;
    bytes_.resize((bytes_.size() + 511) / 512 * 512, '\0');
    return *this;
  }
  TarMaker& file(const std::string& name, const std::string& data, unsigned mode = 0644, unsigned uid = 0) {
    return header({.name = name, .size = data.size(), .mode = mode, .uid = uid}).payload(data);
  }
  TarMaker& file(const std::string& name, std::uint64_t size, char fill = 'x') {
    return file(name, std::string(size, fill));
  }
  TarMaker& folder(const std::string& name, unsigned mode = 0755) {
    return header({.type = '5', .name = name, .mode = mode});
  }
  TarMaker& symlink(const std::string& name, const std::string& to) {
    return header({.type = '2', .name = name, .link = to, .mode = 0777});
  }
  TarMaker& hardlink(const std::string& name, const std::string& to, std::uint64_t size = 0) {
    return header({.type = '1', .name = name, .link = to, .size = size});
  }
  TarMaker& whiteout(const std::string& name) { return file(name, ""); }
  /// A PAX header, for the next entry ('x') or for all ('g').
  TarMaker& pax(const std::vector<std::pair<std::string, std::string>>& records, char type = 'x') {
    std::string data;
    for (const auto& [key, value] : records) {
      const std::size_t rest = key.size() + value.size() + 3;
      std::size_t length = rest + 1;
      while (std::to_string(length).size() + rest != length) ++length;
      data += std::to_string(length) + " " + key + "=" + value + "\n";
    }
    return header({.type = type, .name = "PaxHeader", .size = data.size()}).payload(data);
  }
  TarMaker& raw(const std::string& data) {
    bytes_ += data;
    return *this;
  }
  [[nodiscard]] std::string unfinished() const { return bytes_; }
  [[nodiscard]] std::string done() const { return bytes_ + std::string(1024, '\0'); }

 private:
  std::string bytes_;
};

inline std::string gzip(const std::string& data) {
  std::string out(data.size() + data.size() / 1000 + 4096, '\0');
  isal_zstream stream;
  isal_deflate_stateless_init(&stream);
  std::vector<std::uint8_t> level_buffer(ISAL_DEF_LVL1_DEFAULT);
  stream.gzip_flag = IGZIP_GZIP;
  stream.level = 1;
  stream.level_buf = level_buffer.data();
  stream.level_buf_size = static_cast<std::uint32_t>(level_buffer.size());
  stream.end_of_stream = 1;
  stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<std::uint32_t>(data.size());
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = static_cast<std::uint32_t>(out.size());
  if (isal_deflate_stateless(&stream) != COMP_OK) return "";
  out.resize(stream.total_out);
  return out;
}

/// `window_log` 0: as the level chooses.
inline std::string zstd(const std::string& data, int window_log = 0) {
  std::string out(ZSTD_compressBound(data.size()), '\0');
  ZSTD_CCtx* stream = ZSTD_createCCtx();
  if (window_log != 0) {
    // Without the size in its header a frame is not of one segment, and has a window of its own.
    ZSTD_CCtx_setParameter(stream, ZSTD_c_windowLog, window_log);
    ZSTD_CCtx_setParameter(stream, ZSTD_c_contentSizeFlag, 0);
  }
  ZSTD_CCtx_setParameter(stream, ZSTD_c_checksumFlag, 1);
  ZSTD_inBuffer in{data.data(), data.size(), 0};
  ZSTD_outBuffer target{out.data(), out.size(), 0};
  if (window_log != 0) {
    ZSTD_compressStream2(stream, &target, &in, ZSTD_e_flush);  // a stream of unknown length keeps its window
    while (ZSTD_compressStream2(stream, &target, &in, ZSTD_e_end) != 0) {
    }
    out.resize(target.pos);
  } else {
    out.resize(ZSTD_compress2(stream, out.data(), out.size(), data.data(), data.size()));
  }
  ZSTD_freeCCtx(stream);
  return out;
}

inline std::string skippable(const std::string& data, std::uint8_t kind = 0) {
  std::string frame = {static_cast<char>(0x50 + kind), 0x2a, 0x4d, 0x18};
  for (int i = 0; i < 4; ++i) frame += static_cast<char>(data.size() >> (8 * i));
  return frame + data;
}

inline void write(const std::filesystem::path& path, const std::string& data) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << data;
}

struct LayerBlob {
  std::string blob;
  std::string tar;
  std::string type = "application/vnd.oci.image.layer.v1.tar";
};
inline LayerBlob plain(const TarMaker& tar) { return {tar.done(), tar.done()}; }
inline LayerBlob gzipped(const TarMaker& tar) {
  return {gzip(tar.done()), tar.done(), "application/vnd.oci.image.layer.v1.tar+gzip"};
}
inline LayerBlob zstandard(const TarMaker& tar) {
  return {zstd(tar.done()), tar.done(), "application/vnd.oci.image.layer.v1.tar+zstd"};
}

/// Files of an OCI layout by name; what a test damages, it damages here.
class LayoutMaker {
 public:
  std::string blob(const std::string& data) {
    const std::string digest = oci::digest_of(data).hex();
    files_["blobs/sha256/" + digest] = data;
    return digest;
  }
  std::string descriptor(const std::string& type, const std::string& data, const std::string& more = "") {
    return R"({"mediaType":")" + type + R"(","digest":"sha256:)" + blob(data) + R"(","size":)" +
           std::to_string(data.size()) + more + "}";
  }
  /// The manifest's text.
  std::string image(const std::vector<LayerBlob>& layers, const std::string& platform = "amd64",
                    const std::string& history = "") {
    std::string ids;
    std::string list;
    for (const LayerBlob& layer : layers) {
      ids += (ids.empty() ? "" : ",") + ("\"" + oci::digest_of(layer.tar).text() + "\"");
      list += (list.empty() ? "" : ",") + descriptor(layer.type, layer.blob);
    }
    config_ = R"({"os":"linux","architecture":")" + platform + R"(","rootfs":{"type":"layers","diff_ids":[)" + ids +
              "]}" + history + "}";
    manifest_ = R"({"schemaVersion":2,"config":)" + descriptor("application/vnd.oci.image.config.v1+json", config_) +
                R"(,"layers":[)" + list + "]}";
    return manifest_;
  }
  void index(const std::vector<std::string>& descriptors) {
    std::string list;
    for (const std::string& d : descriptors) list += (list.empty() ? "" : ",") + d;
    files_["index.json"] = R"({"schemaVersion":2,"manifests":[)" + list + "]}";
    files_["oci-layout"] = R"({"imageLayoutVersion":"1.0.0"})";
  }
  std::string manifest_descriptor(const std::string& manifest, const std::string& more = "") {
    return descriptor("application/vnd.oci.image.manifest.v1+json", manifest, more);
  }
  /// A layout of one image.
  LayoutMaker& single(const std::vector<LayerBlob>& layers) {
    const std::string manifest = image(layers);
    index({manifest_descriptor(manifest)});
    return *this;
  }
  [[nodiscard]] std::uint64_t documents() const { return config_.size() + manifest_.size(); }
  [[nodiscard]] const std::string& config() const { return config_; }
  std::map<std::string, std::string>& files() { return files_; }

  void write_folder(const std::filesystem::path& folder) const {
    for (const auto& [name, data] : files_) write(folder / name, data);
  }
  [[nodiscard]] std::string archive() const {
    TarMaker tar;
    for (const auto& [name, data] : files_) tar.file(name, data);
    return tar.done();
  }

 private:
  std::map<std::string, std::string> files_;
  std::string config_;
  std::string manifest_;
};

}  // namespace frostbyte::test
