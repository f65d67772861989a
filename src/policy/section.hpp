#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auexfil/input/pattern.hpp"
#include "auexfil/input/rule_file.hpp"
#include "auexfil/policy/policy.hpp"

namespace auexfil::policy {

/// "a, b, c", for messages.
[[nodiscard]] std::string join(const std::vector<std::string_view>& words);

/// What a network would be with its host bits cleared, if that is all that is wrong with it; else
/// empty.
[[nodiscard]] std::string without_host_bits(std::string_view text);

/// Reads the values of one section; what is wrong becomes a mistake at its line and reading goes
/// on, so that one run shows all of them.
class SectionReader {
 public:
  /// Reports unknown and repeated keys and keys without a value.
  SectionReader(const input::Section& section, const std::vector<std::string_view>& known_keys,
                std::vector<input::Mistake>& mistakes);

  /// The entry, or null when it is missing or has no value.
  [[nodiscard]] const input::Entry* find(std::string_view key) const;
  /// The same; a missing one is a mistake that shows `example`.
  const input::Entry* require(std::string_view key, std::string_view example);

  void mistake(const input::Entry& entry, std::string what);
  void mistake(std::string what);  ///< of the section as a whole

  [[nodiscard]] std::string text(std::string_view key) const;
  [[nodiscard]] std::vector<input::Pattern> patterns(std::string_view key);
  [[nodiscard]] std::vector<PortRange> ports(std::string_view key);
  /// A whole number of at least `least`; empty where it is none.
  std::optional<std::uint64_t> count(const input::Entry& entry, std::uint64_t least = 0);

  /// One of `words` (word, value), or empty.
  template <typename Enum>
  std::optional<Enum> word(const input::Entry& entry,
                           const std::vector<std::pair<std::string_view, Enum>>& words) {
    return lookup(entry, entry.value, words);
  }

  /// A list of `words`, or "any" for all; `otherwise` when the key is missing.
  template <typename Enum>
  EnumSet<Enum> words(std::string_view key,
                      const std::vector<std::pair<std::string_view, Enum>>& words,
                      EnumSet<Enum> otherwise) {
    const input::Entry* entry = find(key);
    if (entry == nullptr) {
      return otherwise;
    }
    EnumSet<Enum> set;
    if (entry->value == "any") {
      for (const auto& [name, value] : words) {
        set.add(value);
      }
      return set;
    }
    for (const std::string& item : input::split_list(entry->value)) {
      if (const auto value = lookup(*entry, item, words)) {
        set.add(*value);
      }
    }
    return set;
  }

 private:
  template <typename Enum>
  std::optional<Enum> lookup(const input::Entry& entry, std::string_view item,
                             const std::vector<std::pair<std::string_view, Enum>>& words) {
    std::vector<std::string_view> known;
    for (const auto& [name, value] : words) {
      if (name == item) {
        return value;
      }
      known.push_back(name);
    }
    unknown_word(entry, item, known);
    return std::nullopt;
  }
  void unknown_word(const input::Entry& entry, std::string_view item,
                    const std::vector<std::string_view>& known);

  const input::Section& section_;
  std::vector<input::Mistake>& mistakes_;
};

/// One section of each kind, as a value. Mistakes are added to `mistakes`.
[[nodiscard]] Role read_role(const input::Section&, std::vector<input::Mistake>& mistakes);
[[nodiscard]] Allow read_allow(const input::Section&, std::vector<input::Mistake>& mistakes);
[[nodiscard]] Rule read_rule(const input::Section&, std::vector<input::Mistake>& mistakes);
[[nodiscard]] List read_list_section(const input::Section&, std::vector<input::Mistake>& mistakes);
[[nodiscard]] Normal read_normal(const input::Section&, std::vector<input::Mistake>& mistakes);

}  // namespace auexfil::policy
