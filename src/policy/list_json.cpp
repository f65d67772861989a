#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "list_parts.hpp"

namespace auexfil::policy {
namespace {

namespace dom = simdjson::dom;

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 2> kStixAddresses = {"ipv4-addr", "ipv6-addr"};
constexpr std::array<std::string_view, 4> kMispAddresses = {"ip-dst", "ip-src", "ip-dst|port",
                                                            "ip-src|port"};
/// A name, and behind it the address.
constexpr std::string_view kMispNamed = "domain|ip";
/// The paths of a pattern's comparisons whose values are addresses (STIX 2.1, 9.8; an object path).
constexpr std::array<std::string_view, 4> kPaths = {"ipv4-addr:value", "ipv6-addr:value",
                                                    "network-traffic:dst_ref.value",
                                                    "network-traffic:src_ref.value"};

/// The words, strings and signs of a pattern, one after the other.
class PatternWords {
 public:
  explicit PatternWords(std::string_view pattern) : rest_(pattern) {}

  /// \return false at the end. A string comes without its quotes.
  bool next(std::string_view& word, bool& is_string) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
    is_string = false;
    if (rest_.empty()) {
      return false;
    }
    std::size_t size = 1;
    if (rest_.front() == '\'') {
      size = find_quote();
      word = rest_.substr(1, size - 1);
      is_string = true;
      size = std::min(size + 1, rest_.size());
    } else {
      constexpr std::string_view kSigns = "[]()=!<>,";
      if (kSigns.find(rest_.front()) == std::string_view::npos) {
        size = std::min(rest_.find_first_of(" \t\r\n[]()=!<>,'"), rest_.size());
      } else if (rest_.starts_with("!=") || rest_.starts_with("<=") || rest_.starts_with(">=")) {
        size = 2;
      }
      word = rest_.substr(0, size);
    }
    rest_.remove_prefix(size);
    return true;
  }

 private:
  /// Where the closing quote stands; a backslash hides one.
  [[nodiscard]] std::size_t find_quote() const {
    std::size_t at = 1;
    while (at < rest_.size() && rest_[at] != '\'') {
      at += rest_[at] == '\\' ? std::size_t{2} : 1;
    }
    return std::min(at, rest_.size());
  }

  std::string_view rest_;
};

/// Takes the addresses of a pattern of STIX: `[ipv4-addr:value = '…']`, with ISSUBSET a network,
/// with IN a set of them. What is combined with it by AND narrows it no more than a list can tell.
/// \return were there any?
bool take_pattern(std::string_view pattern, ListTaker& to) {
  PatternWords words(pattern);
  std::string_view word;
  bool is_string = false;
  bool found = false;
  bool is_address = false;  // the comparison at hand is of one
  bool is_wanted = false;   // and not negated, by an operator that names it
  while (words.next(word, is_string)) {
    if (is_string && is_address && is_wanted) {
      to.take(word, 0);
      found = true;
    } else if (is_string) {
      continue;
    } else if (word == "AND" || word == "OR" || word == "[" || word == "]") {
      is_address = false;
      is_wanted = false;
    } else if (word == "NOT" || word == "!=") {
      is_address = false;
    } else if (word == "=" || word == "ISSUBSET" || word == "IN") {
      is_wanted = true;
    } else if (word.find(':') != std::string_view::npos) {
      is_address = is_one_of(kPaths, word);
      is_wanted = false;
    }
  }
  return found;
}

std::string_view text_of(const dom::object& object, std::string_view key) {
  std::string_view text;
  return object.at_key(key).get(text) == simdjson::SUCCESS ? text : std::string_view();
}

bool is_true(const dom::object& object, std::string_view key) {
  bool flag = false;
  return object.at_key(key).get(flag) == simdjson::SUCCESS && flag;
}

bool is_false(const dom::object& object, std::string_view key) {
  bool flag = true;
  return object.at_key(key).get(flag) == simdjson::SUCCESS && !flag;
}

/// An object of STIX or an attribute of MISP, whose types have no name in common.
void take_object(const dom::object& object, ListTaker& to) {
  const std::string_view type = text_of(object, "type");
  const std::string_view value = text_of(object, "value");
  if (type == "indicator") {
    to.hold(audit::parse_rfc3339(text_of(object, "valid_from")),
            audit::parse_rfc3339(text_of(object, "valid_until")));
    if (is_true(object, "revoked") || !take_pattern(text_of(object, "pattern"), to)) {
      to.pass();
    }
    to.hold({}, {});
  } else if (is_one_of(kStixAddresses, type) && !value.empty()) {
    is_true(object, "revoked") ? to.pass() : to.take(value, 0);
  } else if ((is_one_of(kMispAddresses, type) || type == kMispNamed) && !value.empty()) {
    if (is_true(object, "deleted") || is_false(object, "to_ids")) {
      to.pass();
    } else {
      const std::size_t bar = std::min(value.find('|'), value.size());
      to.take(
          type == kMispNamed && bar < value.size() ? value.substr(bar + 1) : value.substr(0, bar),
          0);
    }
  } else if (!type.empty() && !value.empty()) {
    to.pass();  // a domain, a hash …
  }
}

// The parser takes no document that is deeper than kMaxDepth. NOLINTBEGIN(misc-no-recursion)
void walk(const dom::element& element, ListTaker& to) {
  dom::object object;
  dom::array array;
  if (element.get(object) == simdjson::SUCCESS) {
    take_object(object, to);
    for (const auto field : object) {
      if (!to.is_full()) {
        walk(field.value, to);
      }
    }
  } else if (element.get(array) == simdjson::SUCCESS) {
    for (const dom::element item : array) {
      if (!to.is_full()) {
        walk(item, to);
      }
    }
  }
}
// NOLINTEND(misc-no-recursion)

}  // namespace

void read_json_list(std::string_view text, ListTaker& to) {
  constexpr std::size_t kMaxDepth = 64;
  dom::parser parser;
  dom::element whole;
  auto error = parser.allocate(text.size(), kMaxDepth);
  if (error == simdjson::SUCCESS) {
    error = parser.parse(text.data(), text.size()).get(whole);
  }
  if (error != simdjson::SUCCESS) {
    to.fail(fmt::format("is not JSON: {}", simdjson::error_message(error)));
    return;
  }
  walk(whole, to);
}

}  // namespace auexfil::policy
