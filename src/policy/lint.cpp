#include "auexfil/policy/lint.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "lint_parts.hpp"
#include "section.hpp"

namespace auexfil::policy {
namespace {

constexpr std::array kWeights = {"note", "warning", "error"};

using Key = std::pair<std::string, std::string>;

/// Where each section of a layer stands, so that the layers above can say what they replace.
class Layers {
 public:
  Layers(const std::vector<input::RuleFile>& layers, std::size_t built_in) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
      for (const input::Section& section : layers[i].sections) {
        note_file(section.file);
        found_[{section.kind, section.name}].push_back({&section, i >= built_in});
      }
    }
  }

  void add_replaced(Remarks& remarks) const {
    for (const auto& [key, places] : found_) {
      for (std::size_t i = 1; i < places.size(); ++i) {
        const std::string gone = keys_gone(*places[i - 1].section, *places[i].section);
        remarks.add(*places[i].section, "", Weight::note, "replaces",
                    fmt::format("replaces {} whole{}", label(*places[i - 1].section),
                                gone.empty() ? "" : ", and has nothing of its " + gone));
      }
    }
  }

  [[nodiscard]] bool is_own(const input::Section& section) const {
    return found_.at({section.kind, section.name}).back().own;
  }

  void sort(std::vector<Remark>& remarks) const {
    const auto key = [this](const Remark& remark) {
      return std::tuple(files_.at(remark.file), remark.line, -static_cast<int>(remark.weight),
                        std::string_view(remark.check), std::string_view(remark.what));
    };
    std::stable_sort(remarks.begin(), remarks.end(),
                     [&](const Remark& a, const Remark& b) { return key(a) < key(b); });
  }

 private:
  struct Place {
    const input::Section* section;
    bool own;
  };
  /// Whoever wanted to add a word to a tool that is built in has taken away the rest of it.
  static std::string keys_gone(const input::Section& below, const input::Section& above) {
    std::set<std::string_view> gone;
    for (const input::Entry& entry : below.entries) {
      if (above.find(entry.key) == nullptr) {
        gone.insert(entry.key);
      }
    }
    return fmt::format("{}", fmt::join(gone, ", "));
  }

  void note_file(const std::string& file) { files_.emplace(file, files_.size()); }

  std::map<std::string, std::size_t, std::less<>> files_;
  std::map<Key, std::vector<Place>> found_;
};

/// Names that facts have beside those of sections, see doc/output.md.
Sections empty_sections() {
  Sections all;
  all.tools = {"other"};
  all.signs = {"registered", "unregistered", "ambiguous", "consumed",
               "logged",     "staged",       "removed"};
  return all;
}

Sections read_sections(const std::vector<input::Section>& sections, const Layers& layers) {
  Sections all = empty_sections();
  std::vector<input::Mistake> known;  // by load_policy()
  for (const input::Section& section : sections) {
    if (section.kind == "role") {
      all.roles.push_back({read_role(section, known), &section, layers.is_own(section)});
    } else if (section.kind == "allow") {
      all.allows.push_back({read_allow(section, known), &section, layers.is_own(section)});
    } else if (section.kind == "rule") {
      all.rules.push_back({read_rule(section, known), &section, layers.is_own(section)});
    } else if (section.kind == "list") {
      all.lists.push_back({read_list_section(section, known), &section, layers.is_own(section)});
    } else if (section.kind == "tool") {
      all.tools.push_back(section.name);
      if (section.find("usual") != nullptr) {
        all.with_ports.push_back(section.name);
      }
    } else if (section.kind == "sign" || section.kind == "reason") {
      all.signs.push_back(section.name);
    }
  }
  std::stable_partition(all.roles.begin(), all.roles.end(),
                        [](const auto& role) { return role.value.name != "default"; });
  return all;
}

template <typename Value>
void add_unused(const std::vector<Placed<Value>>& sections, const std::vector<std::uint64_t>& uses,
                Weight weight, std::string_view what, std::uint64_t transfers, Remarks& remarks) {
  for (std::size_t i = 0; i < sections.size() && i < uses.size(); ++i) {
    if (sections[i].own && uses[i] == 0) {
      remarks.add(*sections[i].section, "", weight, "unused",
                  fmt::format("{} in the facts given ({} transfers)", what, transfers));
    }
  }
}

void add_unused(const Sections& all, const Uses& uses, Remarks& remarks) {
  add_unused(all.roles, uses.roles, Weight::warning, "no host has this role", uses.transfers,
             remarks);
  add_unused(all.allows, uses.allows, Weight::warning,
             "approves nothing that no entry before it approves", uses.transfers, remarks);
  add_unused(all.rules, uses.rules, Weight::note, "looks at nothing", uses.transfers, remarks);
}

}  // namespace

const char* to_word(Weight weight) {
  return kWeights.at(static_cast<std::size_t>(weight));
}

std::string label(const input::Section& section) {
  return fmt::format("[{} {}] ({}:{})", section.kind, section.name, section.file, section.line);
}

void Remarks::add(const input::Section& section, std::string_view key, Weight weight,
                  const char* check, std::string what) {
  const input::Entry* const entry = key.empty() ? nullptr : section.find(key);
  remarks_.push_back({section.file, entry != nullptr ? entry->line : section.line, weight, check,
                      fmt::format("[{} {}] {}", section.kind, section.name, what)});
}

std::vector<Remark> lint(const std::vector<input::RuleFile>& layers_bottom_first,
                         const LintOptions& options) {
  const Layers layers(layers_bottom_first, options.built_in);
  const input::RuleFile merged = input::overlay(layers_bottom_first);
  const Sections all = read_sections(merged.sections, layers);
  Remarks remarks;
  layers.add_replaced(remarks);
  for (const auto& role : all.roles) {
    lint_role(role, remarks);
  }
  for (const auto& allow : all.allows) {
    lint_allow(allow, all, options.now, remarks);
  }
  for (const auto& list : all.lists) {
    lint_list(list, all, remarks);
  }
  for (const auto& rule : all.rules) {
    lint_rule(rule, all, remarks);
  }
  compare_roles(all, remarks);
  compare_allows(all, remarks);
  compare_rules(all, remarks);
  if (options.uses != nullptr && options.uses->transfers > 0) {
    add_unused(all, *options.uses, remarks);
  }
  if (remarks.budget.is_spent()) {
    remarks.add(merged.sections.front(), "", Weight::warning, "not-compared",
                "and those behind it: there are more sections than are compared with each other");
  }
  std::vector<Remark> sorted = remarks.take();
  layers.sort(sorted);
  return sorted;
}

}  // namespace auexfil::policy
