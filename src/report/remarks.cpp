#include "auexfil/report/remarks.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "auexfil/report/format.hpp"
#include "auexfil/report/safe.hpp"
#include "json_parts.hpp"

namespace auexfil::report {

void append_json(std::string& out, const policy::Remark& remark) {
  JsonWriter json(out);
  json.begin_object();
  json.member("type", "remark");
  json.member("schema", kSchema);
  json.member("file", remark.file);
  json.member("line", static_cast<std::uint64_t>(remark.line));
  json.member("weight", policy::to_word(remark.weight));
  json.member("check", remark.check);
  json.member("what", remark.what);
  json.end_object();
  json.end_line();
}

void append_text(std::string& out, const policy::Remark& remark) {
  out += fmt::format("{}:{}: {}: {} [{}]\n", to_safe(remark.file), remark.line,
                     policy::to_word(remark.weight), to_safe(remark.what), remark.check);
}

void append_end(std::string& out, const std::vector<policy::Remark>& remarks) {
  const auto count = [&remarks](policy::Weight weight, std::string_view word) {
    return format_count(static_cast<std::uint64_t>(std::count_if(
                            remarks.begin(), remarks.end(),
                            [weight](const policy::Remark& one) { return one.weight == weight; })),
                        word);
  };
  using policy::Weight;
  out += fmt::format("{}, {}, {}.\n", count(Weight::error, "error"),
                     count(Weight::warning, "warning"), count(Weight::note, "note"));
}

}  // namespace auexfil::report
