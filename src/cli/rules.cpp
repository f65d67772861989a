#include "rules.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <tuple>

#include <fmt/format.h>

#include "auexfil/input/fnv.hpp"
#include "auexfil/input/format_size.hpp"
#include "builtin_rules.hpp"
#include "commands.hpp"

namespace auexfil::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEtc = "/etc/auexfil";
constexpr std::size_t kMaxRuleBytes = std::size_t{16} << 20;
constexpr std::size_t kMaxListBytes = std::size_t{64} << 20;

/// A folder that may not be read is a mistake: its rules would be missing without a word. What is
/// hidden is an editor's or a package manager's, as in cron.d and sudoers.d.
std::vector<std::string> conf_files(const fs::path& folder, std::vector<std::string>& problems) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".conf" && !it->path().filename().string().starts_with('.')) {
      files.push_back(it->path().string());
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    problems.push_back(fmt::format("{}: cannot be read ({})", folder.string(), error.message()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// \return why it cannot be read, or empty. Pipes (`<(…)`) are read as well.
std::string read_text(const std::string& file, std::size_t most, std::string& text) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::error_code error;
  if (!stream) {
    return std::strerror(errno != 0 ? errno : EIO);
  }
  if (fs::is_directory(file, error)) {
    return "is a folder";
  }
  std::array<char, std::size_t{64} << 10> chunk{};
  while (text.size() <= most && stream) {
    stream.read(chunk.data(), chunk.size());
    text.append(chunk.data(), static_cast<std::size_t>(stream.gcount()));
  }
  if (stream.bad()) {
    return std::strerror(errno != 0 ? errno : EIO);
  }
  return text.size() > most ? fmt::format("larger than {}", input::format_size(most)) : "";
}

std::string read_rule_text(const std::string& file, std::string& text) {
  if (std::string why = read_text(file, kMaxRuleBytes, text); !why.empty()) {
    return why;
  }
  const std::string_view head = std::string_view(text).substr(0, 512);
  return head.find("type=") != std::string_view::npos &&
                 head.find("msg=audit(") != std::string_view::npos
             ? "this is an audit log; give it as INPUT"
             : "";
}

void read_layer(const std::vector<std::string>& files, std::vector<input::RuleFile>& layers,
                std::vector<std::string>& problems) {
  input::RuleFile layer;
  for (const std::string& file : files) {
    std::string text;
    if (const std::string why = read_rule_text(file, text); !why.empty()) {
      problems.push_back(fmt::format("{}: cannot be read as a rule file ({})", file, why));
      continue;
    }
    input::RuleFile parsed = input::parse_rule_file(text, file);
    std::move(parsed.sections.begin(), parsed.sections.end(), std::back_inserter(layer.sections));
    std::move(parsed.mistakes.begin(), parsed.mistakes.end(), std::back_inserter(layer.mistakes));
  }
  layers.push_back(std::move(layer));
}

/// One line of a file for what it has that no list can take.
void append_notes(const policy::List& list, const std::string& path,
                  const policy::ListReading& reading, std::vector<std::string>& notes) {
  for (const std::string& what : reading.said) {
    const bool has_line = what.front() != '\'';
    notes.push_back(fmt::format("{}:{}{}; left out", path, has_line ? "" : " ", what));
  }
  if (reading.left_out > reading.said.size()) {
    notes.push_back(fmt::format("{}: {} more entries are left out", path,
                                reading.left_out - reading.said.size()));
  }
  if (reading.passed_over > 0) {
    notes.push_back(fmt::format("{}: {} of it are no addresses to look for, and passed over", path,
                                reading.passed_over));
  }
  if (reading.ended + reading.to_come > 0) {
    notes.push_back(
        fmt::format("{}: {} of its addresses hold no more by now, {} not yet: looked "
                    "for in transfers of their time alone",
                    path, reading.ended, reading.to_come));
  }
  if (reading.entries.empty()) {
    notes.push_back(fmt::format("{}: has no address for list {}", path, list.name));
  }
}

}  // namespace

RuleLayers read_rule_layers(const std::vector<std::string>& paths) {
  RuleLayers read;
  std::vector<std::string>& problems = read.problems;
  std::vector<input::RuleFile>& layers = read.layers;
  read.built_in = std::size(kBuiltinRules);
  for (const BuiltinRules& builtin : kBuiltinRules) {
    layers.push_back(input::parse_rule_file(builtin.text, builtin.name));
  }
  read_layer(conf_files(kEtc, problems), layers, problems);
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      const std::size_t before = problems.size();
      const std::vector<std::string> files = conf_files(path, problems);
      if (files.empty() && problems.size() == before) {
        problems.push_back(fmt::format("{}: no *.conf file in this folder", path));
      }
      read_layer(files, layers, problems);
    } else {
      read_layer({path}, layers, problems);
    }
  }
  for (input::RuleFile& layer : layers) {
    host::rename_old_sections(layer.sections);
  }
  return read;
}

std::uint64_t hash_of(const RuleLayers& read) {
  std::uint64_t hash = input::kFnvBegin;
  for (const input::RuleFile& layer : read.layers) {
    hash = input::fnv(hash, layer.sections.size());
    for (const input::Section& section : layer.sections) {
      hash = input::fnv(input::fnv(hash, section.kind), section.name);
      hash = input::fnv(hash, section.entries.size());
      for (const input::Entry& entry : section.entries) {
        hash = input::fnv(input::fnv(hash, entry.key), entry.value);
      }
    }
  }
  return hash;
}

Rules rules_of(RuleLayers read) {
  std::vector<std::string>& problems = read.problems;
  std::vector<input::RuleFile>& layers = read.layers;
  Rules rules;
  policy::LoadedPolicy loaded = policy::load_policy(layers);
  std::vector<input::Mistake> mistakes = std::move(loaded.mistakes);
  // Mistakes of the grammar are in `loaded` already.
  for (input::RuleFile& layer : layers) {
    layer.mistakes.clear();
  }
  const input::RuleFile all = input::overlay(std::move(layers));
  rules.policy = std::move(loaded.policy);
  rules.signs = host::load_signs(all.sections, mistakes);
  rules.tools = transfer::Tools::load(all.sections, mistakes);
  for (const transfer::Tool& tool : rules.tools.all()) {
    for (const transfer::Ports& ports : tool.usual) {
      rules.policy.usual_ports[tool.name].push_back({ports.first, ports.last});
    }
  }
  std::stable_sort(mistakes.begin(), mistakes.end(),
                   [](const input::Mistake& a, const input::Mistake& b) {
                     return std::tie(a.file, a.line) < std::tie(b.file, b.line);
                   });
  for (const input::Mistake& mistake : mistakes) {
    problems.push_back(fmt::format("{}:{}: {}", mistake.file, mistake.line, mistake.what));
  }
  if (!problems.empty()) {
    throw RulesError{std::move(problems)};
  }
  return rules;
}

void load_lists(Rules& rules) {
  std::vector<std::string> problems;
  std::size_t room = policy::kMaxListEntries;
  for (policy::List& list : rules.policy.lists) {
    for (std::uint32_t i = 0; i < list.files.size(); ++i) {
      const policy::ListFile& file = list.files[i];
      const std::string path = (fs::path(file.rule_file).parent_path() / file.path).string();
      std::string text;
      std::string why = read_text(path, kMaxListBytes, text);
      policy::ListReading reading =
          why.empty() ? policy::read_list(text, room, now_ms()) : policy::ListReading();
      why += reading.problem;
      if (!why.empty()) {
        problems.push_back(fmt::format("{}:{}: file = {}: cannot be read as a list ({})",
                                       file.rule_file, file.line, file.path, why));
        continue;
      }
      room -= reading.entries.size();
      for (policy::ListEntry& entry : reading.entries) {
        entry.file = i;
        list.entries.push_back(entry);
      }
      append_notes(list, path, reading, rules.notes);
    }
  }
  if (!problems.empty()) {
    throw RulesError{std::move(problems)};
  }
}

std::vector<policy::Normal> load_baseline(const std::string& path) {
  std::vector<std::string> problems;
  std::vector<policy::Normal> normals;
  std::string text;
  if (const std::string why = read_rule_text(path, text); !why.empty()) {
    problems.push_back(fmt::format("{}: cannot be read as a baseline ({})", path, why));
  } else {
    std::vector<input::Mistake> mistakes;
    normals = policy::load_normals(input::parse_rule_file(text, path), mistakes);
    for (const input::Mistake& mistake : mistakes) {
      problems.push_back(fmt::format("{}:{}: {}", mistake.file, mistake.line, mistake.what));
    }
    if (normals.empty() && problems.empty()) {
      problems.push_back(fmt::format(
          "{}: has no [normal NAME] section; `auexfil baseline` writes them where it finds any",
          path));
    }
  }
  if (!problems.empty()) {
    throw RulesError{std::move(problems)};
  }
  return normals;
}

Rules load_rules(const std::vector<std::string>& paths) {
  return rules_of(read_rule_layers(paths));
}

}  // namespace auexfil::cli
