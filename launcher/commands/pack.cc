#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "images/pack/image.h"
#include "launcher/base/nearest.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/flag.h"
#include "launcher/commands/message.h"
#include "launcher/commands/packing.h"
#include "launcher/commands/step.h"

namespace frostbyte::commands {
namespace {

constexpr std::string_view kDetails =
    "The image is an archive when PATH ends in .tar (an OCI layout that `docker load` reads as well),\n"
    "the same on standard output when it is -, and an OCI layout in a folder otherwise. The same\n"
    "function, recipe, level and SOURCE_DATE_EPOCH (0 without it) give the same bytes, whoever packs\n"
    "them, where and when.\n"
    "\n"
    "Recipes\n"
    "  scratch  nothing but the function\n"
    "  static   users, certificates, time zones and /tmp, for static programs\n"
    "  busybox  a shell and small tools, in one static program\n"
    "  debian   a minimal Debian by mmdebstrap, for dynamic programs; fetched once, and kept\n"
    "  ./my.toml, or any other path: a recipe of your own\n"
    "\n"
    "Examples\n"
    "  frostbyte pack cpp-epoll --recipe static\n"
    "  frostbyte pack ./my-function --recipe scratch --compression zstd --level 19 -o my-function.tar\n"
    "  frostbyte pack c-glibc-dynamic --recipe scratch --with-libraries -o - | docker load\n"
    "  frostbyte pack --recipe scratch -n web -o web/ -- ./server --port 8080\n"
    "  frostbyte pack --recipe static -o base.tar";

struct PackFlags {
  std::string function;
  std::string recipe;
  std::string output;
  std::string name;
  std::string tag;
  std::string compression = "gzip";
  std::optional<int> level;
  bool with_libraries = false;
  bool overwrite = false;
  bool renew = false;
  bool quiet = false;
};

void declare_pack_flags(CLI::App& app, PackFlags& flags) {
  app.add_option("FUNCTION", flags.function,
                 "a folder with function.toml, or a bundled function's name; a bare command follows --; without either "
                 "the recipe alone is packed, as a base");
  value_flag(app, "--recipe", flags.recipe, "NAME",
             "what the function stands on: scratch, static, busybox, debian, or "
             "the path of a recipe of your own")
      ->required();
  value_flag(app, "-o,--output", flags.output, "PATH",
             "FILE.tar, a folder, or - for standard output; NAME-RECIPE.tar here without it");
  value_flag(app, "-n,--name", flags.name, "NAME", "of a bare command; its program's without it");
  value_flag(app, "--tag", flags.tag, "NAME:TAG", "what the image is called; FUNCTION:RECIPE without it");
  value_flag(app, "--compression", flags.compression, "gzip|zstd|none", "of the layers");
  value_flag(app, "--level", flags.level, "N", "gzip 1 to 9, 6 without it; zstd 1 to 22, 3 without it");
  app.add_flag("--with-libraries", flags.with_libraries,
               "copy the interpreter and the libraries that the recipe lacks from this host");
  app.add_flag("--overwrite", flags.overwrite, "replace the image that is at PATH");
  app.add_flag("--renew", flags.renew, "fetch the packages of recipe debian again");
  app.add_flag("-q,--quiet", flags.quiet, "print the image's digest and nothing else");
}

/// What the flags ask for, read and checked.
struct Request {
  pack::Recipe recipe;
  std::optional<function::Function> function;  ///< none: the recipe alone
  pack::PackOptions options;
  std::string output;
};

class PackCommand {
 public:
  PackCommand(const PackFlags& flags, const Invocation& invocation, const SweepEnvironment& environment)
      : flags_(flags), invocation_(invocation), environment_(environment) {}

  Step<ExitCode> run() {
    const Request request = TRY(or_usage(read_request()));
    const pack::Base base = TRY(or_cannot(build_base(request)));
    const oci::WrittenImage image = TRY(or_cannot(pack_image(request, base)));
    TRY(or_cannot(write(image, request.output)));
    report(request, base, image);
    return ExitCode::pass;
  }

 private:
  // ---- what is asked ----

  Result<Request> read_request() {
    Request request{.recipe = TRY(pack::find_recipe(flags_.recipe, pack::recipe_folders()))};
    request.function = TRY(read_function());
    request.options.layer = {.compression = TRY(oci::parse_compression(flags_.compression)),
                             .level = flags_.level,
                             .epoch = TRY(pack::source_date_epoch())};
    // A level that there is not is a mistake to be told before minutes are spent on packages.
    TRY(oci::Encoder::make(request.options.layer.compression, flags_.level, {}));
    if (flags_.with_libraries) request.options.libraries = pack::Libraries::copy;
    request.output = flags_.output.empty() ? default_output(request) : flags_.output;
    if (request.output == "-" && ::isatty(STDOUT_FILENO) == 1)
      return failure("write", "an image", "standard output is a terminal",
                     "-o FILE.tar, or a pipe: -o - | docker load");
    return request;
  }

  Result<std::optional<function::Function>> read_function() {
    const std::vector<std::string>& words = invocation_.after_dashes;
    if (!words.empty() && !flags_.function.empty())
      return failure("pack", flags_.function, "a bare command stands beside it", "name one of the two");
    if (!words.empty()) {
      const std::string program = std::filesystem::path(words.front()).filename().string();
      return TRY(function::bare_command(flags_.name.empty() ? program : flags_.name, words));
    }
    if (!flags_.name.empty())
      return failure("use", "--name", "it names a bare command, and there is none", "-- ./server ARGS");
    if (flags_.function.empty()) return std::nullopt;
    return TRY(function::load_function(flags_.function, environment_.search_path()));
  }

  static std::string default_output(const Request& request) {
    const std::string name = request.function ? describe(*request.function, request.recipe.name).repository + "-" : "";
    return name + request.recipe.name + ".tar";
  }

  // ---- what is made ----

  Result<pack::Base> build_base(const Request& request) const {
    return pack::build_base(request.recipe,
                            {.layer = request.options.layer,
                             .cache = pack::cache_folder(),
                             .cached = flags_.renew ? pack::BaseOptions::Cached::renew : pack::BaseOptions::Cached::use,
                             .tell = [this](const std::string& text) {
                               if (!flags_.quiet) say("note: " + text);
                             }});
  }

  Result<oci::WrittenImage> pack_image(const Request& request, const pack::Base& base) const {
    if (!request.function) return pack::pack_base(base, request.options);
    pack::Description description = describe(*request.function, request.recipe.name);
    if (!flags_.tag.empty()) {
      const std::size_t colon = flags_.tag.rfind(':');
      const bool has_tag = colon != std::string::npos && flags_.tag.find('/', colon) == std::string::npos;
      description.repository = flags_.tag.substr(0, has_tag ? colon : std::string::npos);
      description.tag = has_tag ? flags_.tag.substr(colon + 1) : "latest";
    }
    return pack::pack_image(description, base, request.options);
  }

  Result<void> write(const oci::WrittenImage& image, const std::string& output) const {
    const oci::IfThere if_there = flags_.overwrite ? oci::IfThere::replace : oci::IfThere::refuse;
    if (output == "-") return oci::write_archive(image, STDOUT_FILENO, "standard output");
    return output.ends_with(".tar") ? oci::write_archive(image, output, if_there)
                                    : oci::write_layout(image, output, if_there);
  }

  // ---- what is said ----

  void report(const Request& request, const pack::Base& base, const oci::WrittenImage& image) const {
    std::FILE* out = request.output == "-" ? stderr : stdout;
    if (flags_.quiet) return fmt::print(out, "{}\n", image.digest.text());
    fmt::print(out, "{}\n", request.output);
    for (std::size_t i = 0; i < image.layers.size(); ++i) {
      const oci::WrittenLayer& layer = image.layers[i];
      const bool is_base = base.layer && i == 0;
      fmt::print(out, "  {:<10}{:<20}{:>12} bytes  {:>12} unpacked  {:>6} entries  {}\n", is_base ? "base" : "function",
                 is_base ? base.name : request.function->name, layer.blob.size, layer.payload, layer.entries,
                 layer.digest.text().substr(0, 19));
    }
    fmt::print(out, "  {:<30}{:>12} bytes  {}\n", "transfer", image.transfer(), image.digest.text());
  }

  const PackFlags& flags_;
  const Invocation& invocation_;
  const SweepEnvironment& environment_;
};

}  // namespace

Command pack_command(const SweepEnvironment& environment) {
  return {.name = "pack",
          .summary = "makes a reproducible OCI image of a function",
          .details = std::string(kDetails),
          .after_dashes = AfterDashes::bare_command,
          .declare = [environment](CLI::App& app, const Invocation& invocation) -> std::function<ExitCode()> {
            const auto flags = std::make_shared<PackFlags>();
            declare_pack_flags(app, *flags);
            return [flags, environment, &invocation] {
              const Step<ExitCode> done = PackCommand(*flags, invocation, environment).run();
              return done ? *done : give_up(done.error().error, done.error().code);
            };
          }};
}

}  // namespace frostbyte::commands
