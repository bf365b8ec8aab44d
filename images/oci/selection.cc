#include "images/oci/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace frostbyte::oci {
namespace {

bool is_image_config(std::string_view type) {
  return type.empty() || type == media_type::kConfig || type == media_type::kDockerConfig;
}

bool is_attestation(const Descriptor& descriptor) {
  if (descriptor.annotations.contains(std::string(annotation::kReferenceType))) return true;
  return descriptor.platform && descriptor.platform->os == "unknown" && descriptor.platform->architecture == "unknown";
}

void add_tags(const Annotations& annotations, std::vector<std::string>& tags) {
  for (const auto name : {annotation::kRefName, annotation::kImageName}) {
    const auto found = annotations.find(std::string(name));
    if (found != annotations.end() && std::ranges::find(tags, found->second) == tags.end())
      tags.push_back(found->second);
  }
}

struct Candidate {
  Selected image;
  std::optional<Platform> platform;
};

/// Walks indexes; what it has seen are the blobs the layout refers to.
class Descent {
 public:
  Descent(const Store& store, const Limits& limits) : store_(store), limits_(limits) {}

  Result<void> enter(const Index& index, const std::vector<std::string>& tags, std::uint64_t depth) {
    if (depth > limits_.nesting)
      return failure("read image", store_.name(), fmt::format("its indexes nest more than {} deep", limits_.nesting));
    for (const Descriptor& descriptor : index.manifests) {
      if (++seen_ > limits_.manifests)
        return failure("read image", store_.name(), fmt::format("it lists more than {} manifests", limits_.manifests));
      std::vector<std::string> own = tags;
      add_tags(descriptor.annotations, own);
      TRY(visit(descriptor, own, depth));
    }
    return {};
  }

  std::vector<Candidate>& candidates() { return candidates_; }
  [[nodiscard]] const std::set<std::string>& referred() const { return referred_; }
  [[nodiscard]] std::uint64_t absent() const { return absent_; }
  [[nodiscard]] const std::set<std::string>& other_kinds() const { return other_kinds_; }

 private:
  Result<void> visit(const Descriptor& descriptor, const std::vector<std::string>& tags, std::uint64_t depth) {
    // What is listed again is not read again: a few lists of a thousand lines each would make a million of one another.
    referred_.insert(descriptor.digest.hex());
    if (!visited_.insert(descriptor.digest).second) return add_names(descriptor, tags), Result<void>();
    if (!TRY(store_.find(blob_path(descriptor.digest)))) {
      ++absent_;
      return {};
    }
    const std::string text = TRY(read_document(store_, descriptor, limits_));
    switch (kind_of(text)) {
      case Document::index:
        return enter(TRY(parse_index(text, descriptor.digest.text())), tags, depth + 1);
      case Document::manifest:
        return add_manifest(descriptor, TRY(parse_manifest(text, descriptor.digest.text())), tags);
      case Document::other:
        other_kinds_.insert(descriptor.media_type.empty() ? "a document of no known kind" : descriptor.media_type);
    }
    return {};
  }

  Result<void> add_manifest(const Descriptor& descriptor, Manifest manifest, const std::vector<std::string>& tags) {
    referred_.insert(manifest.config.digest.hex());
    for (const Descriptor& layer : manifest.layers) referred_.insert(layer.digest.hex());
    if (is_attestation(descriptor)) return {};
    if (!is_image_config(manifest.config.media_type)) {
      other_kinds_.insert(manifest.config.media_type);
      return {};
    }
    const auto platform = TRY(platform_of(descriptor, manifest));
    candidates_.push_back({{.descriptor = descriptor, .manifest = std::move(manifest), .tags = tags}, platform});
    return {};
  }

  void add_names(const Descriptor& descriptor, const std::vector<std::string>& tags) {
    const auto same = std::ranges::find_if(
        candidates_, [&](const Candidate& known) { return known.image.descriptor.digest == descriptor.digest; });
    if (same == candidates_.end()) return;
    for (const std::string& tag : tags) {
      if (std::ranges::find(same->image.tags, tag) == same->image.tags.end()) same->image.tags.push_back(tag);
    }
  }

  /// The index need not say: then the configuration does.
  Result<std::optional<Platform>> platform_of(const Descriptor& descriptor, const Manifest& manifest) const {
    if (descriptor.platform && !descriptor.platform->os.empty()) return descriptor.platform;
    if (!TRY(store_.find(blob_path(manifest.config.digest)))) return std::optional<Platform>();
    const std::string text = TRY(read_document(store_, manifest.config, limits_));
    return std::optional(TRY(parse_config(text, manifest.config.digest.text())).platform);
  }

  const Store& store_;
  const Limits& limits_;
  std::vector<Candidate> candidates_;
  std::set<Digest> visited_;
  std::set<std::string> referred_;
  std::set<std::string> other_kinds_;
  std::uint64_t seen_ = 0;
  std::uint64_t absent_ = 0;
};

bool fits(const Platform& wanted, const std::optional<Platform>& platform) {
  return platform && platform->os == wanted.os && platform->architecture == wanted.architecture &&
         (wanted.variant.empty() || platform->variant == wanted.variant);
}

bool is_called(const Selected& image, const std::string& reference) {
  return std::ranges::any_of(image.tags,
                             [&](const std::string& tag) {
                               return tag == reference || (tag.size() > reference.size() && tag.ends_with(reference) &&
                                                           (tag[tag.size() - reference.size() - 1] == ':' ||
                                                            tag[tag.size() - reference.size() - 1] == '/'));
                             }) ||
         image.descriptor.digest.text() == reference || image.descriptor.digest.hex() == reference;
}

std::string listing(const std::vector<Candidate>& candidates) {
  std::string text;
  for (const Candidate& candidate : candidates) {
    text += text.empty() ? "" : "; ";
    text += candidate.platform ? candidate.platform->text() : "no platform";
    for (const std::string& tag : candidate.image.tags) text += " " + tag;
    text += " (" + candidate.image.descriptor.digest.brief() + ")";
  }
  return text;
}

void note_orphans(const Store& store, const std::set<std::string>& referred, Findings& findings) {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  for (const auto algorithm : {Algorithm::sha256, Algorithm::sha512}) {
    for (const auto& [name, size] : store.list("blobs/" + std::string(to_string(algorithm)))) {
      if (referred.contains(name)) continue;
      ++count;
      bytes += size;
    }
  }
  if (count == 0) return;
  findings.add({.severity = Severity::note,
                .name = "unreferenced_blobs",
                .text = fmt::format("{} bytes lie in blobs that nothing refers to; they count nowhere", bytes),
                .count = count});
}

Failure none_left(const Store& store, const OpenOptions& options, const Descent& descent, const std::string& all) {
  if (options.platform || !options.reference.empty()) {
    const std::string wanted = (options.platform ? options.platform->text() : "") +
                               (options.platform && !options.reference.empty() ? ", " : "") + options.reference;
    return failure("select image", store.name(), fmt::format("there is none for {}", wanted),
                   all.empty() ? "" : "there are: " + all);
  }
  if (descent.absent() > 0)
    return failure("read image", store.name(), fmt::format("{} manifests are listed but missing", descent.absent()),
                   "the layout is incomplete: copy the image again, with all of its blobs");
  if (!descent.other_kinds().empty())
    return failure("read image", store.name(), "it holds no image but " + *descent.other_kinds().begin());
  return failure("read image", store.name(), "its index lists no image");
}

}  // namespace

std::string blob_path(const Digest& digest) {
  return fmt::format("blobs/{}/{}", to_string(digest.algorithm()), digest.hex());
}

Result<Blob> find_blob(const Store& store, const Descriptor& descriptor) {
  auto blob = TRY(store.find(blob_path(descriptor.digest)));
  if (!blob)
    return failure("read image", store.name(), fmt::format("blob {} is missing", descriptor.digest.text()),
                   "the layout is incomplete: copy the image again, with all of its blobs");
  if (blob->size != descriptor.size)
    return failure("verify", blob->name,
                   fmt::format("it has {} bytes, not {} as its descriptor says", blob->size, descriptor.size),
                   "the image is damaged: fetch or build it again");
  return std::move(*blob);
}

Result<std::string> read_document(const Store& store, const Descriptor& descriptor, const Limits& limits) {
  return read_blob(TRY(find_blob(store, descriptor)), descriptor.digest, limits.document);
}

Result<Selected> select_image(const Store& store, const OpenOptions& options, Findings& findings) {
  const Blob root = *TRY(store.find("index.json"));
  const std::string text = TRY(read_blob(root, {}, options.limits.document));
  Descent descent(store, options.limits);
  TRY(descent.enter(TRY(parse_index(text, root.name)), {}, 1));
  note_orphans(store, descent.referred(), findings);

  std::vector<Candidate>& candidates = descent.candidates();
  const std::string all = listing(candidates);
  std::erase_if(candidates, [&](const Candidate& candidate) {
    return (options.platform && !fits(*options.platform, candidate.platform)) ||
           (!options.reference.empty() && !is_called(candidate.image, options.reference));
  });
  if (candidates.empty()) return none_left(store, options, descent, all);
  if (candidates.size() > 1)
    return failure("select image", store.name(),
                   fmt::format("it holds {} images: {}", candidates.size(), listing(candidates)),
                   "choose one: --platform OS/ARCHITECTURE, or --image TAG");
  return std::move(candidates.front().image);
}

}  // namespace frostbyte::oci
