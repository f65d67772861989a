#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace auexfil::input {

/// Where the value of a field belongs, of those that are asked for; null: it is none of them.
template <std::size_t Size>
[[nodiscard]] std::string* field_named(
    const std::array<std::pair<std::string_view, std::string*>, Size>& fields,
    std::string_view name) {
  const auto* const found = std::find_if(fields.begin(), fields.end(),
                                         [&](const auto& one) { return one.first == name; });
  return found == fields.end() ? nullptr : found->second;
}

/// What is asked of an entry of the journal. Fields with a leading underscore are the journal's
/// own, no client can set them (systemd.journal-fields(7)).
struct JournalEntry {
  std::string transport;  ///< _TRANSPORT
  std::string type_name;  ///< _AUDIT_TYPE_NAME
  std::string serial;     ///< _AUDIT_ID
  std::string stamp_us;   ///< _SOURCE_REALTIME_TIMESTAMP
  std::string uid;        ///< _UID
  std::string message;    ///< MESSAGE
  std::string host;       ///< _HOSTNAME

  /// Where the value of a field belongs; null: it is not asked for.
  [[nodiscard]] std::string* field(std::string_view name);
  [[nodiscard]] bool is_entry() const { return !transport.empty() || !serial.empty(); }
  void clear() { *this = JournalEntry{}; }
};

/// The entry's record as a line of the log, empty where it is none. Of the audit transport the line
/// is made again: the journal keeps its stamp apart (journald-audit.c process_audit_string()). A
/// record that came by another way is believed where the kernel or root sent it.
[[nodiscard]] std::string record_of(const JournalEntry& entry);

}  // namespace auexfil::input
