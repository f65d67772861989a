#include "lossy.hpp"

#include <algorithm>
#include <cstddef>

namespace auexfil::input {
namespace {

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

/// Whether a text has this shape: '9' stands for a digit, any other character for itself.
bool has_shape(std::string_view text, std::string_view shape) {
  return text.size() >= shape.size() &&
         std::equal(shape.begin(), shape.end(), text.begin(), [](char wanted, char c) {
           return wanted == '9' ? c >= '0' && c <= '9' : wanted == c;
         });
}

/// "At 01:00:00 12/02/26 root, acting as alice, successfully executed …" (ausearch-report.c); the
/// date as the locale has it.
bool is_sentence(std::string_view line) {
  return has_shape(line, "At 99:99:99 ") &&
         (line.find(" successfully ") != std::string_view::npos ||
          line.find(" unsuccessfully ") != std::string_view::npos);
}

/// "Executable Report", a line of "=" below.
bool is_report(std::string_view first, std::string_view second) {
  return first.ends_with(" Report") && second.size() >= 10 &&
         second.find_first_not_of('=') == std::string_view::npos;
}

/// "type=SYSCALL msg=audit(12/02/26 01:00:00.400:104) : …": the time as the locale has it.
bool is_interpreted(std::string_view line) {
  constexpr std::string_view kStamp = " msg=audit(";
  const std::size_t stamp = line.find(kStamp);
  const std::string_view date =
      line.substr(stamp == std::string_view::npos ? line.size() : stamp + kStamp.size());
  const std::string_view word = date.substr(0, date.find_first_of(" )"));
  return stamp != std::string_view::npos && date.size() > word.size() && date[word.size()] == ' ' &&
         (line.starts_with("type=") || line.starts_with("node="));
}

/// A document of Auditbeat's (elastic/beats, auditbeat/module/auditd): arguments and addresses as
/// it reads them, four arguments of a call.
bool is_auditbeat(std::string_view line) {
  const auto holds = [line](std::string_view text) {
    return line.find(text) != std::string_view::npos;
  };
  return line.starts_with('{') && !holds("audit(") &&
         ((holds("\"auditd\"") && holds("\"message_type\"")) || holds("\"auditd.message_type\""));
}

}  // namespace

std::string_view lossy_form(std::string_view head) {
  std::string_view first;
  while (!head.empty() && (first.empty() || first == "----")) {
    first = take_line(head);
  }
  if (first.starts_with("NODE,EVENT,DATE,TIME,SERIAL_NUM,EVENT_KIND,")) {
    return "the output of `ausearch --format csv`";
  }
  if (is_sentence(first)) {
    return "the output of `ausearch --format text`";
  }
  if (is_auditbeat(first)) {
    return "what Auditbeat makes of records without `include_raw_message`";
  }
  if (is_report(first, take_line(head))) {
    return "a report of `aureport`";
  }
  return is_interpreted(first) ? "the output of `ausearch -i`" : std::string_view();
}

}  // namespace auexfil::input
