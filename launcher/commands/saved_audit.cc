#include "launcher/commands/saved_audit.h"

#include <fmt/format.h>

#include <fstream>

namespace frostbyte::commands {
namespace {

using record::Json;

std::string line_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

std::string begin_of_file() { return R"({"schema":")" + std::string(kAuditSchema) + "\""; }

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path), file_(path, std::ios::binary) {}

  Result<std::vector<Weighed>> read() {
    if (!file_) return system_failure("open", path_);
    const Json head = TRY(next());
    if (head.value("schema", std::string()) != kAuditSchema)
      return refuse(fmt::format("its schema is not {}", kAuditSchema), "frostbyte audit INPUT --save FILE writes one");
    for (;;) {
      const Json line = TRY(next());
      if (line.is_object() && line.contains("end")) break;
      if (line.is_array()) {
        TRY(add_part(line));
      } else {
        TRY(add_subject(line));
      }
    }
    return std::move(subjects_);
  }

 private:
  [[nodiscard]] Failure refuse(std::string cause, std::string hint = "save the audit again: --save FILE") const {
    return failure("read saved audit", fmt::format("{}:{}", path_, line_), std::move(cause), std::move(hint));
  }

  Result<Json> next() {
    ++line_;
    std::string text;
    if (!std::getline(file_, text)) return refuse("it ends early");
    if (text.size() > record::kMaxLine) return refuse("the line is too long");
    Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return refuse("the line is no JSON");
    return json;
  }

  Result<void> add_subject(const Json& json) {
    const auto name = json.find("name");
    const auto metrics = json.find("metrics");
    const auto labels = json.find("labels");
    if (!json.is_object() || name == json.end() || !name->is_string() || metrics == json.end() ||
        !metrics->is_object() || labels == json.end() || !labels->is_object())
      return refuse("it is no subject");
    Weighed& subject = subjects_.emplace_back();
    subject.info.name = name->get<std::string>();
    for (const auto& [label, value] : labels->items()) {
      if (!value.is_string()) return refuse("a label is no text");
      subject.info.labels[label] = value.get<std::string>();
    }
    for (const auto& [metric, value] : metrics->items()) {
      if (!value.is_number_integer()) return refuse("a figure is no whole number");
      subject.info.values[metric] = value.get<std::int64_t>();
    }
    return {};
  }

  Result<void> add_part(const Json& json) {
    constexpr std::size_t kFields = 6;
    bool right = !subjects_.empty() && json.size() == kFields;
    for (std::size_t i = 0; right && i < kFields; ++i)
      right = i == 2 ? json[i].is_number_integer() : json[i].is_string();
    if (!right) return refuse("it is no part of a subject");
    const auto text = [&](std::size_t i) { return json[i].get<std::string>(); };
    subjects_.back().parts.push_back({.group = text(0),
                                      .name = text(1),
                                      .bytes = json[2].get<std::int64_t>(),
                                      .content = text(3),
                                      .attributes = text(4),
                                      .where = text(5)});
    return {};
  }

  const std::string& path_;
  std::ifstream file_;
  std::size_t line_ = 0;
  std::vector<Weighed> subjects_;
};

}  // namespace

std::string saved_audit(const std::vector<Weighed>& subjects) {
  std::string text = begin_of_file() + "}\n";
  for (const Weighed& subject : subjects) {
    text += line_of({{"name", subject.info.name}, {"labels", subject.info.labels}, {"metrics", subject.info.values}});
    for (const compare::Part& part : subject.parts)
      text += line_of(Json::array({part.group, part.name, part.bytes, part.content, part.attributes, part.where}));
  }
  return text + line_of({{"end", subjects.size()}});
}

bool is_saved_audit(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string begin(begin_of_file().substr(0, begin_of_file().find('/')).size(), '\0');
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  return file && begin_of_file().starts_with(begin);
}

Result<std::vector<Weighed>> read_saved_audit(const std::string& path) { return Reader(path).read(); }

}  // namespace frostbyte::commands
