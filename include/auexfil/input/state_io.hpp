#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// State that outlives a run. What is kept says in one function template, `walk(io)`, which fields
/// it has, each once; it is called with a StateWriter or a StateReader, so that the two ways cannot
/// differ. A state may have been written by anybody: a reader believes no size and no index.
namespace auexfil::input {

/// A state that cannot be taken up. what() is a sentence that says why.
class StateRefused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The ways of walking that both directions share. `Io` has raw(), bytes(), most_that_follow() and
/// kReads, and where it reads part().
template <typename Io>
class StateWalk {
 public:
  /// Any integer; small ones take little room.
  template <typename Number>
  void number(Number& value) {
    static_assert(std::is_integral_v<Number>);
    std::uint64_t wide = 0;
    if constexpr (std::is_signed_v<Number>) {
      wide = fold(value);
      io().raw(wide);
      const std::int64_t unfolded = unfold(wide);
      refuse_unless(unfolded >= std::numeric_limits<Number>::min() &&
                    unfolded <= std::numeric_limits<Number>::max());
      value = static_cast<Number>(unfolded);
    } else {
      wide = value;
      io().raw(wide);
      refuse_unless(wide <= std::numeric_limits<Number>::max());
      value = static_cast<Number>(wide);
    }
  }
  template <typename... Numbers>
  void numbers(Numbers&... values) {
    (number(values), ...);
  }
  /// Milliseconds, as far from any overflow as those that a log can hold.
  template <typename... Times>
  void times(Times&... values) {
    numbers(values...);
    (refuse_unless(is_time(values)), ...);
  }
  /// One of at most `count`, of which the largest is count - 1.
  template <typename Number>
  void below(Number& value, std::uint64_t count) {
    auto wide = static_cast<std::uint64_t>(value);
    io().raw(wide);
    refuse_unless(wide < count);
    value = static_cast<Number>(wide);
  }
  /// An enumerator up to the last one.
  template <typename Enum>
  void enumerator(Enum& value, Enum last) {
    below(value, static_cast<std::uint64_t>(last) + 1);
  }
  /// Of ids whose largest number stands for nobody: that one as 0.
  void id(std::uint32_t& value) {
    std::uint32_t next = value + 1;
    number(next);
    value = next - 1;
  }
  /// A place in a table of `count`, or none.
  template <typename Index>
  void index(Index& value, std::size_t count) {
    std::uint32_t next = value.number() + 1;
    number(next);
    refuse_unless(next <= count);
    value = next == 0 ? Index{} : Index(next - 1);
  }
  template <typename... Flags>
  void flags(Flags&... flags) {
    std::uint64_t bits = 0;
    unsigned at = 0;
    ((bits |= std::uint64_t{flags ? 1U : 0U} << at++), ...);
    io().raw(bits);
    at = 0;
    ((flags = (bits >> at++ & 1U) != 0), ...);
  }
  /// As a step, forth or back, from `before`, which then is the value.
  template <typename Number>
  void step(Number& value, Number& before) {
    auto difference = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) -
                                                static_cast<std::uint64_t>(before));
    std::uint64_t folded = fold(difference);
    io().raw(folded);
    value = static_cast<Number>(static_cast<std::uint64_t>(before) +
                                static_cast<std::uint64_t>(unfold(folded)));
    if constexpr (std::is_signed_v<Number>) {
      refuse_unless(is_time(value));
    }
    before = value;
  }
  /// How many follow. Each takes a byte at least, so that no more is made room for than is there.
  std::size_t size(std::size_t size, std::size_t most) {
    std::uint64_t wide = size;
    io().raw(wide);
    refuse_unless(wide <= most && wide <= io().most_that_follow());
    return static_cast<std::size_t>(wide);
  }
  void text(std::string& value, std::size_t most) {
    value.resize(size(value.size(), most));
    io().bytes(value.data(), value.size());
  }
  /// A text that, once read, lies in the state, and lives as long as that.
  void view(std::string_view& value) {
    const std::size_t length = size(value.size(), SIZE_MAX);
    if constexpr (Io::kReads) {
      value = io().part(length);
    } else {
      io().bytes(value.data(), length);
    }
  }
  template <typename Part, typename Each>
  void list(std::vector<Part>& parts, std::size_t most, const Each& each) {
    const std::size_t count = size(parts.size(), most);
    if constexpr (Io::kReads) {
      parts.resize(std::min(count, parts.size()));  // their memory serves again
      for (std::size_t i = 0; i < count; ++i) {
        if (i == parts.size()) {
          parts.emplace_back();
        }
        each(parts[i]);
      }
    } else {
      for (Part& part : parts) {
        each(part);
      }
    }
  }
  template <typename Value, typename Each>
  void optional(std::optional<Value>& value, const Each& each) {
    bool is_there = value.has_value();
    flags(is_there);
    if constexpr (Io::kReads) {
      value.reset();
      if (is_there) {
        value = Value{};
      }
    }
    if (is_there) {
      each(*value);
    }
  }
  /// The places of a table that nothing has, in the order in which they are given out.
  /// \param is_free  by number, of `count`.
  template <typename Index, typename IsFree>
  void free_list(std::vector<Index>& free, std::size_t count, const IsFree& is_free) {
    list(free, count, [&](Index& one) { index(one, count); });
    if constexpr (Io::kReads) {
      std::vector<bool> known(count, false);
      for (const Index one : free) {
        const std::size_t at = std::min<std::size_t>(one.number(), count);
        refuse_unless(at < count && is_free(at) && !known[at]);
        known[at] = true;
      }
      for (std::size_t at = 0; at < count; ++at) {
        refuse_unless(known[at] || !is_free(at));
      }
    }
  }
  /// Does what was read hang together?
  static void refuse_unless(bool is_right) {
    if constexpr (Io::kReads) {
      if (!is_right) {
        refuse();
      }
    }
  }

 private:
  [[nodiscard]] Io& io() { return static_cast<Io&>(*this); }
  [[noreturn]] static void refuse() {
    throw StateRefused(
        "the state contradicts itself: it is damaged, or was not written by auexfil");
  }
  static bool is_time(std::int64_t value) {
    constexpr std::int64_t kFar = std::int64_t{1} << 58;  // the year 9 million
    return value > -kFar && value < kFar;
  }
  static std::uint64_t fold(std::int64_t value) {
    return static_cast<std::uint64_t>(value) << 1U ^ static_cast<std::uint64_t>(value >> 63);
  }
  static std::int64_t unfold(std::uint64_t folded) {
    return static_cast<std::int64_t>(folded >> 1U ^ (0 - (folded & 1U)));
  }
};

/// Appends to a text, which is whole after flush() or the writer's end. Numbers as LEB128.
class StateWriter : public StateWalk<StateWriter> {
 public:
  static constexpr bool kReads = false;

  explicit StateWriter(std::string& bytes) : bytes_(bytes) {}
  ~StateWriter() { flush(); }
  StateWriter(const StateWriter&) = delete;
  StateWriter& operator=(const StateWriter&) = delete;

  void raw(std::uint64_t& value) {
    constexpr std::size_t kLongest = 10;
    if (at_ + kLongest > buffer_.size()) {
      flush();
    }
    std::uint64_t rest = value;
    for (; rest >= 0x80; rest >>= 7) {
      buffer_[at_++] = static_cast<char>(rest | 0x80);
    }
    buffer_[at_++] = static_cast<char>(rest);
  }
  void bytes(const char* from, std::size_t size) {
    flush();
    bytes_.append(from, size);
  }
  void flush() {
    bytes_.append(buffer_.data(), at_);
    at_ = 0;
  }
  [[nodiscard]] static std::size_t most_that_follow() { return SIZE_MAX; }

 private:
  std::string& bytes_;
  std::size_t at_ = 0;
  std::array<char, 256> buffer_;
};

/// Reads what a StateWriter wrote; throws StateRefused for anything else.
class StateReader : public StateWalk<StateReader> {
 public:
  static constexpr bool kReads = true;

  explicit StateReader(std::string_view bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  void raw(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0;; shift += 7) {
      refuse_unless(at_ != end_ && shift < 64);
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) {
        return;
      }
    }
  }
  void bytes(char* to, std::size_t size) { std::copy_n(part(size).data(), size, to); }
  [[nodiscard]] std::string_view part(std::size_t size) {
    refuse_unless(size <= most_that_follow());
    const char* const from = at_;
    at_ += size;
    return {from, size};
  }
  [[nodiscard]] std::size_t most_that_follow() const {
    return static_cast<std::size_t>(end_ - at_);
  }
  [[nodiscard]] bool is_at_end() const { return at_ == end_; }

 private:
  const char* at_;
  const char* end_;
};

/// With a name, a version and a checksum around it, as it lies in a file.
[[nodiscard]] std::string seal_state(std::string_view state);
/// The same for a large one, in place: room for what stands before it, behind which a writer
/// appends the state, and that room filled.
[[nodiscard]] std::string begin_sealed();
void seal(std::string& begun);
/// The way back: a part of `sealed`. Throws StateRefused where it is cut, damaged, or of another
/// version.
[[nodiscard]] std::string_view open_state(std::string_view sealed);

}  // namespace auexfil::input
