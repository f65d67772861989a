#include <optional>
#include <string>

#include "auexfil/audit/fields.hpp"
#include "auexfil/audit/parse_block.hpp"
#include "auexfil/audit/stamp.hpp"
#include "fuzz.hpp"

// Lines of a log: parse_line(), the readers of fields, the decoders of values, and both ways of
// reading SYSCALL.

using namespace auexfil::audit;  // NOLINT(google-build-using-namespace): a test
using auexfil::fuzz::expect;
using auexfil::fuzz::lies_in;

namespace {

std::string hex_of(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

void check_value(const Field& field) {
  std::string decoded = "left over";
  const Decoded how = decode_string(field, decoded);
  if (field.form != Form::bare || how == Decoded::damaged) {
    expect(decoded == field.value, "a quoted or damaged value is kept as it stands");
  } else if (how == Decoded::absent) {
    expect(decoded.empty() && is_absent(field), "absent is no text");
  } else {
    std::string again;
    expect(unhex(hex_of(decoded), again) && again == decoded, "hex there and back");
    expect(decoded.size() == field.value.size() / 2, "two digits a byte");
  }
  decode_acct(field, decoded);
  expect(decoded.size() == field.value.size() || decoded.size() * 2 == field.value.size(),
         "acct is text or hex");
  std::uint32_t number = 0;
  std::int64_t wide = 0;
  if (parse_number(field.value, number)) {
    expect(parse_number(field.value, wide) && wide == number, "a number is one in both widths");
  }
  std::uint64_t hex = 0;
  static_cast<void>(parse_hex(field.value, hex));
  static_cast<void>(is_encoded_key(field.key));
}

void check_fields(std::string_view body) {
  FieldReader reader(body);
  FieldReader old_login(body, true);
  Field field;
  const char* at = body.data();
  bool has_label = false;
  while (reader.next(field)) {
    expect(lies_in(field.key, body) && lies_in(field.value, body), "fields lie in the body");
    expect(field.key.empty() || field.key.data() >= at, "fields come in order");
    if (!field.value.empty()) {
      at = field.value.data() + field.value.size();
    }
    expect(field.key.find_first_of(" =\x1d") == std::string_view::npos, "keys have no marks");
    if (field.form == Form::quoted) {
      expect(field.value.find('"') == std::string_view::npos, "a quote ends a quoted value");
    } else if (field.form == Form::bare && field.key != "subj") {
      expect(field.value.find_first_of(" \r\x1d") == std::string_view::npos,
             "a blank ends a bare value");
    }
    check_value(field);
    has_label = has_label || field.key == "subj";
    if (!has_label) {  // which takes in words, but not the "old" of an old LOGIN
      Field other;
      expect(old_login.next(other) && other.value.data() == field.value.data() &&
                 other.value.size() == field.value.size(),
             "an old LOGIN has the same values");
    }
  }
  expect(has_label || !old_login.next(field), "an old LOGIN has no more fields");
  expect(!reader.next(field), "the end stays the end");
  expect(lies_in(reader.enriched(), body), "the enriched part lies in the body");
  EnrichedReader enriched(reader.enriched());
  while (enriched.next(field)) {
    expect(lies_in(field.key, body) && lies_in(field.value, body), "enriched fields lie in it");
    check_value(field);
  }
  if (find_field(body, "exe", field)) {
    expect(field.key == "exe", "find_field finds the key it was asked for");
  }
}

void check_syscall(std::string_view body) {
  Syscall fast;
  Syscall slow;
  const bool fast_good = parse_syscall(body, fast);
  const bool slow_good = parse_syscall_slowly(body, slow);
  expect(fast_good == slow_good, "both ways agree on what is a SYSCALL");
  if (!fast_good) {
    return;
  }
  expect(fast.tail <= body.size(), "the tail lies in the body");
  expect(fast.arch == slow.arch && fast.number == slow.number, "both ways: arch and syscall");
  expect(fast.has_exit == slow.has_exit && fast.exit == slow.exit, "both ways: exit");
  expect(fast.success == slow.success, "both ways: success");
  expect(fast.a[0] == slow.a[0] && fast.a[1] == slow.a[1] && fast.a[2] == slow.a[2] &&
             fast.a[3] == slow.a[3],
         "both ways: a0 to a3");
  expect(fast.ppid == slow.ppid && fast.pid == slow.pid, "both ways: ppid and pid");
}

void check_line(std::string_view line, StampMemo& memo) {
  Record record;
  Malformed malformed{};
  const LineKind kind = parse_line(line, record, malformed);
  Record other;
  Malformed other_malformed{};
  expect(parse_line(line, other, other_malformed, memo) == kind, "a memo changes nothing: kind");
  if (kind == LineKind::malformed) {
    expect(malformed == other_malformed, "a memo changes nothing: what is wrong");
    static_cast<void>(to_word(malformed));
  }
  if (kind != LineKind::record) {
    return;
  }
  expect(record.time == other.time && record.serial == other.serial && record.type == other.type &&
             record.node == other.node && record.body == other.body,
         "a memo changes nothing: record");
  expect(
      lies_in(record.node, line) && lies_in(record.type_text, line) && lies_in(record.body, line),
      "a record's views lie in its line");
  expect(record.node.find(' ') == std::string_view::npos, "a node has no blank");
  expect(
      record.body.empty() || record.body.data() + record.body.size() == line.data() + line.size(),
      "a body ends with its line");
  expect(record.type == type_number(record.type_text), "the type is that of its text");
  const Stamp stamp = record.stamp();
  if (stamp.time < 99'999'999'999'999'000) {
    expect(parse_stamp(to_string(stamp)) == stamp, "a stamp there and back");
  }
  constexpr TimeMs kYear9999 = 253'402'300'799'999;
  const std::string words = format_rfc3339(stamp.time);
  if (stamp.time <= kYear9999) {
    expect(parse_rfc3339(words) == stamp.time, "a time there and back");
  }
  check_fields(record.body);
  check_syscall(record.body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = auexfil::fuzz::text_of(data, size);
  StampMemo memo;
  for (const std::string_view line : auexfil::fuzz::lines_of(text)) {
    check_line(line, memo);
  }
  static_cast<void>(parse_stamp(text));
  static_cast<void>(parse_rfc3339(text));
  return 0;
}
