#include "images/oci/manifest.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace frostbyte::oci {
namespace {

using Json = nlohmann::json;

/// No document of an image nests deeper than a dozen levels; a parser that goes on for ever could be made to.
constexpr int kDeepest = 64;

Json parse_json(std::string_view text) {
  const auto shallow = [](int depth, Json::parse_event_t, Json&) { return depth <= kDeepest; };
  return Json::parse(text, shallow, /*allow_exceptions=*/false);
}

/// Reads members of one document; the first member that is not what it must be is remembered, and is the error.
class Reader {
 public:
  explicit Reader(std::string subject) : subject_(std::move(subject)) {}

  void refuse(std::string cause) {
    if (cause_.empty()) cause_ = std::move(cause);
  }
  [[nodiscard]] bool refused() const { return !cause_.empty(); }
  [[nodiscard]] Failure error() const { return failure("read", subject_, cause_); }

  Json document(std::string_view text) {
    Json json = parse_json(text);
    if (json.is_discarded()) refuse("it is not JSON, or nested too deeply");
    return json;
  }

  /// Null where there is no such member or it is null.
  const Json& member(const Json& json, const char* name) {
    static const Json kNone;
    if (!json.is_object()) return kNone;
    const auto found = json.find(name);
    return found == json.end() ? kNone : *found;
  }

  std::string text(const Json& json, const char* name) {
    const Json& value = member(json, name);
    if (value.is_null()) return {};
    if (value.is_string()) return value.get<std::string>();
    refuse(std::string(name) + " is not a text");
    return {};
  }

  const Json& list(const Json& json, const char* name) {
    static const Json kEmpty = Json::array();
    const Json& value = member(json, name);
    if (value.is_array()) return value;
    if (!value.is_null()) refuse(std::string(name) + " is not a list");
    return kEmpty;
  }

  std::vector<std::string> texts(const Json& json, const char* name) {
    std::vector<std::string> all;
    for (const Json& item : list(json, name)) {
      if (item.is_string()) {
        all.push_back(item.get<std::string>());
      } else {
        refuse(std::string(name) + " holds something else than texts");
      }
    }
    return all;
  }

  Digest digest(const std::string& text) {
    Result<Digest> parsed = Digest::parse(text);
    if (parsed) return std::move(*parsed);
    refuse("digest '" + parsed.error().subject + "': " + parsed.error().cause);
    return {};
  }

  /// A size that no blob can have is refused here, before anything is reserved or skipped for it.
  std::uint64_t size(const Json& json) {
    const Json& value = member(json, "size");
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (value.is_number_unsigned() && value.get<std::uint64_t>() <= kMost) return value.get<std::uint64_t>();
    if (value.is_null()) {
      refuse("a descriptor has no size");
    } else {
      refuse("a descriptor's size is " + value.dump(-1, ' ', true, Json::error_handler_t::replace) +
             ", which no blob can have");
    }
    return 0;
  }

  Annotations text_map(const Json& json, const char* of) {
    Annotations all;
    const Json& value = member(json, of);
    if (!value.is_object()) return all;
    for (const auto& [name, text] : value.items()) {
      if (text.is_string()) all.emplace(name, text.get<std::string>());
    }
    return all;
  }

  Platform platform(const Json& json) {
    return {.os = text(json, "os"), .architecture = text(json, "architecture"), .variant = text(json, "variant")};
  }

  Descriptor descriptor(const Json& json) {
    if (!json.is_object()) {
      refuse("a descriptor is not an object");
      return {};
    }
    Descriptor result{
        .media_type = text(json, "mediaType"), .digest = digest(text(json, "digest")), .size = size(json)};
    result.artifact_type = text(json, "artifactType");
    result.annotations = text_map(json, "annotations");
    if (const Json& value = member(json, "platform"); value.is_object()) result.platform = platform(value);
    return result;
  }

  std::vector<Descriptor> descriptors(const Json& json, const char* name) {
    std::vector<Descriptor> all;
    for (const Json& item : list(json, name)) {
      all.push_back(descriptor(item));
      if (refused()) break;
    }
    return all;
  }

 private:
  std::string subject_;
  std::string cause_;
};

template <class T>
Result<T> finish(const Reader& reader, T value) {
  if (reader.refused()) return reader.error();
  return value;
}

}  // namespace

std::string Platform::text() const {
  return (os.empty() ? "unknown" : os) + "/" + (architecture.empty() ? "unknown" : architecture) +
         (variant.empty() ? "" : "/" + variant);
}

Result<Platform> parse_platform(std::string_view text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '/') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  if (parts.size() < 2 || parts.size() > 3 || std::ranges::any_of(parts, &std::string::empty))
    return failure("read platform", std::string(text), "it is not OS/ARCHITECTURE[/VARIANT]",
                   "for example linux/amd64");
  parts.resize(3);
  return Platform{.os = parts[0], .architecture = parts[1], .variant = parts[2]};
}

std::vector<std::string> Config::argv() const {
  std::vector<std::string> words = entrypoint;
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

Result<Index> parse_index(std::string_view json, const std::string& subject) {
  Reader reader(subject);
  const Json document = reader.document(json);
  if (!reader.refused() && !reader.member(document, "manifests").is_array()) reader.refuse("it lists no manifests");
  return finish(reader, Index{.manifests = reader.descriptors(document, "manifests")});
}

Result<Manifest> parse_manifest(std::string_view json, const std::string& subject) {
  Reader reader(subject);
  const Json document = reader.document(json);
  Manifest manifest{.media_type = reader.text(document, "mediaType"),
                    .artifact_type = reader.text(document, "artifactType"),
                    .config = {},
                    .layers = {}};
  if (reader.member(document, "fsLayers").is_array())
    reader.refuse("it is a manifest of schema version 1, which has no layers that could be verified");
  if (!reader.refused()) manifest.config = reader.descriptor(reader.member(document, "config"));
  manifest.layers = reader.descriptors(document, "layers");
  return finish(reader, std::move(manifest));
}

Result<Config> parse_config(std::string_view json, const std::string& subject) {
  Reader reader(subject);
  const Json document = reader.document(json);
  Config config{.platform = reader.platform(document)};
  for (const std::string& id : reader.texts(reader.member(document, "rootfs"), "diff_ids"))
    config.diff_ids.push_back(reader.digest(id));
  for (const Json& step : reader.list(document, "history")) {
    const Json& empty = reader.member(step, "empty_layer");
    config.history.push_back(
        {.created_by = reader.text(step, "created_by"), .empty_layer = empty.is_boolean() && empty.get<bool>()});
  }
  const Json& run = reader.member(document, "config");
  config.entrypoint = reader.texts(run, "Entrypoint");
  config.command = reader.texts(run, "Cmd");
  config.environment = reader.texts(run, "Env");
  config.user = reader.text(run, "User");
  config.working_folder = reader.text(run, "WorkingDir");
  if (const Json& ports = reader.member(run, "ExposedPorts"); ports.is_object()) {
    for (const auto& [port, nothing] : ports.items()) config.exposed_ports.push_back(port);
  }
  config.labels = reader.text_map(run, "Labels");
  return finish(reader, std::move(config));
}

Result<std::vector<ArchivedImage>> parse_archive_list(std::string_view json, const std::string& subject) {
  Reader reader(subject);
  const Json document = reader.document(json);
  if (!reader.refused() && !document.is_array()) reader.refuse("it is not a list of images");
  std::vector<ArchivedImage> images;
  if (reader.refused()) return reader.error();
  for (const Json& item : document) {
    images.push_back({.config = reader.text(item, "Config"),
                      .tags = reader.texts(item, "RepoTags"),
                      .layers = reader.texts(item, "Layers")});
    if (images.back().config.empty()) reader.refuse("an image names no configuration");
  }
  return finish(reader, std::move(images));
}

Document kind_of(std::string_view json) {
  const Json document = parse_json(json);
  if (!document.is_object()) return Document::other;
  if (document.contains("manifests")) return Document::index;
  return document.contains("config") || document.contains("layers") || document.contains("fsLayers")
             ? Document::manifest
             : Document::other;
}

}  // namespace frostbyte::oci
