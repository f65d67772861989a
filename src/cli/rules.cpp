#include "rules.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "builtin_rules.hpp"

namespace auexfil::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEtc = "/etc/auexfil";
constexpr std::uintmax_t kMaxRuleBytes = std::uintmax_t{16} << 20;

std::vector<std::string> conf_files(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".conf") {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

void read_layer(const std::vector<std::string>& files, std::vector<input::RuleFile>& layers,
                std::vector<std::string>& problems) {
  input::RuleFile layer;
  for (const std::string& file : files) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(file, error);
    std::ifstream stream(file, std::ios::binary);
    if (error || !stream || size > kMaxRuleBytes) {
      problems.push_back(fmt::format("{}: cannot be read as a rule file ({})", file,
                                     error                  ? error.message()
                                     : size > kMaxRuleBytes ? "larger than 16 MiB"
                                                            : "not readable"));
      continue;
    }
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    input::RuleFile parsed = input::parse_rule_file(text, file);
    std::move(parsed.sections.begin(), parsed.sections.end(), std::back_inserter(layer.sections));
    std::move(parsed.mistakes.begin(), parsed.mistakes.end(), std::back_inserter(layer.mistakes));
  }
  layers.push_back(std::move(layer));
}

}  // namespace

Rules load_rules(const std::vector<std::string>& paths) {
  std::vector<std::string> problems;
  std::vector<input::RuleFile> layers;
  for (const BuiltinRules& builtin : kBuiltinRules) {
    layers.push_back(input::parse_rule_file(builtin.text, builtin.name));
  }
  read_layer(conf_files(kEtc), layers, problems);
  for (const std::string& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      const std::vector<std::string> files = conf_files(path);
      if (files.empty()) {
        problems.push_back(fmt::format("{}: no *.conf file in this folder", path));
      }
      read_layer(files, layers, problems);
    } else {
      read_layer({path}, layers, problems);
    }
  }
  Rules rules;
  policy::LoadedPolicy loaded =
      policy::load_policy(layers, {"tool", "multicall", "lookup", "sign", "words"});
  std::vector<input::Mistake> mistakes = std::move(loaded.mistakes);
  // Mistakes of the grammar are in `loaded` already.
  for (input::RuleFile& layer : layers) {
    layer.mistakes.clear();
  }
  const input::RuleFile all = input::overlay(std::move(layers));
  rules.policy = std::move(loaded.policy);
  rules.signs = host::load_signs(all.sections, mistakes);
  rules.tools = transfer::Tools::load(all.sections, mistakes);
  for (const input::Mistake& mistake : mistakes) {
    problems.push_back(fmt::format("{}:{}: {}", mistake.file, mistake.line, mistake.what));
  }
  if (!problems.empty()) {
    throw RulesError{std::move(problems)};
  }
  return rules;
}

}  // namespace auexfil::cli
