#include <algorithm>

#include <fmt/format.h>

#include "auexfil/report/format.hpp"
#include "auexfil/report/masked.hpp"
#include "auexfil/report/safe.hpp"
#include "auexfil/report/table.hpp"
#include "table_parts.hpp"

namespace auexfil::report {
namespace {

void append_destinations(std::string& out, const facts::Fact& fact, const Options& options) {
  const std::size_t all = fact.destinations.size();
  const std::size_t listed = options.verbose ? all : std::min(all, kMostListed);
  for (std::size_t i = 0; i < listed; ++i) {
    const facts::Destination& to = fact.destinations[i];
    append_line(out, fmt::format("{}  {}    {}", endpoint_text(to),
                                 volume_text(to.direction, to.bytes_out, to.bytes_in, to.basis),
                                 to_word(to.basis)));
  }
  if (listed < all) {
    append_line(out,
                fmt::format("… and {} more; together {}    {}", format_exact(all - listed),
                            volume_text(fact.direction, fact.bytes_out, fact.bytes_in, fact.basis),
                            to_word(fact.basis)));
  }
}

void append_reasons(std::string& out, const facts::Fact& fact, const Options& options) {
  std::vector<std::string> reasons;
  for (const facts::Reason& reason : fact.reasons) {
    reasons.push_back(reason.text);
  }
  if (!reasons.empty()) {
    append_line(out, "why: " + sentences(reasons, options));
  }
}

void append_files(std::string& out, const facts::Fact& fact, const Options& options) {
  const std::string files = options.verbose ? files_text(fact) : std::string{};
  if (files.empty()) {
    return;
  }
  append_line(out, "files: " + files);
  append_file_lines(out, fact.files);
}

void append_record(std::string& out, const facts::Fact& fact, const Options& options) {
  const std::string head = fmt::format("{}  {} {} ({})  {}", format_id(fact.id), to_safe(fact.tool),
                                       to_word(fact.direction), to_word(fact.side),
                                       fact.host ? to_safe(*fact.host) : "(host unknown)");
  append_head(out, head, format_span(fact.start, fact.end));
  append_destinations(out, fact, options);
  append_line(out, fmt::format("{}    {}", chain_text(chain_of(fact), fact.process.argv, options),
                               user_text(name_or_number(fact.uid_name, fact.uid),
                                         name_or_number(fact.auid_name, fact.auid))));
  if (fact.login) {
    append_line(out, "login: " + shown(facts::login_text(*fact.login), options));
  }
  append_line(out,
              fmt::format("{}{}", to_word(fact.automation), fact.scripted ? ", scripted" : ""));
  if (fact.script) {
    append_line(out, "script: " + shown(*fact.script, options));
  }
  append_reasons(out, fact, options);
  append_files(out, fact, options);
  if (!fact.notes.empty()) {
    append_line(out, "note: " + sentences(fact.notes, options));
  }
}

}  // namespace

void append_table(std::string& out, const facts::Fact& fact, const Options& options) {
  append_record(out, options.mask ? masked(fact) : fact, options);
}

}  // namespace auexfil::report
