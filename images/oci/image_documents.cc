// The documents of an image that is written: configuration, manifest, index, and docker's list of images.
#include <chrono>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "images/oci/image_writer.h"

namespace frostbyte::oci {
namespace {

using Json = nlohmann::ordered_json;

/// RFC 3339, as the specification wants it.
std::string time_text(std::int64_t epoch) {
  return fmt::format("{:%FT%TZ}", fmt::gmtime(static_cast<std::time_t>(epoch)));
}

/// Texts need not be UTF-8, JSON must be.
std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json descriptor(std::string_view media_type, const Digest& digest, std::uint64_t size) {
  return {{"mediaType", media_type}, {"digest", digest.text()}, {"size", size}};
}

Json run_settings(const ImageSpec& spec) {
  Json run = Json::object();
  if (!spec.exposed_ports.empty()) {
    run["ExposedPorts"] = Json::object();
    for (const std::string& port : spec.exposed_ports) run["ExposedPorts"][port] = Json::object();
  }
  if (!spec.environment.empty()) run["Env"] = spec.environment;
  if (!spec.entrypoint.empty()) run["Entrypoint"] = spec.entrypoint;
  if (!spec.working_folder.empty()) run["WorkingDir"] = spec.working_folder;
  if (!spec.labels.empty()) run["Labels"] = spec.labels;
  return run;
}

std::string config_text(const ImageSpec& spec, const std::vector<WrittenLayer>& layers) {
  const std::string created = time_text(spec.epoch);
  Json config = {{"created", created}, {"architecture", spec.platform.architecture}, {"os", spec.platform.os}};
  if (!spec.platform.variant.empty()) config["variant"] = spec.platform.variant;
  config["config"] = run_settings(spec);
  Json ids = Json::array();
  Json history = Json::array();
  for (const WrittenLayer& layer : layers) {
    ids.push_back(layer.diff_id.text());
    history.push_back({{"created", created}, {"created_by", layer.created_by}});
  }
  config["rootfs"] = {{"type", "layers"}, {"diff_ids", ids}};
  config["history"] = history;
  return dump(config);
}

std::string manifest_text(const WrittenImage& image) {
  Json list = Json::array();
  for (const WrittenLayer& layer : image.layers)
    list.push_back(descriptor(layer.media_type, layer.digest, layer.blob.size));
  return dump({{"schemaVersion", 2},
               {"mediaType", media_type::kManifest},
               {"config", descriptor(media_type::kConfig, image.config_digest, image.config.size())},
               {"layers", list}});
}

std::string index_text(const ImageSpec& spec, const WrittenImage& image) {
  Json entry = descriptor(media_type::kManifest, image.digest, image.manifest.size());
  entry["platform"] = {{"architecture", spec.platform.architecture}, {"os", spec.platform.os}};
  entry["annotations"] = {{annotation::kRefName, spec.tag}};
  return dump({{"schemaVersion", 2}, {"mediaType", media_type::kIndex}, {"manifests", Json::array({entry})}});
}

std::string archive_list_text(const ImageSpec& spec, const WrittenImage& image) {
  Json paths = Json::array();
  for (const WrittenLayer& layer : image.layers) paths.push_back("blobs/sha256/" + layer.digest.hex());
  const Json entry = {{"Config", "blobs/sha256/" + image.config_digest.hex()},
                      {"RepoTags", Json::array({spec.repository + ":" + spec.tag})},
                      {"Layers", paths}};
  return dump(Json::array({entry}));
}

}  // namespace

std::uint64_t WrittenImage::transfer() const {
  std::uint64_t bytes = config.size() + manifest.size();
  std::map<Digest, std::uint64_t> blobs;
  for (const WrittenLayer& layer : layers) blobs[layer.digest] = layer.blob.size;
  for (const auto& [name, size] : blobs) bytes += size;
  return bytes;
}

WrittenImage compose(const ImageSpec& spec, std::vector<WrittenLayer> layers) {
  WrittenImage image{.layers = std::move(layers), .epoch = spec.epoch};
  image.config = config_text(spec, image.layers);
  image.config_digest = digest_of(image.config);
  image.manifest = manifest_text(image);
  image.digest = digest_of(image.manifest);
  image.index = index_text(spec, image);
  image.archive_list = archive_list_text(spec, image);
  return image;
}

}  // namespace frostbyte::oci
