#include "auexfil/input/json_units.hpp"
#include "carriers.hpp"
#include "json_document.hpp"

namespace auexfil::input {
namespace {

static_assert(JsonUnits::kMostBytes == kMostUnitBytes);

/// The records of a stream's documents.
class JsonCarrier final : public Carrier {
 public:
  void take(std::string_view bytes, bool last, PlainLines& to) override {
    Records records(*this, to);
    units_.take(bytes, last, records);
  }

 private:
  class Records final : public JsonUnits::Taker {
   public:
    Records(JsonCarrier& carrier, PlainLines& to) : carrier_(carrier), to_(to) {}

    bool take(std::string_view document, std::uint64_t line) override {
      const JsonDocument::Outcome outcome = carrier_.document_.read(
          document, [&](std::size_t in_line, std::string_view record, std::string_view host) {
            to_.put(line + in_line, record, host);
          });
      if (outcome == JsonDocument::Outcome::too_many_fields) {
        ++carrier_.bounds_["json_fields"];
      }
      return outcome != JsonDocument::Outcome::nothing;
    }
    /// One that holds a stamp all the same is told as what it is.
    void refuse(std::string_view unit, std::uint64_t line) override {
      constexpr std::size_t kEnough = 64;
      to_.put(line, unit.find("audit(") == std::string_view::npos ? unit.substr(0, kEnough) : unit);
    }
    void pass(std::string_view text, std::uint64_t line) override { to_.put(line, text); }
    void cut(std::string_view unit, std::uint64_t line) override {
      to_.put_cut(line, unit.empty() ? "{" : unit);
    }
    void bound(const char* name, std::uint64_t /*line*/) override { ++carrier_.bounds_[name]; }

   private:
    JsonCarrier& carrier_;
    PlainLines& to_;
  };

  JsonUnits units_;
  JsonDocument document_;
};

}  // namespace

bool is_json(std::string_view head) {
  return JsonUnits::is_json(head);
}

std::unique_ptr<Carrier> make_json(std::string_view /*head*/) {
  return std::make_unique<JsonCarrier>();
}

}  // namespace auexfil::input
