#include <map>

#include "auexfil/audit/fields.hpp"
#include "auexfil/facts/json_writer.hpp"
#include "commands.hpp"
#include "logs.hpp"
#include "output.hpp"

namespace auexfil::cli {
namespace {

/// A key may stand twice in a record; JSON readers keep one of equal names. The second is written
/// as "uid.2", so that none is lost.
class Names {
 public:
  std::string_view unique(std::string_view key) {
    const int times = ++seen_[std::string(key)];
    if (times == 1) {
      return key;
    }
    text_ = std::string(key) + "." + std::to_string(times);
    return text_;
  }

 private:
  std::map<std::string, int> seen_;
  std::string text_;
};

void write_value(facts::JsonWriter& json, const audit::Field& field, bool user_message,
                 std::string& scratch) {
  if (audit::is_absent(field)) {
    json.null();
  } else if (field.form != audit::Form::bare) {
    json.string(field.value);
  } else if (field.key == "acct") {
    audit::decode_acct(field, scratch);
    json.string(scratch);
  } else if (audit::is_encoded_key(field.key) &&
             !(user_message && field.key != "cmd" && field.key != "exe" && field.key != "cwd" &&
               field.key != "data" && field.key != "key")) {
    static_cast<void>(audit::decode_string(field, scratch));
    json.string(scratch);
  } else {
    json.string(field.value);
  }
}

/// a0…a3 of SYSCALL and SOCKETCALL are numbers, those of EXECVE strings.
bool is_number_record(std::uint16_t type) {
  return type != audit::type::kExecve;
}

void write_fields(facts::JsonWriter& json, std::string_view body, std::uint16_t type,
                  bool inside_message, std::string& scratch, std::string_view* enriched) {
  json.begin_object();
  audit::FieldReader reader = inside_message
                                  ? audit::FieldReader::of_message(body)
                                  : audit::FieldReader(body, type == audit::type::kLogin);
  audit::Field field;
  Names names;
  while (reader.next(field)) {
    json.key(names.unique(field.key));
    if (field.form == audit::Form::message) {
      write_fields(json, field.value, type, true, scratch, nullptr);
    } else if (is_number_record(type) && field.key.size() >= 2 && field.key[0] == 'a' &&
               field.key[1] >= '0' && field.key[1] <= '9') {
      json.string(field.value);
    } else {
      write_value(json, field, inside_message, scratch);
    }
  }
  json.end_object();
  if (enriched != nullptr) {
    *enriched = reader.enriched();
  }
}

void write_event(facts::JsonWriter& json, const audit::Event& event, const input::LogSet& set,
                 std::string& scratch) {
  json.begin_object();
  json.member("type", "event");
  json.member("id", audit::to_string(event.stamp));
  json.key("node");
  if (event.node.empty()) {
    json.null();
  } else {
    json.string(event.node);
  }
  json.member("time", audit::format_rfc3339(event.stamp.time));
  json.member("serial", event.stamp.serial);
  json.key("records");
  json.begin_array();
  for (const audit::Record* record : event.records) {
    json.begin_object();
    const std::string_view known = audit::type_name(record->type);
    const bool as_number =
        !record->type_text.empty() && record->type_text[0] >= '0' && record->type_text[0] <= '9';
    json.member("type", as_number && !known.empty() ? known : record->type_text);
    json.key("fields");
    std::string_view enriched;
    write_fields(json, record->body, record->type, false, scratch, &enriched);
    if (!enriched.empty()) {
      json.key("enriched");
      json.begin_object();
      audit::EnrichedReader reader(enriched);
      audit::Field field;
      Names names;
      while (reader.next(field)) {
        json.member(names.unique(field.key), field.value);
      }
      json.end_object();
    }
    if (record->cut) {
      json.member("cut", true);
    }
    json.member("file", record->file < set.files.size() ? set.files[record->file].name : "?");
    json.member("line", record->line);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  json.end_line();
}

}  // namespace

int run_events_command(const Options& options) {
  Messages messages(options.quiet);
  const pipeline::Inputs inputs = pipeline::find_inputs(options.root, options.inputs);
  Output output(options.output);
  protect_inputs(inputs, output);
  facts::JsonWriter json(output.text());
  std::string scratch;
  TerminalObserver observer(options, inputs, messages);
  const coverage::ReadSummary summary = pipeline::run_events(
      inputs, pipeline_options(options),
      [&](const audit::Event& event, const input::LogSet& set) {
        if ((options.start && event.stamp.time < *options.start) ||
            (options.end && event.stamp.time > *options.end)) {
          return;
        }
        write_event(json, event, set, scratch);
        output.maybe_flush();
      },
      observer);
  output.finish();
  return summary.complete ? 0 : 3;
}

}  // namespace auexfil::cli
