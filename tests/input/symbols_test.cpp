#include "auexfil/input/symbols.hpp"

#include <string>

#include <catch2/catch.hpp>

namespace auexfil::input {

TEST_CASE("symbols: the same text is the same symbol") {
  Symbols symbols(1 << 20);
  const Symbol a = symbols.intern("/usr/bin/scp");
  CHECK(symbols.intern("") == 0);
  CHECK(symbols.intern("/usr/bin/ssh") != a);
  CHECK(symbols.intern("/usr/bin/scp") == a);
  CHECK(symbols.text(a) == "/usr/bin/scp");
  CHECK(symbols.refused() == 0);
}

TEST_CASE("symbols: past the bound a new text is too many, and counted") {
  Symbols symbols(1000);
  const Symbol first = symbols.intern("first");
  std::uint64_t refused = 0;
  for (int i = 0; i < 100; ++i) {
    refused += symbols.intern("text number " + std::to_string(i)) == Symbols::kTooMany ? 1U : 0U;
  }
  CHECK(refused > 0);
  CHECK(symbols.refused() == refused);
  CHECK(symbols.intern("first") == first);
}

TEST_CASE("symbols: a sweep makes room and keeps what is live") {
  Symbols symbols(std::size_t{64} << 10);
  const Symbol kept = symbols.intern("/usr/sbin/cron");
  int sweeps = 0;
  for (int i = 0; i < 20'000; ++i) {
    if (symbols.wants_sweep()) {
      std::vector<bool> live(symbols.size(), false);
      live[kept] = true;
      symbols.sweep(live);
      ++sweeps;
      REQUIRE(symbols.text(kept) == "/usr/sbin/cron");
      REQUIRE(symbols.intern("/usr/sbin/cron") == kept);
    }
    const std::string text = "argument number " + std::to_string(i);
    REQUIRE(symbols.text(symbols.intern(text)) == text);
  }
  CHECK(sweeps > 3);
  CHECK(symbols.refused() == 0);
  CHECK(symbols.size() < 3000);
}

TEST_CASE("symbols: where all is live, sweeps do not come again and again") {
  Symbols symbols(std::size_t{64} << 10);
  int sweeps = 0;
  for (int i = 0; i < 5000; ++i) {
    if (symbols.wants_sweep()) {
      symbols.sweep(std::vector<bool>(symbols.size(), true));
      ++sweeps;
    }
    static_cast<void>(symbols.intern("text number " + std::to_string(i)));
  }
  CHECK(sweeps <= 2);
  CHECK(symbols.refused() > 0);
}

TEST_CASE("symbols: without a bound they count from 0, the empty text as any other") {
  Symbols symbols;
  CHECK(symbols.intern("a") == 0);
  CHECK(symbols.intern("") == 1);
  CHECK(symbols.intern("b") == 2);
  CHECK(symbols.intern("") == 1);
  CHECK(symbols.text(1).empty());
  for (int i = 0; i < 5000; ++i) {
    REQUIRE(symbols.intern("text " + std::to_string(i)) == static_cast<Symbol>(i + 3));
  }
  CHECK(symbols.size() == 5003);
}

}  // namespace auexfil::input
