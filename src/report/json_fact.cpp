#include "auexfil/report/format.hpp"
#include "auexfil/report/json.hpp"
#include "auexfil/report/json_writer.hpp"
#include "auexfil/report/masked.hpp"
#include "json_parts.hpp"

namespace auexfil::report {
namespace {

void write_automation(JsonWriter& json, const facts::Fact& fact) {
  json.key("automation");
  json.begin_object();
  json.member("verdict", to_word(fact.automation));
  json.member("scripted", fact.scripted);
  json.key("reasons");
  json.begin_array();
  for (const facts::Reason& reason : fact.reasons) {
    json.begin_object();
    json.member("sign", reason.sign);
    json.member("text", reason.text);
    json.key("event");
    if (reason.event) {
      json.string(audit::to_string(*reason.event));
    } else {
      json.null();
    }
    json.end_object();
  }
  json.end_array();
  write_job(json, fact.job);
  json.end_object();
}

void write_user(JsonWriter& json, const facts::Fact& fact) {
  json.key("user");
  json.begin_object();
  json.member("auid", fact.auid);
  json.member("auid_name", fact.auid_name);
  json.member("uid", fact.uid);
  json.member("uid_name", fact.uid_name);
  json.member("ses", fact.ses);
  json.end_object();
}

void write_process(JsonWriter& json, const facts::Fact& fact) {
  json.key("process");
  json.begin_object();
  json.member("pid", fact.process.pid);
  json.member("ppid", fact.ppid);
  json.member("exe", fact.process.exe);
  json.member("comm", fact.process.comm);
  json.member("argv", fact.process.argv);
  json.member("cwd", fact.cwd);
  json.member("script", fact.script);
  json.end_object();
}

void write_lineage(JsonWriter& json, const std::vector<facts::Program>& lineage) {
  json.key("lineage");
  json.begin_array();
  for (const facts::Program& program : lineage) {
    json.begin_object();
    json.member("pid", program.pid);
    json.member("exe", program.exe);
    json.member("comm", program.comm);
    json.member("argv", program.argv);
    json.end_object();
  }
  json.end_array();
}

void write_destination(JsonWriter& json, const facts::Destination& to) {
  json.begin_object();
  json.key("address");
  if (to.address) {
    json.string(to.address->to_string());
  } else {
    json.null();
  }
  json.member("port", to.port);
  json.member("transport", to_word(to.transport));
  json.member("name", to.name);
  json.member("source", to_word(to.source));
  json.member("direction", to_word(to.direction));
  json.member("bytes_out", to.bytes_out);
  json.member("bytes_in", to.bytes_in);
  json.member("basis", to_word(to.basis));
  json.member("connections", to.connections);
  write_time(json, "first", to.first);
  write_time(json, "last", to.last);
  if (to.addresses > 0) {
    json.member("addresses", to.addresses);
  }
  json.end_object();
}

void write_evidence(JsonWriter& json, const facts::Evidence& evidence) {
  json.begin_object();
  json.member("file", evidence.file);
  json.member("line", evidence.line);
  json.member("event", audit::to_string(evidence.event));
  json.member("what", evidence.what);
  json.end_object();
}

void append_record(std::string& out, const facts::Fact& fact) {
  JsonWriter json(out);
  json.begin_object();
  json.member("type", "transfer");
  json.member("schema", kSchema);
  json.member("id", format_id(fact.id));
  json.member("host", fact.host);
  json.member("node", fact.node);
  write_time(json, "start", fact.start);
  write_time(json, "end", fact.end);
  json.member("tool", fact.tool);
  json.member("side", to_word(fact.side));
  json.member("direction", to_word(fact.direction));
  write_automation(json, fact);
  write_user(json, fact);
  write_process(json, fact);
  write_lineage(json, fact.lineage);
  json.key("destinations");
  json.begin_array();
  for (const facts::Destination& to : fact.destinations) {
    write_destination(json, to);
  }
  json.end_array();
  json.member("bytes_out", fact.bytes_out);
  json.member("bytes_in", fact.bytes_in);
  json.member("basis", to_word(fact.basis));
  json.key("evidence");
  json.begin_array();
  for (const facts::Evidence& evidence : fact.evidence) {
    write_evidence(json, evidence);
  }
  json.end_array();
  json.member("notes", fact.notes);
  json.end_object();
  json.end_line();
}

}  // namespace

void append_json(std::string& out, const facts::Fact& fact, const Options& options) {
  append_record(out, options.mask ? masked(fact) : fact);
}

}  // namespace auexfil::report
