#include "auexfil/facts/json_writer.hpp"
#include "auexfil/report/format.hpp"
#include "auexfil/report/json.hpp"
#include "auexfil/report/masked.hpp"
#include "json_parts.hpp"

namespace auexfil::report {
namespace {

void write_tally(JsonWriter& json, std::string_view name,
                 const std::map<std::string, std::uint64_t>& tally) {
  json.key(name);
  json.begin_object();
  for (const auto& [kind, times] : tally) {
    json.member(kind, times);
  }
  json.end_object();
}

void write_unseen(JsonWriter& json, std::string_view name,
                  const std::optional<coverage::UnseenBytes>& unseen) {
  json.key(name);
  if (!unseen) {
    json.null();
    return;
  }
  json.begin_object();
  json.member("bytes", unseen->bytes);
  json.member("programs", unseen->programs);
  json.end_object();
}

void write_seen_job(JsonWriter& json, const coverage::SeenJob& job) {
  json.begin_object();
  json.member("kind", job.kind);
  json.member("name", job.name);
  json.member("user", job.user);
  json.member("vouched", job.vouched);
  json.member("starts", job.starts);
  json.member("stops", job.stops);
  write_time(json, "first", job.first);
  write_time(json, "last", job.last);
  json.key("times");
  json.begin_array();
  for (const audit::TimeMs time : job.times) {
    json.value(audit::format_rfc3339(time));
  }
  json.end_array();
  json.end_object();
}

void write_flows(JsonWriter& json, const std::vector<coverage::ReadSummary::FlowFile>& flows);

void write_unseen_flows(JsonWriter& json, const std::vector<coverage::FlowsOfHost::Unseen>& all) {
  json.begin_array();
  for (const coverage::FlowsOfHost::Unseen& unseen : all) {
    json.begin_object();
    json.member("address", unseen.address);
    json.member("port", unseen.port);
    json.member("transport", unseen.transport);
    json.member("addresses", unseen.addresses);
    json.member("flows", unseen.flows);
    json.member("bytes", unseen.bytes);
    write_time(json, "first", unseen.first);
    write_time(json, "last", unseen.last);
    json.member("layer", unseen.layer);
    json.member("evidence", unseen.evidence);
    json.key("hours");
    json.begin_array();
    for (const coverage::FlowsOfHost::Unseen::Hour& hour : unseen.hours) {
      json.begin_object();
      write_time(json, "from", hour.from);
      json.member("bytes", hour.bytes);
      write_time(json, "first", hour.first);
      write_time(json, "last", hour.last);
      json.member("bytes_most", hour.bytes_most);
      json.end_object();
    }
    json.end_array();
    json.member("bytes_most", unseen.bytes_most);
    json.end_object();
  }
  json.end_array();
}

void write_flows(JsonWriter& json, const coverage::FlowsOfHost& flows) {
  json.key("flows");
  json.begin_object();
  json.member("addresses", flows.addresses);
  json.key("clocks");
  json.begin_array();
  for (const coverage::FlowsOfHost::Clock& clock : flows.clocks) {
    json.begin_object();
    json.member("exporter", clock.exporter);
    json.member("ahead_ms", clock.ahead_ms);
    json.end_object();
  }
  json.end_array();
  json.member("in_time", flows.in_time);
  json.member("joined", flows.joined);
  json.key("hours");
  json.begin_array();
  for (const coverage::FlowsOfHost::Stretch& stretch : flows.hours) {
    json.begin_object();
    write_time(json, "from", stretch.from);
    write_time(json, "to", stretch.to);
    json.end_object();
  }
  json.end_array();
  json.member("unjoined", flows.unjoined);
  json.member("unjoined_bytes", flows.unjoined_bytes);
  json.member("unjoined_peers", flows.unjoined_peers);
  json.key("unseen");
  if (flows.tells_unseen) {
    write_unseen_flows(json, flows.unseen);
  } else {
    json.null();
  }
  json.member("unseen_above", flows.unseen_above);
  json.member("translated", flows.is_translated);
  json.end_object();
}

void write_uncounted(JsonWriter& json, const coverage::Uncounted& uncounted) {
  json.key("uncounted");
  json.begin_object();
  json.member("messages", uncounted.messages);
  json.member("connections", uncounted.connections);
  json.member("silent", uncounted.silent);
  json.member("programs", uncounted.programs);
  json.key("to");
  json.begin_array();
  for (const coverage::Uncounted::Peer& peer : uncounted.peers) {
    json.begin_object();
    json.member("address", peer.address);
    json.member("port", peer.port);
    json.member("tool", peer.tool);
    json.member("program", peer.program);
    json.member("side",
                transfer::to_word(peer.served ? transfer::Side::server : transfer::Side::client));
    json.member("messages", peer.messages);
    json.member("connections", peer.connections);
    json.member("silent", peer.silent);
    json.member("most_bytes", peer.most_bytes);
    write_time(json, "last", peer.last);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void append_record(std::string& out, const coverage::HostCoverage& coverage) {
  JsonWriter json(out);
  json.begin_object();
  json.member("type", "coverage");
  json.member("schema", kSchema);
  json.member("host", coverage.host);
  json.member("node", coverage.node);
  json.member("verdict", to_word(coverage.verdict));
  json.member("reasons", coverage.reasons);
  write_time(json, "first", coverage.first);
  write_time(json, "last", coverage.last);
  json.member("execs", coverage.execs);
  json.member("connects", coverage.connects);
  json.member("bytes", coverage.bytes);
  json.member("descriptors", coverage.descriptors);
  json.key("gaps");
  json.begin_array();
  for (const coverage::Gap& gap : coverage.gaps) {
    json.begin_object();
    write_time(json, "from", gap.from);
    write_time(json, "to", gap.to);
    json.member("why", gap.why);
    json.end_object();
  }
  json.end_array();
  write_unseen(json, "unattributed", coverage.unattributed);
  write_unseen(json, "unaddressed", coverage.unaddressed);
  json.key("jobs");
  json.begin_array();
  for (const coverage::SeenJob& job : coverage.jobs) {
    write_seen_job(json, job);
  }
  json.end_array();
  if (coverage.flows) {
    write_flows(json, *coverage.flows);
  }
  if (coverage.uncounted) {
    write_uncounted(json, *coverage.uncounted);
  }
  json.end_object();
  json.end_line();
}

}  // namespace

void append_json(std::string& out, const coverage::HostCoverage& coverage, const Options& options) {
  append_record(out, options.mask ? masked(coverage) : coverage);
}

void append_json(std::string& out, const coverage::ReadSummary& read, const Counts& counts) {
  JsonWriter json(out);
  json.begin_object();
  json.member("type", "summary");
  json.member("schema", kSchema);
  json.member("complete", read.complete);
  json.key("inputs");
  json.begin_array();
  for (const coverage::ReadSummary::Input& input : read.inputs) {
    json.begin_object();
    json.member("name", input.name);
    json.member("status", input.status);
    json.member("note", input.note);
    json.end_object();
  }
  json.end_array();
  json.member("events", read.events);
  json.member("records", read.records);
  json.member("bytes_read", read.bytes_read);
  write_tally(json, "malformed", read.malformed);
  write_tally(json, "bounds", read.bounds);
  json.member("transfers", counts.transfers);
  if (counts.judged) {
    json.member("approved", counts.judged->approved);
    json.member("unmeasured", counts.judged->unmeasured);
    json.member("findings", counts.judged->findings);
    json.member("exit", counts.judged->exit_code);
    json.member("standing", counts.judged->standing);
    write_ids(json, "withdrawn", counts.judged->withdrawn);
  }
  if (!read.flows.empty()) {
    write_flows(json, read.flows);
  }
  json.end_object();
  json.end_line();
}

namespace {

void write_flows(JsonWriter& json, const std::vector<coverage::ReadSummary::FlowFile>& flows) {
  json.key("flows");
  json.begin_array();
  for (const coverage::ReadSummary::FlowFile& file : flows) {
    json.begin_object();
    write_flow_file(json, file);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

void write_flow_file(JsonWriter& json, const coverage::ReadSummary::FlowFile& file) {
  json.member("name", file.name);
  json.member("format", file.format);
  json.member("status", file.status);
  json.member("note", file.note);
  json.member("lines", file.lines);
  json.member("records", file.records);
  json.member("with_bytes", file.with_bytes);
  json.member("left_out", file.left_out);
  write_time(json, "first", file.first);
  write_time(json, "last", file.last);
}

}  // namespace auexfil::report
