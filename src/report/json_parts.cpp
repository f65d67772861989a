#include "json_parts.hpp"

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

}  // namespace auexfil::report
