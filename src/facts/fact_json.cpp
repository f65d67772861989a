#include "fact_json.hpp"

#include <cstdint>

#include "coverage_json.hpp"
#include "fact_fields.hpp"
#include "fact_scan.hpp"
#include "json_fields.hpp"

namespace auexfil::facts {
namespace {

constexpr std::uint64_t kSchema = 1;
static_assert(FactParser::kPadding >= simdjson::SIMDJSON_PADDING);

}  // namespace

struct FactParser::State {
  explicit State(FactDetail detail)
      : may_scan(detail == FactDetail::judged), transfer(fields, detail) {}

  std::optional<Kind> parse(std::string_view line);
  bool find_kind(simdjson::ondemand::document& document, Kind& kind);
  bool read_all(simdjson::ondemand::document& document, Kind kind);

  bool may_scan;
  simdjson::ondemand::parser parser;
  JsonFields fields;
  FactFields transfer;
  coverage::HostCoverage coverage;
  coverage::ReadSummary summary;
  SummaryClaim claim;
};

/// The type may stand anywhere: tools that sort keys are fond of putting it last.
bool FactParser::State::find_kind(simdjson::ondemand::document& document, Kind& kind) {
  std::string type;
  std::uint64_t schema = kSchema;
  bool has_type = false;
  const bool good = fields.object(document.get_object(), [&](JsonKey key, Json value) {
    if (key == "type") {
      has_type = true;
      return fields.text(value, type);
    }
    return key == "schema" ? fields.number(value, schema) : true;
  });
  if (!good) {
    return false;
  }
  document.rewind();
  if (!has_type) {
    return fields.fail("an object without type");
  }
  if (schema > kSchema) {
    return fields.fail("schema " + std::to_string(schema) +
                       " is newer than this program reads (1)");
  }
  if (schema != kSchema) {
    return fields.fail("schema " + std::to_string(schema) + " is none that this program knows");
  }
  if (type == "finding") {
    return fields.fail("a finding, not a fact: `judge` reads what `auexfil transfers` writes");
  }
  if (type != "transfer" && type != "coverage" && type != "summary") {
    constexpr std::size_t kMostShown = 40;
    return fields.fail("type '" + type.substr(0, kMostShown) + "' is none that this program knows");
  }
  kind = type == "transfer" ? Kind::fact : type == "coverage" ? Kind::coverage : Kind::summary;
  return true;
}

bool FactParser::State::read_all(simdjson::ondemand::document& document, Kind kind) {
  switch (kind) {
    case Kind::fact:
      transfer.begin();
      return fields.object(document.get_object(), [this](JsonKey key, Json value) {
        return transfer.read(key, value);
      }) && transfer.finish();
    case Kind::coverage:
      coverage = {};
      return fields.object(document.get_object(), [this](JsonKey key, Json value) {
        return read_coverage(fields, key, value, coverage);
      });
    case Kind::summary:
      summary = {};
      claim = {};
      return fields.object(document.get_object(), [this](JsonKey key, Json value) {
        if (key == "transfers") {
          return fields.maybe(value, claim.transfers, [this](Json item, std::uint64_t& to) {
            return fields.number(item, to);
          });
        }
        claim.of_findings = claim.of_findings || key == "findings";
        return read_summary(fields, key, value, summary);
      });
  }
  return true;
}

std::optional<FactParser::Kind> FactParser::State::parse(std::string_view line) {
  if (may_scan && line.starts_with(kScanned) && scan_transfer(line, transfer.fact())) {
    return Kind::fact;
  }
  fields.clear_error();
  const auto begin = line.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos || line[begin] != '{') {
    fields.fail("not a JSON object");
    return std::nullopt;
  }
  simdjson::ondemand::document document;
  const simdjson::padded_string_view padded(line, line.size() + kPadding);
  if (const auto code = parser.iterate(padded).get(document)) {
    fields.fail_json(code);
    return std::nullopt;
  }
  Kind kind = Kind::fact;
  if (!find_kind(document, kind)) {
    return std::nullopt;
  }
  if (!read_all(document, kind)) {
    return std::nullopt;
  }
  if (!document.current_location().error()) {
    fields.fail("not JSON: something follows the object");
    return std::nullopt;
  }
  return kind;
}

FactParser::FactParser(FactDetail detail) : state_(std::make_unique<State>(detail)) {}
FactParser::FactParser(FactParser&&) noexcept = default;
FactParser& FactParser::operator=(FactParser&&) noexcept = default;
FactParser::~FactParser() = default;

std::optional<FactParser::Kind> FactParser::parse(std::string_view line) {
  return state_->parse(line);
}
const std::string& FactParser::error() const {
  return state_->fields.error();
}
const Fact& FactParser::fact() const {
  return state_->transfer.fact();
}
const coverage::HostCoverage& FactParser::coverage() const {
  return state_->coverage;
}
const coverage::ReadSummary& FactParser::summary() const {
  return state_->summary;
}
const SummaryClaim& FactParser::claim() const {
  return state_->claim;
}

}  // namespace auexfil::facts
