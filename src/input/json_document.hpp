#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

namespace auexfil::input {

/// Takes the records out of one JSON document: an object of a shipper, a search's hit, an event of
/// LAUREL's or go-audit's, an entry of the journal; or a string that is a record itself.
class JsonDocument {
 public:
  enum class Outcome : std::uint8_t { nothing, records, too_many_fields };
  /// \param line  of the document, from 0, in which the record stands.
  /// \param host  that the document names; empty: none
  using Put = std::function<void(std::size_t line, std::string_view record, std::string_view host)>;

  JsonDocument();
  ~JsonDocument();
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  [[nodiscard]] Outcome read(std::string_view text, const Put& put);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace auexfil::input
