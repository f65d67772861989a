#include "table_parts.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "auexfil/policy/units.hpp"
#include "auexfil/report/format.hpp"
#include "auexfil/report/safe.hpp"
#include "wrap.hpp"

namespace auexfil::report {
namespace {

constexpr std::size_t kLongestChain = 8;
constexpr std::string_view kArrow = " → ";
constexpr std::string_view kPlain = "\x1b[0m";

std::string_view color_of(policy::Severity severity) {
  switch (severity) {
    case policy::Severity::critical:
    case policy::Severity::high:
      return "\x1b[1;31m";
    case policy::Severity::medium:
      return "\x1b[33m";
    case policy::Severity::low:
      return "\x1b[36m";
  }
  return kPlain;
}

std::string upper(std::string word) {
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return word;
}

std::string program_name(const facts::Program& program) {
  if (!program.comm.empty()) {
    return program.comm;
  }
  const std::string name = program.exe.substr(program.exe.rfind('/') + 1);
  return name.empty() ? "?" : name;
}

}  // namespace

std::string shown(std::string_view text, const Options& options) {
  return to_safe(text, options.verbose ? 0 : kLongestCommand);
}

std::string sentences(const std::vector<std::string>& list, const Options& options) {
  std::vector<std::string> parts;
  parts.reserve(list.size());
  for (const std::string& sentence : list) {
    parts.push_back(shown(sentence, options));
  }
  return join(parts, "; ");
}

void append_head(std::string& out, std::string_view head, std::string_view tail) {
  const std::size_t used = columns_of(head) + columns_of(tail);
  if (used + 2 > kColumns) {
    append_wrapped(out, head, kIndent.size());
    append_line(out, tail);
    return;
  }
  out.append(head).append(kColumns - used, ' ').append(tail).push_back('\n');
}

void append_finding_head(std::string& out, const policy::Finding& finding, std::string_view tail,
                         const Options& options) {
  const std::string severity = upper(to_word(finding.severity));
  const std::string head =
      fmt::format("{:4}  {}  {} (role {})", severity, to_safe(finding.rule),
                  finding.host ? to_safe(*finding.host) : "(host unknown)", to_safe(finding.role));
  const std::size_t at = out.size();
  append_head(out, head, tail);
  if (options.color) {
    out.insert(at + severity.size(), kPlain);
    out.insert(at, color_of(finding.severity));
  }
}

void append_line(std::string& out, std::string_view text) {
  const std::size_t own = std::min(text.find_first_not_of(' '), text.size());
  append_wrapped(out, fmt::format("{}{}", kIndent, text), kIndent.size() + own + 2);
}

std::string chain_text(const std::vector<std::string>& chain,
                       const std::vector<std::string>& command, const Options& options) {
  std::string out;
  for (const std::string& program : chain) {
    append_safe(out, program);
    out.append(kArrow);
  }
  return out + (command.empty() ? "?" : shown(join_command(command), options));
}

std::vector<std::string> chain_of(const facts::Fact& fact) {
  std::vector<std::string> chain;
  for (const facts::Program& program : fact.lineage) {
    if (chain.size() == kLongestChain) {
      chain.emplace_back("…");
      break;
    }
    if (program.pid != 1) {
      chain.push_back(program_name(program));
    }
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

std::string user_text(const std::optional<std::string>& user,
                      const std::optional<std::string>& login) {
  std::string out = "user " + (user ? to_safe(*user) : "?");
  if (login && login != user) {
    out += " (login " + to_safe(*login) + ")";
  }
  return out;
}

std::optional<std::string> name_or_number(const std::optional<std::string>& name,
                                          const std::optional<std::uint32_t>& number) {
  if (name || !number) {
    return name;
  }
  return std::to_string(*number);
}

std::string endpoint_text(const facts::Destination& to) {
  const std::string name = to.name ? to_safe(*to.name) : std::string{};
  if (to.addresses > 0) {
    return format_endpoint("other addresses", to.port);
  }
  if (!to.address) {
    return name.empty() ? "?" : format_endpoint(name, to.port);
  }
  const std::string address = to.address->to_string();
  const std::string endpoint = format_endpoint(address, to.port);
  return name.empty() || name == address ? endpoint : fmt::format("{} ({})", endpoint, name);
}

std::string volume_text(transfer::Direction direction, std::optional<std::uint64_t> bytes_out,
                        std::optional<std::uint64_t> bytes_in, transfer::Basis basis) {
  using transfer::Direction;
  std::string out = "out " + format_amount(bytes_out, basis);
  std::string in = "in " + format_amount(bytes_in, basis);
  switch (direction) {
    case Direction::out:
      return out;
    case Direction::in:
      return in;
    case Direction::none:
      return "nothing of substance (" + out + ", " + in + ")";
    case Direction::both:
    case Direction::unknown:
      return out + ", " + in;
  }
  return out;
}

std::string file_text(const facts::FileUse& file) {
  const bool is_part = file.basis == facts::FileBasis::at_least;
  return fmt::format(
      "{}  {}    {}", to_safe(file.path),
      format_amount(file.bytes, is_part ? transfer::Basis::at_least : transfer::Basis::measured),
      to_word(file.basis));
}

void append_file_lines(std::string& out, const std::vector<facts::FileUse>& files) {
  for (const facts::FileUse& file : files) {
    append_line(out, "  " + file_text(file));
  }
}

std::string opened_text(std::uint64_t count, std::size_t told) {
  if (count == 0) {
    return {};
  }
  return format_count(count, "file") + " opened for reading" +
         (told < count ? fmt::format(", the first {} told", format_exact(told)) : "");
}

std::string files_text(const facts::Fact& fact) {
  std::vector<std::string> parts;
  if (fact.files_count > 0) {
    parts.push_back(opened_text(fact.files_count, fact.files.size()));
  }
  if (fact.files_unnamed > 0) {
    parts.push_back(format_count(fact.files_unnamed, "open") + " without a name in the log");
  }
  if (fact.files_own > 0) {
    parts.push_back(format_count(fact.files_own, "open") +
                    " of libraries and of its own configuration left out");
  }
  return join(parts, "; ");
}

std::string limit_text(const policy::Finding& finding) {
  const std::string window = policy::format_duration(finding.window_s * 1000);
  if (finding.limit_bytes) {
    return fmt::format(", limit {} in {}", policy::format_size(*finding.limit_bytes), window);
  }
  if (finding.limit_connections) {
    return fmt::format(", limit {} in {}", format_count(*finding.limit_connections, "connection"),
                       window);
  }
  return {};
}

std::string destination_text(const policy::Finding& finding) {
  if (finding.destinations.empty()) {
    return {};
  }
  const policy::Finding::Destination& to = finding.destinations.front();
  std::set<std::string_view> addresses;
  for (const policy::Finding::Destination& one : finding.destinations) {
    addresses.insert(one.address);
  }
  if (addresses.size() > 1) {
    return " to " + format_count(addresses.size(), "destination");
  }
  if (finding.destinations.size() > 1) {  // its ports stand below
    return " to " + format_endpoint(to_safe(to.address), std::nullopt);
  }
  return " to " + format_endpoint(to_safe(to.address), to.port);
}

}  // namespace auexfil::report
