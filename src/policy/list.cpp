#include "auexfil/policy/list.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "list_parts.hpp"
#include "section.hpp"

namespace auexfil::policy {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

/// The items of a value of paths. A path that begins and ends with '/' is a folder, no expression:
/// here a comma always parts.
std::vector<std::string> split_paths(std::string_view value) {
  std::vector<std::string> paths;
  while (!value.empty()) {
    const std::size_t comma = std::min(value.find(','), value.size());
    if (const std::string_view path = trim(value.substr(0, comma)); !path.empty()) {
      paths.emplace_back(path);
    }
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
  return paths;
}

void read_lines(std::string_view text, ListTaker& to) {
  for (std::uint32_t line = 1; !text.empty() && !to.is_full(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view whole = text.substr(0, end);
    if (const std::string_view item = trim(whole.substr(0, whole.find_first_of("#;")));
        !item.empty()) {
      to.take(item, line);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

void ListTaker::take(std::string_view item, std::uint32_t line) {
  if (const auto network = audit::Cidr::parse(item)) {
    if (reading_.entries.size() == most_) {
      is_full_ = true;
      reading_.problem = fmt::format("lists hold more than {} entries", kMaxListEntries);
    } else {
      reading_.entries.push_back({*network, 0, line, times_.from, times_.until});
      reading_.ended += times_.until <= now_ ? 1 : 0;
      reading_.to_come += times_.from > now_ ? 1 : 0;
    }
    return;
  }
  constexpr std::size_t kMostSaid = 3;
  constexpr std::size_t kMostShown = 60;
  ++reading_.left_out;
  if (reading_.said.size() < kMostSaid) {
    const std::string right = without_host_bits(item);
    reading_.said.push_back(fmt::format(
        "{}'{}' {}", line == 0 ? "" : fmt::format("{}: ", line), item.substr(0, kMostShown),
        right.empty() ? "is neither an address nor a network"
                      : fmt::format("has bits set behind its prefix; {} would be right", right)));
  }
}

void ListTaker::hold(std::optional<audit::TimeMs> from, std::optional<audit::TimeMs> until) {
  const ListEntry always;
  times_.from = from.value_or(always.from);
  times_.until = until.value_or(always.until);
}

ListReading read_list(std::string_view text, std::size_t most, audit::TimeMs now) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  ListReading reading;
  ListTaker taker(reading, most, now);
  if (text.starts_with(kMark)) {
    text.remove_prefix(kMark.size());
  }
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin != std::string_view::npos && (text[begin] == '{' || text[begin] == '[')) {
    read_json_list(text, taker);
  } else {
    read_lines(text, taker);
  }
  return reading;
}

std::string place_of(const List& list, const ListEntry& entry) {
  const std::string& path = list.files[entry.file].path;
  return entry.line == 0 ? fmt::format("{} ({})", list.name, path)
                         : fmt::format("{} ({}:{})", list.name, path, entry.line);
}

List read_list_section(const input::Section& section, std::vector<input::Mistake>& mistakes) {
  SectionReader reader(section, {"file"}, mistakes);
  List list;
  list.name = section.name;
  if (const input::Entry* file = reader.require("file", "feeds/bad.txt, feeds/stix.json")) {
    for (std::string& path : split_paths(file->value)) {
      list.files.push_back({std::move(path), section.file, file->line});
    }
  }
  return list;
}

}  // namespace auexfil::policy
