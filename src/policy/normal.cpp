#include "auexfil/policy/normal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include <fmt/format.h>

#include "auexfil/policy/units.hpp"
#include "section.hpp"

namespace auexfil::policy {
namespace {

constexpr std::array kDeviations = {"new-destination", "new-user", "new-job", "above-baseline"};

std::optional<std::uint64_t> read_size(SectionReader& reader, std::string_view key) {
  const input::Entry* const entry = reader.find(key);
  if (entry == nullptr) {
    return std::nullopt;
  }
  const auto bytes = parse_size(entry->value);
  if (!bytes) {
    reader.mistake(*entry, fmt::format("{} = {} is not a size; write 5MiB", key, entry->value));
  }
  return bytes;
}

std::string read_text(SectionReader& reader, const input::Entry& entry, std::string_view text) {
  const auto plain = unescape_value(text);
  if (!plain) {
    reader.mistake(entry, fmt::format("{} = {}: a \\ is written \\x5c", entry.key, text));
  }
  return plain.value_or("");
}

std::vector<std::string> read_list(SectionReader& reader, std::string_view key) {
  std::vector<std::string> list;
  if (const input::Entry* const entry = reader.find(key)) {
    for (const std::string& item : input::split_list(entry->value)) {
      list.push_back(read_text(reader, *entry, item));
    }
  }
  return list;
}

}  // namespace

const char* to_word(Deviation deviation) {
  return kDeviations.at(static_cast<std::size_t>(deviation));
}

std::string escape_value(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool at_edge = i == 0 || i + 1 == text.size();
    if (byte < 0x20 || byte == 0x7f || text[i] == '#' || text[i] == ',' || text[i] == '\\' ||
        (at_edge && text[i] == ' ') || (i == 0 && (text[i] == '/' || text[i] == '['))) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += text[i];
    }
  }
  return out;
}

std::optional<std::string> unescape_value(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    constexpr std::size_t kDigits = 2;
    unsigned byte = 0;
    const std::string_view digits = text.substr(std::min(i + 2, text.size()), kDigits);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (i + 1 >= text.size() || text[i + 1] != 'x' || digits.size() != kDigits ||
        error != std::errc{} || end != digits.data() + kDigits) {
      return std::nullopt;
    }
    out += static_cast<char>(byte);
    i += 1 + kDigits;
  }
  return out;
}

Normal read_normal(const input::Section& section, std::vector<input::Mistake>& mistakes) {
  SectionReader reader(section,
                       {"role", "job", "user", "address", "name", "session", "day", "runs", "days"},
                       mistakes);
  Normal normal;
  normal.role = reader.text("role");
  if (reader.require("role", "default") != nullptr) {
    normal.role = read_text(reader, *reader.find("role"), normal.role);
  }
  if (const input::Entry* const job = reader.require("job", "cron: /opt/push.sh")) {
    normal.job = read_text(reader, *job, job->value);
  }
  normal.users = read_list(reader, "user");
  normal.names = read_list(reader, "name");
  for (const std::string& text : read_list(reader, "address")) {
    if (const auto address = audit::IpAddress::parse(text)) {
      normal.addresses.push_back(address->to_string());
    } else {
      reader.mistake(*reader.find("address"), fmt::format("address = {} is no address", text));
    }
  }
  normal.session = read_size(reader, "session");
  normal.day = read_size(reader, "day");
  return normal;
}

}  // namespace auexfil::policy
