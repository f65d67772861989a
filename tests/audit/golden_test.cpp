#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include <catch2/catch.hpp>
#include <simdjson.h>

#include "lines.hpp"

using namespace auexfil::audit;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::audit::test;  // NOLINT(google-build-using-namespace): a test
namespace fs = std::filesystem;

// What other projects expect of their own samples (shared/public, see its README), with each
// deliberate difference stated here as a mapping.

namespace {

/// What we read of one record: each key with its texts, decoded, in order; (null) as no text.
using Values = std::multimap<std::string, std::optional<std::string>>;

void collect(FieldReader& reader, bool arguments_are_text, Values& out) {
  Field field;
  std::string decoded_text;
  while (reader.next(field)) {
    const std::string key(field.key);
    if (field.form == Form::message) {
      FieldReader inner = FieldReader::of_message(field.value);
      collect(inner, arguments_are_text, out);
    } else if (is_absent(field) && field.value == "(null)") {
      out.emplace(key, std::nullopt);
    } else if (field.form == Form::bare && key == "acct") {
      decode_acct(field, decoded_text);
      out.emplace(key, decoded_text);
    } else if (is_encoded_key(key) &&
               (key[0] != 'a' || std::isdigit(key[1]) == 0 || arguments_are_text) &&
               decode_string(field, decoded_text) == Decoded::text) {
      out.emplace(key, decoded_text);
    } else {
      out.emplace(key, std::string(field.value));
    }
  }
}

Values values_of(std::string_view body, std::uint16_t type) {
  Values out;
  FieldReader reader(body, type == type::kLogin);
  collect(reader, type == type::kExecve, out);
  return out;
}

bool has(const Values& values, const std::string& key, const std::string& text) {
  const auto [from, to] = values.equal_range(key);
  return std::any_of(from, to, [&](const auto& entry) { return entry.second == text; });
}

std::string value(const Values& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? "" : found->second.value_or("");
}

std::string part(const std::string& label, std::size_t wanted) {
  std::string rest = label;
  for (std::size_t i = 0; i < wanted; ++i) {
    const std::size_t colon = rest.find(':');
    if (colon == std::string::npos) {
      return "";
    }
    rest.erase(0, colon + 1);
  }
  return wanted == 4 ? rest : rest.substr(0, rest.find(':'));
}

/// go-libaudit's `data` interprets; we keep numbers. The mapping, key by key.
bool agrees_with_go(const std::string& key, const std::string& golden, const Values& ours,
                    std::string_view body) {
  for (const char* const label : {"subj", "obj"}) {  // SELinux labels come in parts
    const std::vector<std::string> parts = {"user", "role", "domain", "level", "category"};
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (key == std::string(label) + "_" + parts[i]) {
        return part(value(ours, label), i) == golden;
      }
    }
  }
  if (key == "result") {  // success=, res=: yes, 1 and success are one word
    static const std::set<std::string> kGood = {"yes", "1", "success"};
    for (const char* const name : {"success", "res", "result"}) {
      if (ours.count(name) != 0) {
        std::string word = value(ours, name);
        word.resize(std::min(word.find(')'), word.size()));  // old PAM: "res=success)"
        return (kGood.count(word) != 0) == (golden == "success");
      }
    }
    return false;
  }
  if (key == "seresult" || key == "seperms") {  // words of an AVC without a key: passed over
    return body.find(golden.substr(0, golden.find(','))) != std::string_view::npos;
  }
  if (key == "new_auid" || key == "old_auid") {  // of LOGIN before 3.14, named as later kernels do
    return has(ours, key == "new_auid" ? "auid" : "old-auid", golden);
  }
  if (golden == "unset") {  // of auid and ses
    return has(ours, key, "4294967295");
  }
  if (key == "arch") {
    static const std::map<std::string, std::string> kNames = {
        {"c000003e", "x86_64"}, {"40000003", "i386"}, {"c00000b7", "aarch64"}};
    const auto found = kNames.find(value(ours, "arch"));
    return found != kNames.end() && found->second == golden;
  }
  if (key == "syscall") {  // by name; we name only calls that move bytes, descriptors or processes
    Syscall call;
    if (!parse_syscall(body, call)) {  // SECCOMP names one as well
      return true;
    }
    const Call known = call_of(call);
    return known == Call::other || to_word(known) == golden;
  }
  if (key == "exit" && !golden.empty() && golden[0] == 'E') {
    static const std::map<std::string, std::string> kErrors = {
        {"EINPROGRESS", "-115"}, {"EPERM", "-1"},   {"ENOENT", "-2"},        {"EACCES", "-13"},
        {"EEXIST", "-17"},       {"EINVAL", "-22"}, {"EAFNOSUPPORT", "-97"}, {"ENXIO", "-6"}};
    return kErrors.count(golden) != 0 && has(ours, "exit", kErrors.at(golden));
  }
  if (key == "family" || key == "addr" || key == "port" || key == "path") {
    if (ours.count("saddr") != 0) {
      const SocketAddress address = saddr_of(value(ours, "saddr"));
      static const std::map<Family, std::string> kFamilies = {{Family::inet, "ipv4"},
                                                              {Family::inet6, "ipv6"},
                                                              {Family::unix, "unix"},
                                                              {Family::netlink, "netlink"},
                                                              {Family::unspec, "0"}};
      return golden == (key == "family" ? kFamilies.at(address.family)
                        : key == "addr" ? address.ip.to_string()
                        : key == "port" ? std::to_string(address.port)
                                        : address.path);
    }
  }
  if (key == "proctitle") {  // NULs between arguments are told as blanks
    std::string title = value(ours, "proctitle");
    std::replace(title.begin(), title.end(), '\0', ' ');
    return title == golden;
  }
  if (key == "sig") {
    return ours.count("sig") != 0;  // by name
  }
  if (has(ours, key, golden)) {
    return true;
  }
  // Values of old PAM's list keep their brackets and commas in FieldReader; UserMessage has none.
  const std::string brackets = value(ours, "(" + key) + value(ours, key);
  return brackets == golden + "," || brackets == golden + ")";
}

std::string utc(const std::string& text) {
  const auto time = parse_rfc3339(text);
  return time ? format_rfc3339(*time) : "unreadable " + text;
}

}  // namespace

TEST_CASE("golden: go-libaudit's reading of every record of its samples") {
  const std::string shared = shared_folder();
  const std::string folder = shared + "/public/go-libaudit/auparse/testdata";
  if (shared.empty() || !fs::is_directory(folder)) {
    WARN("no public logs beside the source tree: skipped");
    return;
  }
  std::size_t fields = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".golden") {
      continue;
    }
    const std::string log = read_whole(entry.path().string().substr(
        0, entry.path().string().size() - std::string(".golden").size()));
    simdjson::dom::parser parser;
    const simdjson::dom::element all = parser.load(entry.path().string());
    std::size_t records = 0;
    for (const simdjson::dom::element object : all.get_array()) {
      if (object.is_null()) {  // a line that it cannot parse
        continue;
      }
      const std::string raw_msg(object["raw_msg"].get_string().value());
      const std::size_t at = log.find(raw_msg);
      REQUIRE(at != std::string::npos);
      const std::size_t start = log.rfind('\n', at) + 1;  // npos + 1 is 0
      const Line line(log.substr(start, log.find('\n', at) - start));
      CAPTURE(raw_msg);
      REQUIRE(line.is_record());
      ++records;
      std::string type(line.record().type_text);
      std::transform(type.begin(), type.end(), type.begin(),
                     [](char c) { return static_cast<char>(std::tolower(c)); });
      CHECK(std::string(object["record_type"].get_string().value()) == type);
      CHECK(object["sequence"].get_uint64().value() == line.record().serial);
      CHECK(utc(std::string(object["@timestamp"].get_string().value())) ==
            format_rfc3339(line.record().time));
      if ((object["data"].error() != simdjson::SUCCESS || object["data"].is_null())) {
        continue;
      }
      const Values ours = values_of(line.body(), line.record().type);
      for (const auto field : object["data"].get_object()) {
        const std::string key(field.key);
        const std::string golden(field.value.get_string().value());
        CAPTURE(key, golden);
        CHECK(agrees_with_go(key, golden, ours, line.body()));
        ++fields;
      }
    }
    CHECK(records > 0);
  }
  CHECK(fields > 800);
}

namespace {

/// LAUREL's spelling of bytes: %xx for what is no printable text, and for % and +.
std::string percent(const std::string& bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e || c == '%' || c == '+') {
      out += {'%', "0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
    } else {
      out += c;
    }
  }
  return out;
}

std::string text_of(const simdjson::dom::element& element) {
  if (element.is_string()) {
    return std::string(element.get_string().value());
  }
  if (element.is_uint64()) {
    return std::to_string(element.get_uint64().value());
  }
  return element.is_int64() ? std::to_string(element.get_int64().value()) : "?";
}

/// LAUREL writes hex numbers with 0x, octal ones with 0o; the log has neither.
bool agrees_with_laurel(const std::string& golden, const std::string& ours) {
  return golden == percent(ours) || golden == "0x" + ours || golden == "0o" + ours ||
         (golden.substr(0, 2) == "0o" && ours == "0" + golden.substr(2)) ||
         (golden.substr(0, 2) == "0x" && ours.find_first_not_of('0') == std::string::npos &&
          golden == "0x0") ||
         // "0000000000000000" and 0000003f
         (golden.substr(0, 2) == "0x" && ours.find_first_not_of('0') != std::string::npos &&
          golden.substr(2) == ours.substr(ours.find_first_not_of('0')));
}

void compare_laurel_record(const std::string& type, const simdjson::dom::element& golden,
                           const EventCopy::RecordCopy& record) {
  const Values ours = values_of(record.body, record.type);
  std::map<std::string, std::string> enriched;
  FieldReader reader(record.body);
  Field field;
  while (reader.next(field)) {
  }
  EnrichedReader behind(reader.enriched());
  while (behind.next(field)) {
    enriched.emplace(field.key, field.value);
  }
  for (const auto member : golden.get_object()) {
    const std::string key(member.key);
    CAPTURE(type, key, record.body);
    if (key == "ARGV") {
      std::vector<std::string> wanted;
      for (const auto arg : member.value.get_array()) {
        wanted.emplace_back(text_of(arg));
      }
      std::vector<std::string> have;
      if (type == "SYSCALL") {  // a0 … a3
        for (int i = 0; i < 4; ++i) {
          have.push_back("0x" + value(ours, "a" + std::to_string(i)));
        }
      } else if (type == "PROCTITLE") {
        std::string title = value(ours, "proctitle");
        for (std::size_t end = 0; end != std::string::npos;) {
          end = title.find('\0');
          have.push_back(percent(title.substr(0, end)));
          title.erase(0, end == std::string::npos ? end : end + 1);
        }
      } else {
        continue;  // EXECVE's records are joined: see the caller
      }
      CHECK(have == wanted);
    } else if (std::isupper(static_cast<unsigned char>(key[0])) != 0) {
      // Its own translations for types that auditd does not enrich are left out here, and SADDR
      // keeps its blanks with us.
      const auto found = enriched.find(key);
      if (found != enriched.end() && key != "SADDR") {
        CHECK(text_of(member.value) == found->second);
      }
    } else if (member.value.is_null()) {
      CHECK(ours.count(key) == 1);
      CHECK_FALSE(ours.find(key)->second.has_value());
    } else {
      const std::string wanted = text_of(member.value);
      const auto [from, to] = ours.equal_range(key);
      std::string bytes;
      const bool address = key == "saddr" && unhex(value(ours, key), bytes);
      CAPTURE(wanted, value(ours, key));
      CHECK((std::any_of(from, to,
                         [&](const auto& entry) {
                           return agrees_with_laurel(wanted, entry.second.value_or("(null)"));
                         }) ||
             (address && percent(bytes) == wanted)));
    }
  }
}

}  // namespace

TEST_CASE("golden: LAUREL's reading of every event of its samples") {
  const std::string shared = shared_folder();
  const std::string folder = shared + "/public/laurel/src/testdata";
  if (shared.empty() || !fs::is_directory(folder)) {
    WARN("no public logs beside the source tree: skipped");
    return;
  }
  std::size_t events = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") {
      continue;
    }
    fs::path log = entry.path();
    log.replace_extension(".txt");
    const Reading reading = events_of(read_whole(log.string()));
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string expected{std::istreambuf_iterator<char>(file), {}};
    std::size_t in_file = 0;
    for (const std::string_view json : lines_of(expected)) {
      simdjson::dom::parser parser;
      const simdjson::dom::element object = parser.parse(simdjson::padded_string(json));
      const std::string id(object["ID"].get_string().value());
      CAPTURE(log.filename().string(), id);
      ++in_file;
      const auto event = std::find_if(
          reading.events.begin(), reading.events.end(),
          [&](const EventCopy& candidate) { return to_string(candidate.stamp) == id; });
      REQUIRE(event != reading.events.end());
      for (const auto member : object.get_object()) {
        const std::string name(member.key);
        if (name == "ID") {
          continue;
        }
        if (name == "NODE") {
          CHECK(event->node == member.value.get_string().value());
          continue;
        }
        std::vector<const EventCopy::RecordCopy*> records;
        for (const auto& record : event->records) {
          if (record.type == type_number(name)) {
            records.push_back(&record);
          }
        }
        // EXECVE is joined from all its records.
        if (name == "EXECVE") {
          std::vector<std::string_view> bodies;
          for (const auto* record : records) {
            bodies.emplace_back(record->body);
          }
          std::vector<std::string> wanted;
          for (const auto arg : member.value["ARGV"].get_array()) {
            wanted.emplace_back(text_of(arg));
          }
          ArgvBounds bounds;
          bounds.max_bytes = std::size_t{1} << 20;
          const Argv argv = argv_of(bodies, bounds);
          CHECK(argv.argc == member.value["argc"].get_uint64().value());
          REQUIRE(argv.args.size() == wanted.size());
          for (std::size_t i = 0; i < wanted.size(); ++i) {
            CHECK(percent(argv.args[i]) == wanted[i]);
          }
        } else if (member.value.is_array()) {
          const auto array = member.value.get_array().value();
          REQUIRE(array.size() == records.size());
          for (std::size_t i = 0; i < records.size(); ++i) {
            compare_laurel_record(name, array.at(i).value(), *records[i]);
          }
        } else {
          REQUIRE(records.size() == 1);
          compare_laurel_record(name, member.value, *records[0]);
        }
      }
    }
    CHECK(reading.events.size() == in_file);
    events += in_file;
  }
  CHECK(events == 18);
}
