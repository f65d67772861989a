#include <cstdlib>
#include <regex>

#include <catch2/catch.hpp>

#include "lines.hpp"
#include "mutate.hpp"
#include "slow_reader.hpp"

using namespace auexfil::audit;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::audit::test;  // NOLINT(google-build-using-namespace): a test

// The real reader against slow_reader.cpp, field by field.

namespace {

std::string shown(const std::string& key, const std::string& text, char how) {
  return key + " " + how + " " + (how == 'a' ? "" : text);
}

char letter(slow::How how) {
  return "pdax"[static_cast<int>(how)];
}

void real_values(FieldReader& reader, std::uint16_t type, const std::string& prefix,
                 std::vector<std::string>& out) {
  Field field;
  std::string text;
  while (reader.next(field)) {
    const std::string key = prefix + std::string(field.key);
    if (field.form == Form::message) {
      FieldReader inner = FieldReader::of_message(field.value);
      real_values(inner, type, key + "/", out);
      continue;
    }
    const bool argument =
        field.key.size() >= 2 && field.key[0] == 'a' && field.key[1] >= '0' && field.key[1] <= '9';
    if (is_absent(field)) {
      out.push_back(shown(key, "", 'a'));
    } else if (field.form == Form::bare && field.key == "acct") {
      decode_acct(field, text);
      out.push_back(shown(key, text, 'd'));
    } else if (field.form != Form::bare ||
               (is_encoded_key(field.key) && !(argument && type != type::kExecve))) {
      const Decoded how = decode_string(field, text);
      out.push_back(shown(key, text, how == Decoded::text ? 'd' : 'x'));
    } else {
      out.push_back(shown(key, std::string(field.value), 'p'));
    }
  }
}

std::string real_address(const std::string& hex, bool big_endian) {
  SocketAddress address;
  if (!decode_saddr(hex, big_endian, address)) {
    return "";
  }
  switch (address.family) {
    case Family::unspec:
      return "unspec";
    case Family::unix:
      return "unix " + address.path;
    case Family::inet:
    case Family::inet6:
      return (address.family == Family::inet ? "inet " : "inet6 ") + address.ip.to_string() + " " +
             std::to_string(address.port);
    case Family::netlink:
      return "netlink";
    case Family::other:
      return "family " + std::to_string(address.family_number);
    case Family::none:
      break;
  }
  return "?";
}

/// The first value of that key that has the form, or empty.
std::string first(const slow::Record& record, const std::string& key, const std::regex& form) {
  for (const slow::Value& value : record.values) {
    if (value.key == key && value.text.size() < 40 && std::regex_match(value.text, form)) {
      return value.text;
    }
  }
  return "";
}

/// What is wrong with the SYSCALL fields, or empty.
std::string compare_syscall(std::string_view body, const slow::Record& wanted) {
  static const std::regex kHex("0{0,20}[0-9a-fA-F]{1,16}");
  static const std::regex kNumber("[0-9]{1,9}");
  static const std::regex kExit("-?[0-9]{1,18}");
  Syscall call;
  const bool good = parse_syscall(body, call);
  const std::string arch = first(wanted, "arch", kHex);
  const std::string number = first(wanted, "syscall", kNumber);
  if (arch.empty() || arch.size() > 8 || number.empty()) {
    return "";  // half-readable numbers are for parse_syscall_test.cpp
  }
  if (!good) {
    return "refused";
  }
  const auto hex = [](const std::string& text) {
    return text.empty() ? 0 : std::stoull(text, nullptr, 16);
  };
  if (call.arch != hex(arch) || call.number != std::stoul(number)) {
    return "arch or syscall";
  }
  for (int i = 0; i < 4; ++i) {
    if (call.a[i] != hex(first(wanted, "a" + std::to_string(i), kHex))) {
      return "a" + std::to_string(i);
    }
  }
  const std::string exit = first(wanted, "exit", kExit);
  if (!exit.empty()) {
    std::int64_t value = std::stoll(exit);
    if (call.arch < 0x80000000U && value >= 4294963201 && value <= 4294967295) {
      value -= 4294967296;
    }
    if (!call.has_exit || call.exit != value) {
      return "exit";
    }
  }
  const std::string pid = first(wanted, "pid", kNumber);
  const std::string ppid = first(wanted, "ppid", kNumber);
  if ((!pid.empty() && call.pid != std::stoul(pid)) ||
      (!ppid.empty() && call.ppid != std::stoul(ppid))) {
    return "pid or ppid";
  }
  return "";
}

/// What the two readers say differently of a line; empty when they agree.
std::string difference(const std::string& line, StampMemo& memo) {
  Record record;
  Malformed malformed{};
  const bool is_record = parse_line(line, record, malformed, memo) == LineKind::record;
  const auto wanted = slow::read(line);
  if (is_record != wanted.has_value()) {
    return is_record ? "only the real one finds a record" : "only the slow one finds a record";
  }
  if (!wanted) {
    return "";
  }
  if (record.node != wanted->node || record.type_text != wanted->type ||
      record.time != wanted->ms || record.serial != wanted->serial) {
    return "header: node " + std::string(record.node) + " type " + std::string(record.type_text) +
           " stamp " + to_string(record.stamp()) + ", not " + wanted->node + " " + wanted->type +
           " " + std::to_string(wanted->ms) + ":" + std::to_string(wanted->serial);
  }
  FieldReader reader(record.body, record.type == type::kLogin);
  std::vector<std::string> real;
  real_values(reader, record.type, "", real);
  std::vector<std::string> slow;
  for (const slow::Value& value : wanted->values) {
    slow.push_back(shown(value.key, value.text, letter(value.how)));
  }
  for (std::size_t i = 0; i < std::max(real.size(), slow.size()); ++i) {
    const std::string a = i < real.size() ? real[i] : "nothing";
    const std::string b = i < slow.size() ? slow[i] : "nothing";
    if (a != b) {
      return "field: " + a + ", not " + b;
    }
  }
  if (reader.enriched() != wanted->enriched) {
    return "enriched: " + std::string(reader.enriched()) + ", not " + wanted->enriched;
  }
  if (record.type == type::kExecve) {
    const auto exec = slow::exec(*wanted);
    const std::string_view body = record.body;
    Argv argv;
    decode_execve({&body, 1}, {}, argv);
    if (exec && (argv.args != exec->args || argv.cut != exec->cut)) {
      return "argv";
    }
  }
  if (record.type == type::kSyscall) {
    const std::string wrong = compare_syscall(record.body, *wanted);
    if (!wrong.empty()) {
      return "syscall: " + wrong;
    }
  }
  for (const slow::Value& value : wanted->values) {
    if (value.key == "saddr") {
      for (const bool big : {false, true}) {
        if (real_address(value.text, big) != slow::address(value.text, big)) {
          return "saddr: " + real_address(value.text, big) + ", not " +
                 slow::address(value.text, big);
        }
      }
    }
  }
  return "";
}

bool is_long() {
  const char* const asked = std::getenv("AUEXFIL_LONG");
  return asked != nullptr && std::string(asked) == "1";
}

/// Every line of the small recordings, every tenth of the others; all with AUEXFIL_LONG=1.
std::vector<std::string> recorded_lines() {
  std::vector<std::string> lines;
  for (const RecordedFile& file : recorded_files()) {
    const bool small = file.recording == "dev-guide" || file.recording == "dev-minimal" ||
                       file.recording == "dev-network";
    const std::string text = read_whole(file.path);
    std::size_t number = 0;
    for (const std::string_view line : lines_of(text)) {
      if (small || is_long() || number++ % 10 == 0) {
        lines.emplace_back(line);
      }
    }
  }
  return lines;
}

std::vector<std::string> all_public_lines() {
  std::vector<std::string> lines;
  for (const std::string& path : public_logs()) {
    const std::string text = read_public(path);
    for (const std::string_view line : lines_of(text)) {
      lines.emplace_back(line);
    }
  }
  return lines;
}

void compare(const std::vector<std::string>& lines) {
  std::size_t wrong = 0;
  StampMemo memo;
  for (const std::string& line : lines) {
    const std::string what = difference(line, memo);
    if (!what.empty() && ++wrong <= 10) {
      CAPTURE(line);
      FAIL_CHECK(what);
    }
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("differential: every record of the recordings reads the same by an independent reader") {
  const auto lines = recorded_lines();
  if (lines.empty()) {
    WARN("no recordings beside the source tree: skipped");
    return;
  }
  CHECK(lines.size() > 40000);
  compare(lines);
}

TEST_CASE("differential: every line of other projects' logs") {
  const auto lines = all_public_lines();
  if (lines.empty()) {
    WARN("no public logs beside the source tree: skipped");
    return;
  }
  CHECK(lines.size() > 900);
  compare(lines);
}

TEST_CASE("differential: damaged lines") {
  std::vector<std::string> sources = recorded_lines();
  for (std::string& line : all_public_lines()) {
    sources.push_back(std::move(line));
  }
  if (sources.empty()) {
    WARN("no logs beside the source tree: skipped");
    return;
  }
  Mutator mutator(11);
  std::vector<std::string> lines;
  const std::size_t count = is_long() ? 1000000 : 20000;
  for (std::size_t i = 0; i < count; ++i) {
    lines.push_back(mutator.mutate(sources[mutator.below(sources.size())]));
    if (lines.size() == 20000) {
      compare(lines);
      lines.clear();
    }
  }
  compare(lines);
}
