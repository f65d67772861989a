#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "plain_lines.hpp"

namespace auexfil::input {

/// Times that a carrier's bound was reached -> what was left out is told, and the input was not
/// read whole.
using CarrierBounds = std::map<std::string, std::uint64_t>;

/// Audit records inside another form: a stage from blocks of the file's (decompressed) bytes to
/// lines of the log. The forms that the audit room reads as they are, lines behind a syslog or
/// kernel header, need none.
class Carrier {
 public:
  Carrier() = default;
  virtual ~Carrier() = default;
  Carrier(const Carrier&) = delete;
  Carrier& operator=(const Carrier&) = delete;

  /// Takes the next bytes, cut anywhere but in the first three (a byte order mark).
  /// \param last  the file ends with them; they may be none.
  virtual void take(std::string_view bytes, bool last, PlainLines& to) = 0;

  [[nodiscard]] virtual const CarrierBounds& bounds() const { return bounds_; }

 protected:
  CarrierBounds bounds_;
};

/// The carrier that recognises the beginning of a file; null: none, its lines are the log's.
/// \param head  the first kSniffBytes, or all of it when shorter.
/// \param name  if not null: what it is called ("json").
[[nodiscard]] std::unique_ptr<Carrier> carrier_of(std::string_view head,
                                                  std::string_view* name = nullptr);

/// A longer unit of a carrier (a JSON document, an entry, a row) is left out and counted.
inline constexpr std::size_t kMostUnitBytes = std::size_t{1} << 20;

}  // namespace auexfil::input
