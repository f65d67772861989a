#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "auexfil/policy/policy.hpp"
#include "section.hpp"

namespace auexfil::policy {
namespace {

constexpr std::array kSeverities = {"low", "medium", "high", "critical"};
constexpr std::array kGroupKeys = {"host", "destination", "user", "tool", "job", "role"};

/// Reads every section of the policy's kinds; other kinds are mistakes unless they are foreign.
void read_sections(const std::vector<input::Section>& sections,
                   const std::vector<std::string_view>& foreign_kinds, Policy& policy,
                   std::vector<input::Mistake>& mistakes) {
  for (const input::Section& section : sections) {
    if (section.kind == "role") {
      policy.roles.push_back(read_role(section, mistakes));
    } else if (section.kind == "allow") {
      policy.allows.push_back(read_allow(section, mistakes));
    } else if (section.kind == "rule") {
      policy.rules.push_back(read_rule(section, mistakes));
    } else if (section.kind == "list") {
      policy.lists.push_back(read_list_section(section, mistakes));
    } else if (section.kind == "normal") {
      static_cast<void>(read_normal(section, mistakes));
    } else if (std::find(foreign_kinds.begin(), foreign_kinds.end(), section.kind) ==
               foreign_kinds.end()) {
      std::vector<std::string_view> kinds = {"role", "allow", "rule", "normal", "list"};
      kinds.insert(kinds.end(), foreign_kinds.begin(), foreign_kinds.end());
      const std::string near = input::nearest_word(section.kind, kinds);
      mistakes.push_back({section.file, section.line,
                          near.empty()
                              ? fmt::format("unknown kind of section '{}'; the kinds are {}",
                                            section.kind, join(kinds))
                              : fmt::format("unknown kind of section '{}'; did you mean '{}'?",
                                            section.kind, near)});
    }
  }
}

/// A rule may name a list of another file: they are held together once all are read.
void check_lists(const std::vector<input::Section>& sections, const std::vector<List>& lists,
                 std::vector<input::Mistake>& mistakes) {
  std::vector<std::string_view> known;
  known.reserve(lists.size());
  for (const List& list : lists) {
    known.push_back(list.name);
  }
  for (const input::Section& section : sections) {
    const input::Entry* const entry = section.kind == "rule" ? section.find("list") : nullptr;
    for (const std::string& name :
         entry == nullptr ? std::vector<std::string>() : input::split_list(entry->value)) {
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        const std::string near = input::nearest_word(name, known);
        mistakes.push_back({section.file, entry->line,
                            fmt::format("list = {0}: there is no [list {0}]{1}", name,
                                        near.empty() ? "; write one with file = PATH"
                                                     : fmt::format("; did you mean '{}'?", near))});
      }
    }
  }
}

/// Orders mistakes by layer, then line, and drops those that stand there twice.
void arrange(std::vector<input::Mistake>& mistakes, const std::vector<std::string>& files) {
  const auto key = [&files](const input::Mistake& mistake) {
    const auto place = std::find(files.begin(), files.end(), mistake.file) - files.begin();
    return std::tuple(place, mistake.line, std::string_view(mistake.what));
  };
  std::stable_sort(mistakes.begin(), mistakes.end(),
                   [&](const auto& a, const auto& b) { return key(a) < key(b); });
  const auto same = [](const auto& a, const auto& b) {
    return a.file == b.file && a.line == b.line && a.what == b.what;
  };
  mistakes.erase(std::unique(mistakes.begin(), mistakes.end(), same), mistakes.end());
}

}  // namespace

const char* to_word(Severity severity) {
  return kSeverities.at(static_cast<std::size_t>(severity));
}

const char* to_word(GroupKey key) {
  return kGroupKeys.at(static_cast<std::size_t>(key));
}

const Role* Policy::find_role(std::string_view name) const {
  const auto hit = std::find_if(roles.begin(), roles.end(),
                                [name](const Role& role) { return role.name == name; });
  return hit == roles.end() ? nullptr : &*hit;
}

std::vector<Normal> load_normals(const input::RuleFile& file,
                                 std::vector<input::Mistake>& mistakes) {
  std::vector<Normal> normals;
  mistakes.insert(mistakes.end(), file.mistakes.begin(), file.mistakes.end());
  for (const input::Section& section : file.sections) {
    if (section.kind == "normal") {
      normals.push_back(read_normal(section, mistakes));
    }
  }
  return normals;
}

LoadedPolicy load_policy(const std::vector<input::RuleFile>& layers_bottom_first,
                         const std::vector<std::string_view>& foreign_kinds) {
  LoadedPolicy loaded;
  std::vector<std::string> files;
  const auto note_file = [&files](const std::string& file) {
    if (std::find(files.begin(), files.end(), file) == files.end()) {
      files.push_back(file);
    }
  };
  // A section that a layer above replaces is read all the same: its mistakes are wanted.
  for (const input::RuleFile& layer : layers_bottom_first) {
    Policy unused;
    read_sections(layer.sections, foreign_kinds, unused, loaded.mistakes);
    for (const input::Section& section : layer.sections) {
      note_file(section.file);
    }
    for (const input::Mistake& mistake : layer.mistakes) {
      note_file(mistake.file);
    }
  }
  input::RuleFile merged = input::overlay(layers_bottom_first);
  std::move(merged.mistakes.begin(), merged.mistakes.end(), std::back_inserter(loaded.mistakes));
  std::vector<input::Mistake> known;  // by the loop above
  read_sections(merged.sections, foreign_kinds, loaded.policy, known);
  check_lists(merged.sections, loaded.policy.lists, loaded.mistakes);

  auto& roles = loaded.policy.roles;
  std::stable_partition(roles.begin(), roles.end(),
                        [](const Role& role) { return role.name != "default"; });
  if (loaded.policy.find_role("default") == nullptr) {
    loaded.mistakes.push_back({files.empty() ? "policy" : files.front(), 1,
                               "no file has a [role default]; write one with a limit"});
  }
  arrange(loaded.mistakes, files);
  return loaded;
}

}  // namespace auexfil::policy
