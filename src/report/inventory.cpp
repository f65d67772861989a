#include "auexfil/report/inventory.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "auexfil/report/format.hpp"
#include "auexfil/report/masked.hpp"
#include "auexfil/report/safe.hpp"
#include "json_parts.hpp"
#include "table_parts.hpp"

namespace auexfil::report {
namespace {

InventoryRow masked(InventoryRow row) {
  row.job.command = mask_text(row.job.command);
  for (transfer::ArgPeer& peer : row.job.peers) {
    peer.host = mask_text(peer.host);
  }
  return row;
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

void write_peers(JsonWriter& json, const InventoryRow& row) {
  json.key("destinations");
  json.begin_array();
  for (const transfer::ArgPeer& peer : row.job.peers) {
    const bool is_address = audit::IpAddress::parse(peer.host).has_value();
    json.begin_object();
    json.member("address", is_address ? unless_empty(peer.host) : std::nullopt);
    json.member("port", peer.port == 0 ? std::nullopt : std::optional(peer.port));
    json.member("name", is_address ? std::nullopt : unless_empty(peer.host));
    json.end_object();
  }
  json.end_array();
}

/// Of nothing at all it is not known what would be sent.
void write_volume(JsonWriter& json, const artefacts::Volume& volume) {
  constexpr std::size_t kMost = 100;
  constexpr audit::TimeMs kSecond = 1000;
  const std::uint64_t bytes = volume.bytes();
  json.member("bytes_out", bytes == 0 ? std::nullopt : std::optional(bytes));
  json.member("basis", to_word(bytes == 0 ? transfer::Basis::unknown : transfer::Basis::estimated));
  json.key("files");
  json.begin_array();
  for (std::size_t i = 0; i < std::min(volume.files.size(), kMost); ++i) {
    const artefacts::Volume::File& file = volume.files[i];
    json.begin_object();
    json.member("path", file.path);
    json.member("bytes", file.bytes);
    json.member("files", file.files);
    write_time(json, "changed", file.changed * kSecond);
    json.end_object();
  }
  json.end_array();
  json.member("note", unless_empty(volume.describe(std::nullopt)));
}

void append_record(std::string& out, const InventoryRow& row) {
  const artefacts::Artefact& artefact = *row.job.artefact;
  JsonWriter json(out);
  json.begin_object();
  json.member("type", "registered");
  json.member("schema", kSchema);
  json.member("host", row.host);
  json.member("kind", artefacts::to_word(artefact.kind));
  json.member("artefact", artefact.where());
  json.member("starter", unless_empty(artefact.starter));
  json.member("schedule", unless_empty(artefact.schedule));
  json.member("zone", unless_empty(row.zone));
  json.member("user", unless_empty(row.job.user));
  json.member("what", row.job.command);
  json.member("script", unless_empty(row.job.script));
  json.member("tool", row.job.tool);
  json.member("direction", to_word(row.job.direction));
  write_peers(json, row);
  json.member("approved", row.approved);
  write_time(json, "last_run", row.job.last_run.value_or(0));
  json.member("last_run_by", unless_empty(row.job.last_run_by));
  write_volume(json, row.job.volume);
  json.end_object();
  json.end_line();
}

std::string peers_text(const InventoryRow& row, const Options& options) {
  std::vector<std::string> peers;
  for (const transfer::ArgPeer& peer : row.job.peers) {
    peers.push_back(peer.host.empty() ? std::string("a host that only the run knows")
                                      : format_endpoint(shown(peer.host, options),
                                                        peer.port == 0 ? std::nullopt
                                                                       : std::optional(peer.port)));
  }
  return peers.empty() ? "?" : join(peers, ", ");
}

void append_card(std::string& out, const InventoryRow& row, const Options& options) {
  const artefacts::Artefact& artefact = *row.job.artefact;
  append_head(out,
              fmt::format("{}  {}", artefacts::to_word(artefact.kind), to_safe(artefact.where())),
              row.job.user.empty() ? std::string("user ?") : "user " + to_safe(row.job.user));
  append_line(out, shown(row.job.command, options));
  if (!row.job.script.empty()) {
    append_line(out, "in " + shown(row.job.script, options));
  }
  append_line(out,
              fmt::format("{} {} {} {}    {}", to_safe(row.job.tool), to_word(row.job.direction),
                          row.job.direction == transfer::Direction::in ? "from" : "to",
                          peers_text(row, options), row.approved ? "approved" : "not approved"));
  std::string when =
      artefact.schedule.empty() ? "no schedule" : "due " + to_safe(artefact.schedule);
  if (!artefact.schedule.empty() && !row.zone.empty()) {
    when += " (" + to_safe(row.zone) + ")";
  }
  if (!artefact.starter.empty()) {
    when += " by " + to_safe(artefact.starter);
  }
  when += row.job.last_run ? fmt::format("; ran last {} UTC ({})", format_time(*row.job.last_run),
                                         row.job.last_run_by)
                           : std::string("; when it ran last is not known");
  append_line(out, when);
  if (const std::string volume = row.job.volume.describe(std::nullopt); !volume.empty()) {
    append_line(out, volume);
  }
}

}  // namespace

void append_json(std::string& out, const InventoryRow& row, const Options& options) {
  append_record(out, options.mask ? masked(row) : row);
}

void append_table(std::string& out, const InventoryRow& row, const Options& options) {
  append_card(out, options.mask ? masked(row) : row, options);
}

}  // namespace auexfil::report
