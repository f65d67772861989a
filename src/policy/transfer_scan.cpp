#include "transfer_scan.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "json_text.hpp"

namespace auexfil::policy {
namespace {

using facts::Destination;
using facts::Fact;
using facts::Program;

/// Whether all bytes are 0x20 to 0x7f: what JSON text may hold without a look at it.
bool is_ascii_text(std::string_view text) {
  std::size_t at = 0;
#if defined(__SSE2__)
  const __m128i below = _mm_set1_epi8(0x1f);  // as signed bytes, 0x80 and more are below too
  __m128i good = _mm_set1_epi8(-1);
  for (; at + 16 <= text.size(); at += 16) {
    __m128i bytes;
    std::memcpy(&bytes, text.data() + at, sizeof bytes);
    good = _mm_and_si128(good, _mm_cmpgt_epi8(bytes, below));
  }
  if (_mm_movemask_epi8(good) != 0xffff) {
    return false;
  }
#endif
  for (; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte > 0x7f) {
      return false;
    }
  }
  return true;
}

/// The first '"' or '\\' at or behind `at`, or some place not before `end`.
const char* find_special(const char* at, const char* end) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i escape = _mm_set1_epi8('\\');
  for (; at < end; at += 16) {
    __m128i bytes;  // what lies behind `end` is readable
    std::memcpy(&bytes, at, sizeof bytes);
    const int hits = _mm_movemask_epi8(
        _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, escape)));
    if (hits != 0) {
      return at + __builtin_ctz(static_cast<unsigned>(hits));
    }
  }
  return at;
#else
  while (at < end && *at != '"' && *at != '\\') {
    ++at;
  }
  return at;
#endif
}

std::optional<audit::IpAddress> parse_dotted_quad(std::string_view text) {
  std::array<std::uint8_t, 4> bytes{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0 && (at == text.size() || text[at++] != '.')) {
      return std::nullopt;
    }
    const std::size_t first = at;
    unsigned value = 0;
    while (at < text.size() && at < first + 3 && text[at] >= '0' && text[at] <= '9') {
      value = value * 10 + static_cast<unsigned>(text[at++] - '0');
    }
    if (at == first || value > 255 || (text[first] == '0' && at > first + 1)) {
      return std::nullopt;
    }
    bytes.at(i) = static_cast<std::uint8_t>(value);
  }
  return at == text.size() ? std::optional(audit::IpAddress::v4(bytes)) : std::nullopt;
}

/// std::memcmp() by words: compilers call the library for more than a few bytes.
template <std::size_t Size>
bool is_same(const char* a, const char* b) {
  const auto differ = [a, b](std::size_t at, auto left) {
    auto right = left;
    std::memcpy(&left, a + at, sizeof left);
    std::memcpy(&right, b + at, sizeof right);
    return left ^ right;
  };
  if constexpr (Size >= 8) {
    std::uint64_t all = differ(Size - 8, std::uint64_t{});
    for (std::size_t at = 0; at + 8 < Size; at += 8) {
      all |= differ(at, std::uint64_t{});
    }
    return all == 0;
  } else if constexpr (Size >= 4) {
    return (differ(0, std::uint32_t{}) | differ(Size - 4, std::uint32_t{})) == 0;
  } else {
    return std::memcmp(a, b, Size) == 0;
  }
}

/// Moves through one line. All functions return false where the line is not as it should be.
class Scanner {
 public:
  explicit Scanner(std::string_view line) : at_(line.data()), end_(line.data() + line.size()) {}

  [[nodiscard]] bool at_end() const { return at_ == end_; }

  /// The literal itself. It holds no line break or NUL, so it cannot reach past the line.
  template <std::size_t N>
  bool take(const char (&literal)[N]) {
    static_assert(N <= 64);
    if (!is_same<N - 1>(at_, literal)) {
      return false;
    }
    at_ += N - 1;
    return true;
  }

  /// From behind an opening quote to behind the closing one.
  bool skip_text() {
    for (;;) {
      at_ = find_special(at_, end_);
      if (at_ >= end_) {
        return false;
      }
      if (*at_++ == '"') {
        return true;
      }
      ++at_;  // what was escaped
    }
  }

  /// As skip_text(), for a text without escapes.
  bool plain(std::string_view& out) {
    const char* const from = at_;
    at_ = find_special(at_, end_);
    if (at_ >= end_ || *at_ != '"') {
      return false;
    }
    out = {from, static_cast<std::size_t>(at_ - from)};
    ++at_;
    return true;
  }

  bool text(std::string& out) {
    const char* const from = at_;
    at_ = find_special(at_, end_);
    if (at_ < end_ && *at_ == '"') {
      out.assign(from, static_cast<std::size_t>(at_ - from));
      ++at_;
      return true;
    }
    at_ = from;
    return skip_text() && decode_json_text(from, out);
  }

  bool null() { return take("null"); }

  bool maybe_text(std::optional<std::string>& out) {
    if (null()) {
      out.reset();
      return true;
    }
    if (!out) {
      out.emplace();
    }
    return take("\"") && text(*out);
  }

  bool skip_maybe_text() { return null() || (take("\"") && skip_text()); }

  template <typename Number>
  bool number(Number& out) {
    const char* const from = at_;
    std::uint64_t value = 0;
    while (*at_ >= '0' && *at_ <= '9') {
      value = value * 10 + static_cast<std::uint64_t>(*at_++ - '0');
    }
    const auto digits = at_ - from;
    if (digits == 0 || digits > 19 || (*from == '0' && digits > 1) ||
        value > std::numeric_limits<Number>::max()) {
      return false;
    }
    out = static_cast<Number>(value);
    return true;
  }

  template <typename Number>
  bool maybe_number(std::optional<Number>& out) {
    if (null()) {
      out.reset();
      return true;
    }
    Number value{};
    if (!number(value)) {
      return false;
    }
    out = value;
    return true;
  }

  bool flag(bool& out) {
    out = *at_ == 't';
    return out ? take("true") : take("false");
  }

  /// A text that `parse` turns into a value.
  template <typename T, typename Parse>
  bool parsed(T& out, const Parse& parse) {
    std::string_view text;
    if (!plain(text)) {
      return false;
    }
    const auto value = parse(text);
    if (!value) {
      return false;
    }
    out = *value;
    return true;
  }

  bool id(std::uint64_t& out) {
    out = 0;
    for (int i = 0; i < 16; ++i) {
      const char c = *at_++;
      const bool is_digit = c >= '0' && c <= '9';
      if (!is_digit && (c < 'a' || c > 'f')) {
        return false;
      }
      out = out << 4 | static_cast<std::uint64_t>(is_digit ? c - '0' : c - 'a' + 10);
    }
    return true;
  }

  /// Calls `item` for each element of an array, from behind its '['.
  template <typename Item>
  bool list(const Item& item) {
    if (take("]")) {
      return true;
    }
    do {
      if (!item()) {
        return false;
      }
    } while (take(","));
    return take("]");
  }

  /// As list(), into a vector whose elements keep their buffers.
  template <typename T, typename Item>
  bool list(std::vector<T>& items, const Item& item) {
    std::size_t count = 0;
    const bool good = list([&] {
      if (count == items.size()) {
        items.emplace_back();
      }
      return item(items[count++]);
    });
    items.resize(count);
    return good;
  }

  bool texts(std::vector<std::string>& items) {
    return list(items, [this](std::string& item) { return take("\"") && text(item); });
  }
  bool skip_texts() {
    return list([this] { return take("\"") && skip_text(); });
  }

 private:
  const char* at_;
  const char* end_;
};

bool scan_automation(Scanner& in, Fact& fact) {
  const auto reason = [&in](facts::Reason& to) {
    to.event.reset();
    return in.take(R"({"sign":")") && in.text(to.sign) && in.take(R"(,"text":")") &&
           in.text(to.text) && in.take(R"(,"event":)") && in.skip_maybe_text() && in.take("}");
  };
  if (!(in.take(R"({"verdict":")") && in.parsed(fact.automation, transfer::verdict_from) &&
        in.take(R"(,"scripted":)") && in.flag(fact.scripted) && in.take(R"(,"reasons":[)") &&
        in.list(fact.reasons, reason) && in.take(R"(,"job":)"))) {
    return false;
  }
  if (in.null()) {
    fact.job.reset();
    return in.take("}");
  }
  if (!fact.job) {
    fact.job.emplace();
  }
  return in.take(R"({"kind":")") && in.text(fact.job->kind) && in.take(R"(,"what":")") &&
         in.text(fact.job->what) && in.take(R"(,"artefact":)") &&
         in.maybe_text(fact.job->artefact) && in.take("}}");
}

bool scan_user(Scanner& in, Fact& fact) {
  return in.take(R"({"auid":)") && in.maybe_number(fact.auid) && in.take(R"(,"auid_name":)") &&
         in.maybe_text(fact.auid_name) && in.take(R"(,"uid":)") && in.maybe_number(fact.uid) &&
         in.take(R"(,"uid_name":)") && in.maybe_text(fact.uid_name) && in.take(R"(,"ses":)") &&
         in.maybe_number(fact.ses) && in.take("}");
}

bool scan_process(Scanner& in, Fact& fact) {
  return in.take(R"({"pid":)") && in.number(fact.process.pid) && in.take(R"(,"ppid":)") &&
         in.number(fact.ppid) && in.take(R"(,"exe":")") && in.text(fact.process.exe) &&
         in.take(R"(,"comm":")") && in.text(fact.process.comm) && in.take(R"(,"argv":[)") &&
         in.texts(fact.process.argv) && in.take(R"(,"cwd":)") && in.skip_maybe_text() &&
         in.take(R"(,"script":)") && in.maybe_text(fact.script) && in.take("}");
}

bool scan_ancestor(Scanner& in, Program& program) {
  program.argv.clear();
  return in.take(R"({"pid":)") && in.number(program.pid) && in.take(R"(,"exe":")") &&
         in.text(program.exe) && in.take(R"(,"comm":")") && in.text(program.comm) &&
         in.take(R"(,"argv":[)") && in.skip_texts() && in.take("}");
}

bool scan_destination(Scanner& in, Destination& to) {
  const auto address = [&in, &to] {
    if (in.null()) {
      to.address.reset();
      return true;
    }
    return in.take("\"") && in.parsed(to.address, [](std::string_view text) {
      const auto quad = parse_dotted_quad(text);
      return quad ? quad : audit::IpAddress::parse(text);
    });
  };
  const auto addresses = [&in, &to] {
    to.addresses = 0;
    return !in.take(R"(,"addresses":)") || in.number(to.addresses);
  };
  return in.take(R"({"address":)") && address() && in.take(R"(,"port":)") &&
         in.maybe_number(to.port) && in.take(R"(,"transport":")") &&
         in.parsed(to.transport, transfer::transport_from) && in.take(R"(,"name":)") &&
         in.maybe_text(to.name) && in.take(R"(,"source":")") &&
         in.parsed(to.source, transfer::source_from) && in.take(R"(,"direction":")") &&
         in.parsed(to.direction, transfer::direction_from) && in.take(R"(,"bytes_out":)") &&
         in.maybe_number(to.bytes_out) && in.take(R"(,"bytes_in":)") &&
         in.maybe_number(to.bytes_in) && in.take(R"(,"basis":")") &&
         in.parsed(to.basis, transfer::basis_from) && in.take(R"(,"connections":)") &&
         in.number(to.connections) && in.take(R"(,"first":)") && in.skip_maybe_text() &&
         in.take(R"(,"last":)") && in.skip_maybe_text() && addresses() && in.take("}");
}

bool skip_evidence(Scanner& in) {
  std::uint64_t line = 0;
  return in.take(R"({"file":")") && in.skip_text() && in.take(R"(,"line":)") && in.number(line) &&
         in.take(R"(,"event":")") && in.skip_text() && in.take(R"(,"what":")") && in.skip_text() &&
         in.take("}");
}

/// The fields whose values are objects and lists of their own, up to the totals.
bool scan_parts(Scanner& in, Fact& fact) {
  return in.take(R"(,"automation":)") && scan_automation(in, fact) && in.take(R"(,"user":)") &&
         scan_user(in, fact) && in.take(R"(,"process":)") && scan_process(in, fact) &&
         in.take(R"(,"lineage":[)") &&
         in.list(fact.lineage, [&in](Program& item) { return scan_ancestor(in, item); }) &&
         in.take(R"(,"destinations":[)") &&
         in.list(fact.destinations, [&in](Destination& to) { return scan_destination(in, to); });
}

}  // namespace

bool scan_transfer(std::string_view line, Fact& fact) {
  if (!is_ascii_text(line)) {
    return false;
  }
  Scanner in(line.substr(kScanned.size()));
  return in.id(fact.id) && in.take(R"(","host":)") && in.maybe_text(fact.host) &&
         in.take(R"(,"node":)") && in.maybe_text(fact.node) && in.take(R"(,"start":")") &&
         in.parsed(fact.start, audit::parse_rfc3339) && in.take(R"(,"end":")") &&
         in.parsed(fact.end, audit::parse_rfc3339) && in.take(R"(,"tool":")") &&
         in.text(fact.tool) && in.take(R"(,"side":")") &&
         in.parsed(fact.side, transfer::side_from) && in.take(R"(,"direction":")") &&
         in.parsed(fact.direction, transfer::direction_from) && scan_parts(in, fact) &&
         in.take(R"(,"bytes_out":)") && in.maybe_number(fact.bytes_out) &&
         in.take(R"(,"bytes_in":)") && in.maybe_number(fact.bytes_in) && in.take(R"(,"basis":")") &&
         in.parsed(fact.basis, transfer::basis_from) && in.take(R"(,"evidence":[)") &&
         in.list([&in] { return skip_evidence(in); }) && in.take(R"(,"notes":[)") &&
         in.skip_texts() && in.take("}") && in.at_end();
}

}  // namespace auexfil::policy
