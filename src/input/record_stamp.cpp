#include "record_stamp.hpp"

#include <charconv>
#include <cstddef>
#include <system_error>

#include "auexfil/input/log_header.hpp"

namespace auexfil::input {
namespace {

constexpr std::string_view kMark = "audit(";

bool take_number(std::string_view& text, char end, std::uint64_t& value) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto size = static_cast<std::size_t>(rest - text.data());
  if (error != std::errc() || size == 0 || size >= text.size() || *rest != end) {
    return false;
  }
  text.remove_prefix(size + 1);
  return true;
}

}  // namespace

std::optional<RecordStamp> stamp_of(std::string_view line) {
  constexpr std::uint64_t kThousand = 1000;
  const std::size_t record = find_carried_record(line);
  const std::size_t at = record == line.npos ? record : line.find(kMark, record);
  if (at == line.npos) {
    return std::nullopt;
  }
  std::string_view text = line.substr(at + kMark.size());
  RecordStamp stamp;
  std::uint64_t ms = 0;
  // "1796173200.000:100)"
  if (!take_number(text, '.', stamp.ms) || !take_number(text, ':', ms) ||
      !take_number(text, ')', stamp.serial)) {
    return std::nullopt;
  }
  stamp.ms = stamp.ms * kThousand + ms;
  return stamp;
}

bool is_daemons_record(std::string_view line) {
  const std::size_t record = find_carried_record(line);
  return record != line.npos &&
         line.substr(record, line.find(kMark, record) - record).find("type=DAEMON_") != line.npos;
}

}  // namespace auexfil::input
