#include "section.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>

#include <fmt/format.h>

namespace auexfil::policy {

namespace {

/// "" and ",": a list that was written and names nothing, which must not come to mean "all".
bool is_void(const input::Entry& entry) {
  return entry.value.find_first_not_of(", \t") == std::string::npos;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || rest != end || port == 0) {
    return std::nullopt;
  }
  return port;
}

}  // namespace

std::string join(const std::vector<std::string_view>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string without_host_bits(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) {
    return {};
  }
  const auto address = audit::IpAddress::parse(text.substr(0, slash));
  unsigned prefix = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + slash + 1, end, prefix);
  if (!address || error != std::errc{} || rest != end || prefix > (address->is_v4() ? 32U : 128U)) {
    return {};
  }
  auto bytes = address->bytes();
  const unsigned kept = prefix + (address->is_v4() ? 96 : 0);
  for (unsigned bit = kept; bit < 128; ++bit) {
    bytes.at(bit / 8) &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
  }
  return fmt::format("{}/{}", audit::IpAddress::v6(bytes).to_string(), prefix);
}

SectionReader::SectionReader(const input::Section& section,
                             const std::vector<std::string_view>& known_keys,
                             std::vector<input::Mistake>& mistakes)
    : section_(section), mistakes_(mistakes) {
  if (section.name.empty()) {
    mistake(fmt::format("[{0}] has no name; write [{0} NAME]", section.kind));
  }
  std::map<std::string_view, int> lines;
  for (const input::Entry& entry : section.entries) {
    if (std::find(known_keys.begin(), known_keys.end(), entry.key) == known_keys.end()) {
      const std::string near = input::nearest_word(entry.key, known_keys);
      mistake(entry, near.empty()
                         ? fmt::format("unknown key '{}' in [{} {}]; the keys are {}", entry.key,
                                       section.kind, section.name, join(known_keys))
                         : fmt::format("unknown key '{}' in [{} {}]; did you mean '{}'?", entry.key,
                                       section.kind, section.name, near));
      continue;
    }
    const auto [first, is_new] = lines.emplace(entry.key, entry.line);
    if (!is_new) {
      mistake(entry, fmt::format("'{}' is given a second time (first in line {}); lists are "
                                 "written with commas",
                                 entry.key, first->second));
    } else if (is_void(entry)) {
      mistake(entry,
              fmt::format("'{}' has no value; leave the line out if none is meant", entry.key));
    }
  }
}

const input::Entry* SectionReader::find(std::string_view key) const {
  for (const input::Entry& entry : section_.entries) {
    if (entry.key == key) {
      return is_void(entry) ? nullptr : &entry;
    }
  }
  return nullptr;
}

const input::Entry* SectionReader::require(std::string_view key, std::string_view example) {
  if (section_.find(key) == nullptr) {
    mistake(fmt::format("[{} {}] has no '{}'; for example {} = {}", section_.kind, section_.name,
                        key, key, example));
  }
  return find(key);
}

void SectionReader::mistake(const input::Entry& entry, std::string what) {
  mistakes_.push_back({section_.file, entry.line, std::move(what)});
}

void SectionReader::mistake(std::string what) {
  mistakes_.push_back({section_.file, section_.line, std::move(what)});
}

std::string SectionReader::text(std::string_view key) const {
  const input::Entry* entry = find(key);
  return entry == nullptr ? std::string() : entry->value;
}

std::vector<input::Pattern> SectionReader::patterns(std::string_view key) {
  std::vector<input::Pattern> out;
  if (const input::Entry* entry = find(key)) {
    for (const std::string& item : input::split_list(entry->value)) {
      std::string error;
      out.push_back(input::Pattern::compile(item, &error));
      if (!error.empty()) {
        mistake(*entry, fmt::format("{} = {}", key, error));
      }
    }
  }
  return out;
}

std::vector<PortRange> SectionReader::ports(std::string_view key) {
  std::vector<PortRange> ports;
  const input::Entry* entry = find(key);
  if (entry == nullptr || entry->value == "*") {
    return ports;
  }
  for (const std::string& item : input::split_list(entry->value)) {
    const std::string_view text = item;
    const auto dash = text.find('-');
    const auto first = parse_port(text.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_port(text.substr(dash + 1));
    if (!first || !last) {
      mistake(*entry, fmt::format("{} = {} is neither a port (1 to 65535) nor a range such as "
                                  "8000-8100",
                                  key, item));
    } else if (*first > *last) {
      mistake(*entry, fmt::format("{} = {} runs backwards; write {}-{}", key, item, *last, *first));
    } else {
      ports.push_back({*first, *last});
    }
  }
  return ports;
}

std::optional<std::uint64_t> SectionReader::count(const input::Entry& entry, std::uint64_t least) {
  std::uint64_t number = 0;
  const char* const end = entry.value.data() + entry.value.size();
  const auto [rest, error] = std::from_chars(entry.value.data(), end, number);
  if (error == std::errc{} && rest == end && number >= least) {
    return number;
  }
  mistake(entry, fmt::format("{} = {} is not a whole number{}", entry.key, entry.value,
                             least == 0 ? "" : fmt::format(" of {} or more", least)));
  return std::nullopt;
}

void SectionReader::unknown_word(const input::Entry& entry, std::string_view item,
                                 const std::vector<std::string_view>& known) {
  const std::string near = input::nearest_word(item, known);
  mistake(entry, fmt::format("{} = {} is none of {}{}", entry.key, item, join(known),
                             near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
}

}  // namespace auexfil::policy
