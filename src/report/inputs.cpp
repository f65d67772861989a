#include "auexfil/report/inputs.hpp"

#include <optional>
#include <vector>

#include <fmt/format.h>

#include "auexfil/report/format.hpp"
#include "auexfil/report/safe.hpp"
#include "json_parts.hpp"
#include "table_parts.hpp"

namespace auexfil::report {
namespace {

using Held = coverage::ReadSummary::Held;

template <typename T>
std::optional<T> of_read(const std::optional<Held>& held, T Held::*part) {
  return held ? std::optional((*held).*part) : std::nullopt;
}

std::string whose(const Held& held) {
  std::string text = held.host ? to_safe(*held.host) : "host ?";
  for (std::size_t i = 0; i < held.nodes.size(); ++i) {
    text += (i == 0 ? ", node " : ", ") + to_safe(held.nodes[i]);
  }
  return text;
}

std::string amount_of(const Held& held) {
  std::string text = fmt::format("{}, {}", format_count(held.events, "event"),
                                 format_count(held.records, "record"));
  if (held.gaps > 0) {
    text += fmt::format("; records are missing in {}, {} as far as their numbers tell",
                        format_count(held.gaps, "place"), format_count(held.lost, "event"));
  }
  return text;
}

}  // namespace

void append_json(std::string& out, const coverage::ReadSummary::Input& input) {
  const std::optional<Held>& held = input.held;
  JsonWriter json(out);
  json.begin_object();
  json.member("type", "input");
  json.member("schema", kSchema);
  json.member("file", input.name);
  json.member("status", input.status);
  json.member("note", input.note);
  json.member("form", of_read(held, &Held::form));
  json.member("taken_for", of_read(held, &Held::taken_for));
  json.member("host", held ? held->host : std::nullopt);
  json.member("nodes", held ? held->nodes : std::vector<std::string>());
  write_time(json, "first", held ? held->first : 0);
  write_time(json, "last", held ? held->last : 0);
  json.member("events", of_read(held, &Held::events));
  json.member("records", of_read(held, &Held::records));
  json.member("gaps", of_read(held, &Held::gaps));
  json.member("lost", of_read(held, &Held::lost));
  json.member("host_by", of_read(held, &Held::host_by));
  json.member("joined", of_read(held, &Held::joined));
  json.end_object();
  json.end_line();
}

void append_json(std::string& out, const coverage::ReadSummary::FlowFile& file) {
  JsonWriter json(out);
  json.begin_object();
  json.member("type", "flow_file");
  json.member("schema", kSchema);
  write_flow_file(json, file);
  json.end_object();
  json.end_line();
}

void append_json(std::string& out, const input::PassedOver& passed) {
  JsonWriter json(out);
  json.begin_object();
  json.member("type", "passed_over");
  json.member("schema", kSchema);
  json.member("files", passed.files);
  json.member("names", passed.names);
  json.end_object();
  json.end_line();
}

void append_table(std::string& out, const coverage::ReadSummary::Input& input) {
  const std::optional<Held>& held = input.held;
  append_head(out, to_safe(input.name), held ? whose(*held) : to_safe(input.status));
  if (held) {
    append_line(out,
                fmt::format("{}, by its {}; {}", held->form, held->taken_for, amount_of(*held)));
    if (held->host && held->host_by == "carrier") {
      append_line(out, "named by what carries its records");
    }
    if (!held->joined.empty()) {
      append_line(out, to_safe(held->joined));
    }
    if (held->events > 0) {
      append_line(out,
                  fmt::format("{} – {} UTC", format_time(held->first), format_time(held->last)));
    }
  }
  if (!input.note.empty()) {
    append_line(out, fmt::format("{}: {}", to_safe(input.status), to_safe(input.note)));
  }
}

void append_table(std::string& out, const coverage::ReadSummary::FlowFile& file) {
  append_head(out, to_safe(file.name), "flow records");
  append_line(out, fmt::format("{}, by its content; {}, {} with bytes; not passed over: scan and "
                               "its kin join them",
                               file.format, format_count(file.records, "record"),
                               format_exact(file.with_bytes)));
  if (file.records > 0) {
    append_line(out, fmt::format("{} – {} UTC", format_time(file.first), format_time(file.last)));
  }
  if (!file.note.empty()) {
    append_line(out, fmt::format("{}: {}", to_safe(file.status), to_safe(file.note)));
  }
}

void append_table(std::string& out, const input::PassedOver& passed) {
  if (passed.files == 0) {
    return;
  }
  std::string names;
  for (const std::string& name : passed.names) {
    names += (names.empty() ? "" : ", ") + to_safe(name);
  }
  const std::uint64_t more = passed.files - passed.names.size();
  out += fmt::format("{} passed over: {}{}.\n", format_count(passed.files, "other file"), names,
                     more > 0 ? fmt::format(" and {} more", more) : "");
}

}  // namespace auexfil::report
