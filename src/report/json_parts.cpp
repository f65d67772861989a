#include "json_parts.hpp"

#include "auexfil/report/format.hpp"

namespace auexfil::report {

void write_job(JsonWriter& json, const std::optional<facts::Job>& job) {
  json.key("job");
  if (!job) {
    json.null();
    return;
  }
  json.begin_object();
  json.member("kind", job->kind);
  json.member("what", job->what);
  json.member("artefact", job->artefact);
  json.end_object();
}

void write_ids(JsonWriter& json, std::string_view key, const std::vector<std::uint64_t>& ids) {
  json.key(key);
  json.begin_array();
  for (const std::uint64_t id : ids) {
    json.string(format_id(id));
  }
  json.end_array();
}

}  // namespace auexfil::report
