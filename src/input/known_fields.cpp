#include "known_fields.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace auexfil::input {
namespace {

/// \var in  empty: in any object, or none.
struct Field {
  std::string_view in;
  std::string_view key;
};

constexpr std::array kRaw = std::to_array<Field>({
    {"event", "original"},    // Elastic Common Schema
    {"", "_raw"},             // Splunk, Sumo Logic
    {"log", "original"},      // Elastic Common Schema, old
    {"", "@raw"},             //
    {"", "@rawstring"},       // LogScale
    {"", "full_log"},         // Wazuh
    {"", "raw_log"},          //
    {"", "raw_event"},        // NXLog
    {"", "rawmsg"},           // rsyslog
    {"", "raw"},              //
    {"", "@message"},         // CloudWatch
    {"", "message"},          // most
    {"", "log"},              // Fluent Bit, Docker
    {"", "full_message"},     // GELF
    {"", "SyslogMessage"},    // Azure
    {"", "textPayload"},      // Google
    {"", "line"},             // Loki
    {"", "values"},           // Loki's query_range: [["TIME", "LINE"], ...]
    {"", "body"},             // OpenTelemetry
    {"body", "stringValue"},  //
    {"", "short_message"},    // GELF
    {"", "msg"},              // rsyslog
});

constexpr std::array kHost = std::to_array<Field>({
    {"", "_HOSTNAME"},        // journald
    {"", "logsource"},        // Logstash: whose syslog it is; its `host` is who sent it
    {"", "syslog_hostname"},  //
    {"", "_sourceHost"},      // Sumo Logic
    {"host", "name"},         // Elastic Common Schema, OpenTelemetry
    {"host", "hostname"},     //
    {"agent", "hostname"},    // Elastic's agents
    {"agent", "name"},        // those and Wazuh's
    {"beat", "hostname"},     //
    {"beat", "name"},         //
    {"", "Computer"},         // Azure
    {"", "host"},             // syslog-ng, rsyslog, Splunk, GELF, Vector, Datadog, Loki
    {"", "hostname"},         // Fluent Bit, NXLog
    {"", "ComputerName"},     //
    {"", "fromhost"},         // rsyslog
    // What may be the name of a file or of anything else.
    {"", "source"},             // Graylog
    {"labels", "instance_id"},  // Google
    {"", "instance"},           // Loki
    {"", "logStreamName"},      // CloudWatch: by default an instance's
    {"", "logStream"},          //
    {"", "@logStream"},         //
});

/// Objects that stand around the fields of a document, or hold those that whoever ships it put to
/// it. In others a field may be called like a host's that somebody far away has filled in.
bool is_around(std::string_view in) {
  constexpr std::array<std::string_view, 12> kAround = {
      "",           "_source", "fields",     "result",      "labels",       "stream",
      "attributes", "attrs",   "kubernetes", "jsonPayload", "json_payload", "resource"};
  return std::find(kAround.begin(), kAround.end(), in) != kAround.end();
}

bool is_same(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view last_part(std::string_view name) {
  return name.substr(name.rfind('.') + 1);
}

/// Lengths of keys, a bit each: asked of every field of every document.
constexpr std::uint64_t lengths_of(std::span<const Field> fields) {
  std::uint64_t lengths = 0;
  for (const Field& field : fields) {
    lengths |= std::uint64_t{1} << field.key.size();
  }
  return lengths;
}

template <const auto& kFields>
std::size_t rank_of(std::string_view in, std::string_view key) {
  constexpr std::uint64_t kLengths = lengths_of(kFields);
  constexpr std::size_t kMost = 63;
  const std::span<const Field> fields = kFields;
  if (const std::size_t dot = key.rfind('.'); dot != std::string_view::npos) {
    in = key.substr(0, dot);
    key.remove_prefix(dot + 1);
  }
  if (key.size() > kMost || (kLengths >> key.size() & 1U) == 0) {
    return kNoRank;
  }
  in = last_part(in);
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& field) {
    return is_same(field.key, key) && (field.in.empty() || is_same(field.in, in));
  });
  return found == fields.end() ? kNoRank : static_cast<std::size_t>(found - fields.begin());
}

}  // namespace

std::size_t rank_of_raw(std::string_view in, std::string_view key) {
  return rank_of<kRaw>(in, key);
}

std::size_t rank_of_host(std::string_view in, std::string_view key) {
  const std::size_t rank = rank_of<kHost>(in, key);
  const std::size_t dot = key.rfind('.');
  const std::string_view object = dot == std::string_view::npos ? in : key.substr(0, dot);
  return rank != kNoRank && kHost[rank].in.empty() && !is_around(last_part(object)) ? kNoRank
                                                                                    : rank;
}

std::string_view host_of_field(std::size_t rank, std::string_view text) {
  const auto* const first_loose = std::find_if(
      kHost.begin(), kHost.end(), [](const Field& field) { return field.key == "source"; });
  const bool is_file = text.starts_with('/') || text.ends_with(".log") ||
                       text.find(".log.") != std::string_view::npos;
  return rank >= static_cast<std::size_t>(first_loose - kHost.begin()) && is_file
             ? std::string_view()
             : text;
}

}  // namespace auexfil::input
