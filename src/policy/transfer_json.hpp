#pragma once

#include "auexfil/facts/fact.hpp"
#include "auexfil/policy/fact_reader.hpp"
#include "json_fields.hpp"

namespace auexfil::policy {

/// An object of type `transfer`, field by field, into a Fact whose buffers are used again.
class TransferJson {
 public:
  TransferJson(JsonFields& fields, FactDetail detail);

  void begin();
  [[nodiscard]] bool read(JsonKey key, Json value);
  /// After the last field: whether all that a fact needs was there.
  [[nodiscard]] bool finish();

  [[nodiscard]] const facts::Fact& fact() const { return fact_; }
  /// For who fills it without the help of this class.
  [[nodiscard]] facts::Fact& fact() { return fact_; }

 private:
  bool read_automation(Json value);
  bool read_user(Json value);
  bool read_process(Json value);
  bool read_program(JsonKey key, Json value, facts::Program& program);
  bool read_reason(Json value, facts::Reason& reason);
  bool read_destination(Json value, facts::Destination& destination);
  bool read_evidence(Json value, facts::Evidence& evidence);

  JsonFields& fields_;
  FactDetail detail_;
  facts::Fact fact_;
  bool has_id_ = false;
  bool has_start_ = false;
  bool has_end_ = false;
  bool has_reasons_ = false;
  bool has_lineage_ = false;
  bool has_destinations_ = false;
};

}  // namespace auexfil::policy
