#include "images/oci/image.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "images/oci/selection.h"

namespace frostbyte::oci {
namespace {

/// A manifest.json can be a docker-archive's list, the manifest of a folder of blobs, or a web application's.
enum class ManifestFile : std::uint8_t { none, list, manifest };

Result<ManifestFile> manifest_file(const Store& store, const Limits& limits) {
  const auto blob = TRY(store.find("manifest.json"));
  if (!blob) return ManifestFile::none;
  const std::string text = TRY(read_blob(*blob, {}, limits.document));
  if (parse_archive_list(text, "")) return ManifestFile::list;
  const bool is_manifest = kind_of(text) == Document::manifest && TRY(store.find("version")).has_value();
  return is_manifest ? ManifestFile::manifest : ManifestFile::none;
}

bool has(const Store& store, const std::string& name) {
  const auto found = store.find(name);
  return found && found->has_value();
}

bool has_layout(const Store& store) {
  return has(store, "index.json") &&
         (has(store, "oci-layout") || !store.list("blobs/sha256").empty() || !store.list("blobs/sha512").empty());
}

/// The step of the history each layer came from, where their numbers agree: history is optional and often wrong.
void name_steps(Image& image) {
  std::vector<std::string> steps;
  for (const History& step : image.config.history) {
    if (!step.empty_layer) steps.push_back(step.created_by);
  }
  if (steps.empty()) return;
  if (steps.size() != image.layers.size()) {
    image.findings.add(
        Severity::note, "history",
        fmt::format("the history tells of {} layers, the image has {}", steps.size(), image.layers.size()));
    return;
  }
  for (std::size_t i = 0; i < steps.size(); ++i) image.layers[i].created_by = steps[i];
}

Result<void> join_diff_ids(Image& image) {
  const std::vector<Digest>& ids = image.config.diff_ids;
  if (ids.size() != image.layers.size())
    return failure(
        "read image", image.name,
        fmt::format("it has {} layers, and its configuration gives {} diff_ids", image.layers.size(), ids.size()),
        "manifest and configuration are of different images: build it again");
  for (std::size_t i = 0; i < ids.size(); ++i) image.layers[i].diff_id = ids[i];
  name_steps(image);
  return {};
}

Result<void> take_manifest(const Store& store, const Manifest& manifest, const Limits& limits, Image& image) {
  const std::string config = TRY(read_document(store, manifest.config, limits));
  image.config = TRY(parse_config(config, manifest.config.digest.text()));
  image.config_bytes = manifest.config.size;
  for (const Descriptor& layer : manifest.layers) {
    image.layers.push_back(
        {.blob = TRY(find_blob(store, layer)), .digest = layer.digest, .media_type = layer.media_type});
  }
  return join_diff_ids(image);
}

/// A name such as "blobs/sha256/<hex>" or "<hex>.json" is a promise about the content.
Digest digest_in(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  if (name.ends_with(".json")) name.resize(name.size() - 5);
  auto digest = Digest::parse("sha256:" + name);
  return digest ? std::move(*digest) : Digest();
}

Result<Blob> find_named(const Store& store, const std::string& path) {
  auto blob = TRY(store.find(path));
  if (blob) return std::move(*blob);
  return failure("read image", store.name(), fmt::format("'{}' is missing", path),
                 "the archive is incomplete: save the image again");
}

bool is_called(const ArchivedImage& image, const std::string& reference) {
  return std::ranges::any_of(image.tags, [&](const std::string& tag) {
    return tag == reference || tag.ends_with(":" + reference) || tag.ends_with("/" + reference);
  });
}

Result<ArchivedImage> choose_archived(const Store& store, const OpenOptions& options) {
  const std::string text = TRY(read_blob(TRY(find_named(store, "manifest.json")), {}, options.limits.document));
  std::vector<ArchivedImage> images = TRY(parse_archive_list(text, store.name() + "(manifest.json)"));
  std::string names;
  for (const ArchivedImage& image : images) {
    for (const std::string& tag : image.tags) names += (names.empty() ? "" : ", ") + tag;
  }
  if (!options.reference.empty())
    std::erase_if(images, [&](const ArchivedImage& image) { return !is_called(image, options.reference); });
  if (images.size() == 1) return std::move(images.front());
  if (images.empty())
    return failure(
        "select image", store.name(),
        options.reference.empty() ? "its manifest.json lists no image" : "there is none called " + options.reference,
        names.empty() ? "" : "there are: " + names);
  return failure("select image", store.name(), fmt::format("it holds {} images: {}", images.size(), names),
                 "choose one: --image TAG");
}

Result<void> take_archived(const Store& store, const OpenOptions& options, Image& image) {
  const ArchivedImage archived = TRY(choose_archived(store, options));
  const Blob config = TRY(find_named(store, archived.config));
  image.config =
      TRY(parse_config(TRY(read_blob(config, digest_in(archived.config), options.limits.document)), config.name));
  image.config_bytes = config.size;
  image.tags = archived.tags;
  for (const std::string& path : archived.layers) {
    const bool named_by_digest = path.starts_with("blobs/") || path.find('/') == std::string::npos;
    image.layers.push_back({.blob = TRY(find_named(store, path)),
                            .digest = named_by_digest && !path.ends_with(".tar") ? digest_in(path) : Digest()});
  }
  if (options.platform && (options.platform->os != image.config.platform.os ||
                           options.platform->architecture != image.config.platform.architecture))
    return failure("select image", store.name(), "there is none for " + options.platform->text(),
                   "there is: " + image.config.platform.text());
  return join_diff_ids(image);
}

Result<void> take_layout(const Store& store, const OpenOptions& options, Image& image) {
  Selected selected = TRY(select_image(store, options, image.findings));
  image.tags = selected.tags;
  image.digest = selected.descriptor.digest;
  image.manifest_bytes = selected.descriptor.size;
  if (!selected.manifest.layers.empty() || image.form != Form::docker_layout)
    return take_manifest(store, selected.manifest, options.limits, image);
  // A release candidate of Docker 25 wrote manifests without layers beside a manifest.json that has them.
  image.findings.add(Severity::invalid, "manifest_without_layers",
                     "the manifest lists no layers; those of manifest.json were taken");
  return take_archived(store, options, image);
}

/// Blobs lie beside the manifest, named by their digits.
Result<void> take_folder_of_blobs(const Store& store, const OpenOptions& options, Image& image) {
  const Blob blob = TRY(find_named(store, "manifest.json"));
  const std::string text = TRY(read_blob(blob, {}, options.limits.document));
  const Manifest manifest = TRY(parse_manifest(text, blob.name));
  image.digest = digest_of(text);
  image.manifest_bytes = blob.size;
  const auto find = [&](const Descriptor& descriptor) -> Result<Blob> {
    Blob found = TRY(find_named(store, descriptor.digest.hex()));
    if (found.size == descriptor.size) return found;
    return failure("verify", found.name,
                   fmt::format("it has {} bytes, not {} as its descriptor says", found.size, descriptor.size));
  };
  const Blob config = TRY(find(manifest.config));
  image.config =
      TRY(parse_config(TRY(read_blob(config, manifest.config.digest, options.limits.document)), config.name));
  image.config_bytes = config.size;
  for (const Descriptor& layer : manifest.layers)
    image.layers.push_back({.blob = TRY(find(layer)), .digest = layer.digest, .media_type = layer.media_type});
  return join_diff_ids(image);
}

Result<Form> recognise(const Store& store, const Limits& limits) {
  const ManifestFile file = TRY(manifest_file(store, limits));
  if (has_layout(store)) return file == ManifestFile::list ? Form::docker_layout : Form::oci_layout;
  if (file == ManifestFile::list) return Form::docker_archive;
  if (file == ManifestFile::manifest) return Form::folder_of_blobs;
  if (has(store, "oci-layout"))
    return failure("read image", store.name(), "it is an OCI layout without index.json", "copy the image again");
  // A copy that broke off before its last file; nobody's root file system looks like this.
  if (!store.list("blobs/sha256").empty() || !store.list("blobs/sha512").empty())
    return failure("read image", store.name(), "it holds blobs and no index.json",
                   "the archive is incomplete: save or copy the image again");
  if (store.is_folder()) return failure("read image", store.name(), "it holds neither index.json nor manifest.json");
  return Form::root_archive;
}

}  // namespace

std::string_view to_string(Form form) {
  constexpr std::array<std::string_view, 5> kNames = {"OCI layout", "docker archive", "docker archive with OCI layout",
                                                      "folder of blobs", "root file system archive"};
  return kNames[static_cast<std::size_t>(form)];
}

bool holds_image(const Store& store) {
  if (!store.is_folder() || has(store, "oci-layout") || has_layout(store)) return true;
  const auto file = manifest_file(store, Limits{});
  return file && *file != ManifestFile::none;
}

Result<Image> open_image(const Store& store, const OpenOptions& options) {
  Image image{.name = store.name(), .form = TRY(recognise(store, options.limits))};
  switch (image.form) {
    case Form::oci_layout:
    case Form::docker_layout:
      TRY(take_layout(store, options, image));
      break;
    case Form::docker_archive:
      TRY(take_archived(store, options, image));
      break;
    case Form::folder_of_blobs:
      TRY(take_folder_of_blobs(store, options, image));
      break;
    case Form::root_archive:
      image.layers.push_back({.blob = store.archive()});
      break;
  }
  return image;
}

}  // namespace frostbyte::oci
