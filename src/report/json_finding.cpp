#include "auexfil/facts/fact_json.hpp"
#include "auexfil/facts/json_writer.hpp"
#include "auexfil/report/format.hpp"
#include "auexfil/report/json.hpp"
#include "auexfil/report/masked.hpp"
#include "json_parts.hpp"

namespace auexfil::report {
namespace {

constexpr const char* kAnalytic = "AN1170";  // MITRE ATT&CK, what the shipped rules implement

void write_group(JsonWriter& json, const policy::Finding& finding) {
  json.key("group");
  json.begin_object();
  for (const auto& [key, value] : finding.group) {
    json.member(key, value);
  }
  json.end_object();
}

void write_window(JsonWriter& json, const policy::Finding& finding) {
  json.key("window");
  json.begin_object();
  write_time(json, "start", finding.start);
  write_time(json, "end", finding.end);
  json.member("limit_bytes", finding.limit_bytes);
  json.member("length_s", finding.window_s);
  if (finding.limit_connections) {
    json.member("limit_connections", *finding.limit_connections);
  }
  json.end_object();
}

void write_destinations(JsonWriter& json, const policy::Finding& finding) {
  json.key("destinations");
  json.begin_array();
  for (const policy::Finding::Destination& to : finding.destinations) {
    json.begin_object();
    json.member("address", to.address);
    json.member("port", to.port);
    json.member("bytes_out", to.bytes_out);
    json.member("basis", to_word(to.basis));
    json.end_object();
  }
  json.end_array();
}

void append_record(std::string& out, const policy::Finding& finding) {
  JsonWriter json(out);
  json.begin_object();
  json.member("type", "finding");
  json.member("schema", kSchema);
  json.member("id", format_id(finding.id));
  json.member("rule", finding.rule);
  json.member("analytic", kAnalytic);
  json.member("technique", finding.technique);
  json.member("severity", to_word(finding.severity));
  json.member("host", finding.host);
  json.member("role", finding.role);
  write_group(json, finding);
  write_window(json, finding);
  json.member("bytes_out", finding.bytes_out);
  json.member("basis", to_word(finding.basis));
  write_destinations(json, finding);
  write_ids(json, "transfers", finding.transfers);
  json.member("user", finding.user);
  json.member("tool", finding.tool);
  write_job(json, finding.job);
  json.member("automation", to_word(finding.automation));
  json.member("reasons", finding.reasons);
  json.member("auid_user", finding.auid_user);
  json.member("script", finding.script);
  json.member("command", finding.command);
  json.member("chain", finding.chain);
  json.member("update", finding.is_update);
  json.end_object();
  json.end_line();
}

}  // namespace

void append_json(std::string& out, const policy::Finding& finding, const Options& options) {
  append_record(out, options.mask ? masked(finding) : finding);
}

void append_json(std::string& out, const facts::Fact& fact, const Options& options) {
  facts::append_json(out, options.mask ? masked(fact) : fact);
}

}  // namespace auexfil::report
