#include <cstdint>
#include <string>

#include "carriers.hpp"
#include "journal_entry.hpp"
#include "journal_export.hpp"

namespace auexfil::input {
namespace {

class JournalExport final : public Carrier, private JournalFields {
 public:
  void take(std::string_view bytes, bool last, PlainLines& to) override {
    to_ = &to;
    parser_.take(bytes, last, *this);
  }

 private:
  std::string* field(std::string_view name, std::uint64_t line) override {
    std::string* const found = entry_.field(name);
    if (found == &entry_.message) {
      message_line_ = line;
    }
    return found;
  }

  void end_entry(std::uint64_t line) override {
    const std::string record = record_of(entry_);
    to_->put(message_line_ == kNone ? line : message_line_, record.empty() ? "-" : record,
             entry_.host);
    entry_.clear();
    message_line_ = kNone;
  }

  void cut(std::uint64_t line) override { to_->put_cut(line, "-"); }

  void too_long(bool is_text) override {
    ++bounds_["journal_field_bytes"];
    if (is_text) {
      entry_.clear();
    }
  }

  static constexpr std::uint64_t kNone = UINT64_MAX;

  JournalExportParser parser_;
  JournalEntry entry_;
  std::uint64_t message_line_ = kNone;
  PlainLines* to_ = nullptr;
};

}  // namespace

bool is_journal_export(std::string_view head) {
  head = head.substr(0, 4096);
  const std::string_view first = head.substr(0, head.find('\n'));
  return first.starts_with("__CURSOR=") || first.starts_with("__REALTIME_TIMESTAMP=") ||
         (first.starts_with("_") && head.find("\n__REALTIME_TIMESTAMP=") != std::string_view::npos);
}

std::unique_ptr<Carrier> make_journal_export(std::string_view /*head*/) {
  return std::make_unique<JournalExport>();
}

}  // namespace auexfil::input
