#include <string_view>

#include <fmt/format.h>

#include "auexfil/input/logs.hpp"
#include "rotation.hpp"
#include "source.hpp"

namespace auexfil::input {

FileForm form_of(const LogFile& file) {
  if (file.path == "-") {
    return {"stream", "given"};
  }
  const Source source(file);
  const std::string_view head = source.head();
  FileForm form;
  if (source.is_compressed()) {
    form.form = fmt::format("{}, ", coding_name(source.coding()));
  }
  const bool is_plain = head.empty() || begins_record(head);
  form.form += source.is_carried()                    ? source.carrier_name()
               : source.content() != Content::stamped ? "no records at its beginning"
               : is_plain                             ? "audit lines"
                                                      : "audit lines behind a header";
  form.form += file.is_newest_first ? ", the newest first" : "";
  const std::string_view name = std::string_view(file.name).substr(file.name.rfind('/') + 1);
  form.taken_for = parse_rotation(name).base == "audit.log" ? "name" : "content";
  return form;
}

}  // namespace auexfil::input
