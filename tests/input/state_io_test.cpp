#include "auexfil/input/state_io.hpp"

#include <catch2/catch.hpp>

#include "auexfil/input/symbols.hpp"

namespace auexfil::input {
namespace {

struct Sample {
  std::uint64_t large = UINT64_MAX;
  std::int64_t least = INT64_MIN;
  std::uint16_t port = 65535;
  std::uint32_t nobody = 0xffffffffU;
  bool yes = true;
  bool no = false;
  std::string text = std::string("a\0b", 3);
  std::vector<std::uint32_t> list{1, 200, 40'000};
  std::optional<std::uint32_t> none;
  std::optional<std::uint32_t> some = 7;

  bool operator==(const Sample&) const = default;

  template <typename Io>
  void walk(Io& io) {
    io.numbers(large, least, port);
    io.id(nobody);
    io.flags(yes, no);
    io.text(text, 10);
    io.list(list, 3, [&](std::uint32_t& one) { io.number(one); });
    io.optional(none, [&](std::uint32_t& one) { io.number(one); });
    io.optional(some, [&](std::uint32_t& one) { io.number(one); });
  }
};

std::string written() {
  std::string bytes;
  StateWriter writer(bytes);
  Sample sample;
  sample.walk(writer);
  writer.flush();
  return bytes;
}

Sample empty() {
  return {0, 0, 0, 0, false, false, "", {}, 1, {}};
}

/// The message with which it is refused.
std::string refused(std::string_view sealed) {
  try {
    static_cast<void>(open_state(sealed));
  } catch (const StateRefused& refusal) {
    return refusal.what();
  }
  return "";
}

}  // namespace

TEST_CASE("state: what was written is read") {
  const std::string bytes = written();
  StateReader reader(bytes);
  Sample read = empty();
  read.walk(reader);
  CHECK(read == Sample{});
  CHECK(reader.is_at_end());
}

TEST_CASE("state: cut anywhere it is refused") {
  const std::string bytes = written();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    StateReader reader(std::string_view(bytes).substr(0, size));
    Sample read = empty();
    CHECK_THROWS_AS(read.walk(reader), StateRefused);
  }
}

TEST_CASE("state: a number that does not fit is refused, as are sizes past the bound or the end") {
  std::string bytes;
  StateWriter writer(bytes);
  std::uint32_t number = 70'000;
  writer.number(number);
  writer.flush();
  const auto reads = [&](const auto& how) {
    StateReader reader(bytes);
    how(reader);
  };
  std::uint16_t port = 0;
  std::string text;
  CHECK_THROWS_AS(reads([&](StateReader& io) { io.number(port); }), StateRefused);
  CHECK_THROWS_AS(reads([&](StateReader& io) { io.below(number, 70'000); }), StateRefused);
  CHECK_THROWS_AS(reads([&](StateReader& io) { io.text(text, 100'000); }), StateRefused);
  CHECK_THROWS_AS(reads([&](StateReader& io) { static_cast<void>(io.size(0, 100)); }),
                  StateRefused);
  std::int64_t time = std::int64_t{1} << 60;
  bytes.clear();
  writer.number(time);
  writer.flush();
  CHECK_THROWS_AS(reads([&](StateReader& io) { io.times(time); }), StateRefused);
  bytes.assign(11, '\xff');
  CHECK_THROWS_AS(reads([&](StateReader& io) { io.number(number); }), StateRefused);
}

TEST_CASE("state: a sealed one is opened whole, or refused with the reason") {
  const std::string sealed = seal_state("what is kept");
  CHECK(open_state(sealed) == "what is kept");
  CHECK(open_state(seal_state("")).empty());
  // The check value of CRC-32, by whatever library it is made.
  CHECK(seal_state("123456789").find("00000000cbf43926\n123456789") != std::string::npos);
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    CHECK(refused(sealed.substr(0, size)) == "the state is cut short");
  }
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    std::string other = sealed;
    other[at] = static_cast<char>(other[at] ^ 1);
    INFO(at);
    // The blanks between numbers and the line's end say nothing.
    if (other[at] != '!' && other[at] != '\x0b') {
      CHECK_FALSE(refused(other).empty());
    }
  }
  CHECK(refused(sealed + "x") == "the state is damaged");
  CHECK(refused("type=SYSCALL msg=audit(1.000:1):") == "not a state of auexfil's");
  std::string newer = sealed;
  newer[std::string_view("auexfil state ").size() + 14] = 'f';
  CHECK(refused(newer).starts_with("the state is of version 2"));
  CHECK(refused(newer).find(", and this program reads version 1") != std::string::npos);
}

TEST_CASE("state: texts come back under their symbols, and so do those that are free") {
  Symbols before(1 << 20);
  const Symbol a = before.intern("/usr/bin/scp");
  const Symbol b = before.intern("/usr/bin/curl");
  const Symbol c = before.intern(std::string(5000, 'x'));
  std::vector<bool> live(before.size(), true);
  live[b] = false;
  before.sweep(live);
  std::string bytes;
  StateWriter writer(bytes);
  before.walk(writer);
  writer.flush();

  Symbols after(1 << 20);
  StateReader reader(bytes);
  after.walk(reader);
  CHECK(reader.is_at_end());
  CHECK(after.size() == before.size());
  CHECK(after.text(a) == "/usr/bin/scp");
  CHECK(after.text(c).size() == 5000);
  CHECK(after.intern("/usr/bin/scp") == a);
  CHECK(after.intern("/usr/bin/wget") == b);
  for (std::size_t size = 0; size < bytes.size(); size += size < 64 ? 1 : 97) {
    Symbols cut(1 << 20);
    StateReader part(std::string_view(bytes).substr(0, size));
    CHECK_THROWS_AS(cut.walk(part), StateRefused);
  }
}

TEST_CASE("state: two symbols of one text, or free ones that are not, are refused") {
  const auto take = [](const std::vector<std::string>& texts, std::vector<std::uint32_t> free) {
    std::string bytes;
    StateWriter writer(bytes);
    std::size_t count = writer.size(texts.size(), SIZE_MAX);
    for (std::size_t i = 0; i < count; ++i) {
      std::string text = texts[i];
      writer.text(text, SIZE_MAX);
    }
    writer.list(free, SIZE_MAX, [&](std::uint32_t& one) { writer.number(one); });
    std::uint64_t nothing = 0;
    writer.numbers(nothing, nothing);
    writer.flush();
    Symbols symbols(1 << 20);
    StateReader reader(bytes);
    symbols.walk(reader);
    return symbols.size();
  };
  CHECK(take({"a", "", "b"}, {3}) == 5);
  CHECK_THROWS_AS(take({"a", "b", "a"}, {}), StateRefused);
  CHECK_THROWS_AS(take({"a", ""}, {}), StateRefused);
  CHECK_THROWS_AS(take({"a", ""}, {2}), StateRefused);
  CHECK_THROWS_AS(take({"a", ""}, {3, 3}), StateRefused);
  CHECK_THROWS_AS(take({"a", ""}, {17}), StateRefused);
}

}  // namespace auexfil::input
