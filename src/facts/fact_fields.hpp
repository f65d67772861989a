#pragma once

#include "auexfil/facts/fact.hpp"
#include "auexfil/facts/fact_reader.hpp"
#include "json_fields.hpp"

namespace auexfil::facts {

/// An object of type `transfer`, field by field in any order, into a Fact.
class FactFields {
 public:
  FactFields(JsonFields& fields, FactDetail detail) : fields_(fields), detail_(detail) {}

  void begin();
  [[nodiscard]] bool read(JsonKey key, Json value);
  /// After the last field: whether all that a fact needs was there.
  [[nodiscard]] bool finish();

  [[nodiscard]] const Fact& fact() const { return fact_; }
  /// For who fills it without the help of this class.
  [[nodiscard]] Fact& fact() { return fact_; }

 private:
  JsonFields& fields_;
  FactDetail detail_;
  Fact fact_;
  bool has_id_ = false;
  bool has_start_ = false;
  bool has_end_ = false;
};

}  // namespace auexfil::facts
