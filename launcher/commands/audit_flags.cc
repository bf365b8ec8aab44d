#include "launcher/commands/audit_flags.h"

#include "launcher/base/units.h"
#include "launcher/commands/color.h"
#include "launcher/commands/flag.h"
#include "launcher/commands/outputs.h"

namespace frostbyte::commands {

void declare_audit_flags(CLI::App& app, AuditFlags& flags) {
  app.add_option("INPUT", flags.inputs,
                 "an image (OCI layout, docker archive, plain tar archive, folder; - is standard input), an ELF file, "
                 "or a function, whose program is looked at")
      ->required();
  const std::string what = "What is read";
  repeated_flag(app, "-n,--name", flags.names, "NAME", "name of the input in the same place")->group(what);
  value_flag(app, "--platform", flags.platform, "OS/ARCH[/VARIANT]", "of an image for several platforms")->group(what);
  value_flag(app, "--image,--reference,--tag", flags.image, "TAG", "of an archive that holds several images")
      ->group(what);
  value_flag(app, "--max-unpacked", flags.max_unpacked, "SIZE", "refuse images that unpack to more; 256 GiB without it")
      ->group(what);
  value_flag(app, "--max-entries", flags.max_entries, "N", "refuse images with more entries")->group(what);
  const std::string asked = "What is asked";
  value_flag(app, "--base", flags.base, "IMAGE", "the image it was built on: what is its own, and what is new to pull")
      ->group(asked);
  value_flag(app, "--against", flags.against, "FILE|INPUT", "what it was before: a saved audit, or another input")
      ->group(asked);
  value_flag(app, "--save", flags.save, "FILE", "keep this audit for a later --against")->group(asked);
  value_flag(app, "--explain", flags.explain, "PATH", "what became of a path, layer by layer")->group(asked);
  app.add_flag("--what-if", flags.what_if, "compute what stripping, squashing, sharing and zstd would save")
      ->group(asked);
  app.add_option("--zstd", flags.zstd, "compress all layers anew at these levels, and say what they would weigh")
      ->type_name("LEVEL[,LEVEL]")
      ->allow_extra_args(false)
      ->take_all()
      ->delimiter(',')
      ->check(in_range(1, 19))
      ->group(asked);
  repeated_flag(app, "--ignore", flags.ignore, "GLOB", "paths whose dead bytes and privileges are accepted")
      ->group(asked);
  value_flag(app, "--top", flags.top, "N", "rows of every list")->check(in_range(1u, 100'000u))->group(asked);
  const std::string results = "Results";
  declare_outputs(app, flags.outputs, "")->group(results);
  declare_color(app, flags.color)->group(results);
  declare_gating(app, flags.gating, BaseIs::optional);
}

Result<oci::OpenOptions> read_open_options(const AuditFlags& flags) {
  oci::OpenOptions options;
  options.reference = flags.image;
  options.limits.entries = flags.max_entries;
  if (!flags.platform.empty()) options.platform = TRY(oci::parse_platform(flags.platform));
  if (!flags.max_unpacked.empty()) {
    const Bytes most = TRY(parse_bytes(flags.max_unpacked));
    options.limits.unpacked = static_cast<std::uint64_t>(most.count);
  }
  return options;
}

}  // namespace frostbyte::commands
