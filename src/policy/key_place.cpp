#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "rule_keys.hpp"

/// `country = RU, KP` and `asn = 64496`, or all others (`!DE`), by the databases of --geo. An
/// address that they do not have is in none of these places, and not elsewhere either.
namespace auexfil::policy {
namespace {

std::optional<std::string> parse_country(std::string_view text) {
  const auto is_letter = [](char c) { return c >= 'A' && c <= 'Z'; };
  return text.size() == 2 && std::all_of(text.begin(), text.end(), is_letter)
             ? std::optional(std::string(text))
             : std::nullopt;
}

std::optional<std::uint32_t> parse_asn(std::string_view text) {
  text.remove_prefix(text.starts_with("AS") ? 2 : 0);
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && rest == end && number > 0 ? std::optional(number) : std::nullopt;
}

template <typename Value, typename Parse>
void read_list(SectionReader& reader, const input::Entry& entry, const Parse& parse,
               std::string_view right, OneOf<Value>& to) {
  const std::vector<std::string> items = input::split_list(entry.value);
  const auto is_other = [](const std::string& item) { return item.starts_with('!'); };
  to.others = is_other(items.front());
  if (std::any_of(items.begin(), items.end(),
                  [&](const std::string& item) { return is_other(item) != to.others; })) {
    reader.mistake(entry, fmt::format("{} = {} names some, and all but others ('!'); write one of "
                                      "them",
                                      entry.key, entry.value));
    return;
  }
  for (const std::string& item : items) {
    if (const auto value = parse(std::string_view(item).substr(to.others ? 1 : 0))) {
      to.values.push_back(*value);
    } else {
      reader.mistake(entry, fmt::format("{} = {} is no {}", entry.key, item, right));
    }
  }
}

void read_countries(SectionReader& reader, const input::Entry& entry, RuleKeys& keys) {
  read_list(reader, entry, parse_country, "country of two letters such as DE or !DE",
            keys.countries);
}

void read_asns(SectionReader& reader, const input::Entry& entry, RuleKeys& keys) {
  read_list(reader, entry, parse_asn, "number of an autonomous system such as 64496 or !64496",
            keys.asns);
}

bool has_countries(const RuleKeys& keys) {
  return keys.countries.is_given();
}

bool has_asns(const RuleKeys& keys) {
  return keys.asns.is_given();
}

bool is_in_country(const Rule& rule, const Selection& /*selection*/, const AskedDestination& to) {
  return !to.peer.place.country.empty() && rule.keys.countries.has(to.peer.place.country);
}

bool is_of_asn(const Rule& rule, const Selection& /*selection*/, const AskedDestination& to) {
  return to.peer.place.asn != 0 && rule.keys.asns.has(to.peer.place.asn);
}

std::string tell_country(const Rule& /*rule*/, const Policy& /*policy*/, const Peer& peer) {
  return fmt::format("{} is in {}, by --geo", peer.text, peer.place.country);
}

std::string tell_asn(const Rule& /*rule*/, const Policy& /*policy*/, const Peer& peer) {
  const std::string& name = peer.place.organisation;
  return fmt::format("{} is of AS{}{}, by --geo", peer.text, peer.place.asn,
                     name.empty() ? "" : fmt::format(" ({})", name));
}

}  // namespace

const RuleKey kCountryKey = {.name = "country",
                             .read = read_countries,
                             .is_given = has_countries,
                             .holds_to = is_in_country,
                             .tell_peer = tell_country};
const RuleKey kAsnKey = {.name = "asn",
                         .read = read_asns,
                         .is_given = has_asns,
                         .holds_to = is_of_asn,
                         .tell_peer = tell_asn};

}  // namespace auexfil::policy
