#include "fact_scan.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "fact_schema.hpp"
#include "json_text.hpp"

namespace auexfil::facts {
namespace {

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
    return take_bytes<N - 1>(literal);
  }
  /// The same, of so many bytes.
  template <std::size_t Size>
  bool take_bytes(const char* bytes) {
    static_assert(Size <= 63);
    if (!is_same<Size>(at_, bytes)) {
      return false;
    }
    at_ += Size;
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

/// Takes the described fields in their order, to the letter. Of what is shown to people alone it
/// only sees that it is there.
class FieldScanner {
 public:
  explicit FieldScanner(Scanner& in) : in_(in) {}

  template <Name Key, typename T>
  bool field(T&& what) {
    return key<Key>() && (is_skipping_ ? skip(what) : value(what));
  }
  template <Name Key, typename T>
  bool shown(T& what) {
    return key<Key>() && skip(what);
  }
  template <Name Key>
  bool nonzero(std::uint64_t& number) {
    number = 0;
    return !key<Key>() || in_.number(number);
  }
  template <Name Key, typename T>
  bool present(std::optional<T>& maybe) {
    maybe.reset();
    return !key<Key>() || value(maybe.emplace());
  }
  template <Name Key, typename T>
  bool any(std::vector<T>& list) {
    list.clear();
    return !key<Key>() || skip(list);
  }
  template <Name Key, typename Part>
  bool group(const Part& part) {
    return key<Key>() && object([&] { return part(*this); });
  }

 private:
  /// `,"NAME":`, or without the comma at the beginning of an object.
  template <Name Key>
  static constexpr auto kLiteral = [] {
    std::array<char, sizeof Key.text + 4> made{};
    std::size_t at = 0;
    made[at++] = ',';
    made[at++] = '"';
    for (const char c : Key.view()) {
      made[at++] = c;
    }
    made[at++] = '"';
    made[at++] = ':';
    return made;
  }();

  template <Name Key>
  bool key() {
    constexpr std::size_t kSize = Key.view().size() + 4;
    const bool is_there = is_first_ ? in_.template take_bytes<kSize - 1>(kLiteral<Key>.data() + 1)
                                    : in_.template take_bytes<kSize>(kLiteral<Key>.data());
    is_first_ = is_first_ && !is_there;
    return is_there;
  }

  template <typename Fields>
  bool object(const Fields& fields) {
    is_first_ = true;
    const bool good = in_.take("{") && fields() && in_.take("}");
    is_first_ = false;
    return good;
  }

  bool value(std::string& text) { return in_.take("\"") && in_.text(text); }
  bool value(bool& flag) { return in_.flag(flag); }
  bool value(audit::TimeMs& time) {
    return in_.take("\"") && in_.parsed(time, audit::parse_rfc3339);
  }
  bool value(audit::IpAddress& address) {
    return in_.take("\"") && in_.parsed(address, [](std::string_view text) {
      const auto quad = parse_dotted_quad(text);
      return quad ? quad : audit::IpAddress::parse(text);
    });
  }
  bool value(audit::Stamp& event) {
    return in_.take("\"") && in_.parsed(event, audit::parse_stamp);
  }
  bool value(Id<std::uint64_t>& id) {
    return in_.take("\"") && in_.id(id.number) && in_.take("\"");
  }
  template <typename T>
  bool value(std::optional<T>& maybe) {
    if (in_.null()) {
      maybe.reset();
      return true;
    }
    return value(maybe ? *maybe : maybe.emplace());
  }
  template <typename T>
  bool value(std::vector<T>& list) {
    return in_.take("[") && in_.list(list, [this](T& item) { return value(item); });
  }
  template <typename T>
  bool value(T& what) {
    if constexpr (std::is_enum_v<T>) {
      return in_.take("\"") && in_.parsed(what, word_from<T>);
    } else if constexpr (std::is_integral_v<T>) {
      return in_.number(what);
    } else {
      return object([&] { return describe(*this, what); });
    }
  }

  /// A text, whatever it is read as.
  template <typename T>
  bool skip(T& what) {
    if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, audit::Stamp> ||
                  std::is_same_v<T, audit::IpAddress> || std::is_same_v<T, Id<std::uint64_t>> ||
                  std::is_enum_v<T>) {
      return in_.take("\"") && in_.skip_text();
    } else if constexpr (std::is_same_v<T, audit::TimeMs>) {
      return in_.skip_maybe_text();
    } else {
      return skip_other(what);
    }
  }
  template <typename T>
  bool skip_other(std::optional<T>& what) {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, audit::TimeMs>) {
      return in_.maybe_number(what);
    }
    what.reset();
    return in_.skip_maybe_text();
  }
  template <typename T>
  bool skip_other(std::vector<T>& list) {
    list.clear();
    return in_.take("[") && in_.list([this] {
      T item{};
      return skip(item);
    });
  }
  bool skip_other(bool& flag) { return in_.flag(flag); }
  template <typename T>
  bool skip_other(T& what) {
    if constexpr (std::is_integral_v<T>) {
      return in_.number(what);
    } else {
      const bool before = is_skipping_;
      is_skipping_ = true;
      const bool good = object([&] { return describe(*this, what); });
      is_skipping_ = before;
      return good;
    }
  }

  Scanner& in_;
  bool is_first_ = false;
  bool is_skipping_ = false;
};

}  // namespace

bool scan_transfer(std::string_view line, Fact& fact) {
  if (!is_ascii_text(line)) {
    return false;
  }
  Scanner in(line.substr(kScanned.size()));
  FieldScanner fields(in);
  return describe(fields, fact) && in.take("}") && in.at_end();
}

}  // namespace auexfil::facts
