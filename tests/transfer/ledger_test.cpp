#include "auexfil/transfer/ledger.hpp"

#include <random>

#include "../../src/transfer/pack.hpp"
#include "told.hpp"

namespace auexfil::test {
namespace {

using transfer::Invocation;
using transfer::Ledger;
using transfer::Leg;

/// An invocation with something in every field, other for every seed.
Invocation invocation_of(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto number = [&](std::uint64_t most) { return random() % (most + 1); };
  const auto text = [&] {
    std::string made;
    for (std::uint64_t left = number(30); left > 0; --left) {
      made.push_back(static_cast<char>(number(255)));
    }
    return made;
  };
  const auto stamp = [&] {
    return audit::Stamp{static_cast<audit::TimeMs>(number(4'000'000'000)) - 2'000'000'000,
                        static_cast<std::uint32_t>(number(0xffffffff))};
  };
  const auto place = [&] {
    return host::Place{stamp(), static_cast<std::uint32_t>(number(9)),
                       static_cast<std::uint32_t>(number(0xffffffff))};
  };
  const auto program = [&] {
    transfer::Program made{static_cast<std::uint32_t>(number(99999)), text(), text(), {}};
    for (std::uint64_t left = number(4); left > 0; --left) {
      made.argv.push_back(text());
    }
    return made;
  };
  Invocation made;
  made.tool = rules().tools.by_number(number(3));
  made.by_argv = number(1) == 1;
  made.has_exec = number(1) == 1;
  made.began = place();
  for (std::uint64_t left = number(3); left > 0; --left) {
    made.owner_hosts.push_back(text());
  }
  transfer::Fact& fact = made.program;
  fact.tool = text();
  fact.automation = static_cast<transfer::Verdict>(number(2));
  fact.scripted = number(1) == 1;
  for (std::uint64_t left = number(3); left > 0; --left) {
    fact.reasons.push_back(
        {text(), text(), number(1) == 1 ? std::optional(stamp()) : std::nullopt});
  }
  if (number(1) == 1) {
    fact.job = transfer::Job{text(), text(), number(1) == 1 ? std::optional(text()) : std::nullopt};
  }
  for (auto* const id : {&fact.auid, &fact.uid, &fact.ses}) {
    if (number(3) > 0) {
      *id = static_cast<std::uint32_t>(number(0xffffffff));
    }
  }
  fact.process = program();
  fact.ppid = static_cast<std::uint32_t>(number(99999));
  if (number(1) == 1) {
    fact.cwd = text();
  }
  if (number(1) == 1) {
    fact.script = text();
  }
  for (std::uint64_t left = number(4); left > 0; --left) {
    fact.lineage.push_back(program());
  }
  for (std::uint64_t left = number(3); left > 0; --left) {
    fact.notes.push_back(text());
  }
  for (std::uint64_t left = number(4); left > 0; --left) {
    Leg leg;
    leg.address = number(1) == 1 ? *audit::IpAddress::parse("203.0.113.9")
                                 : *audit::IpAddress::parse("2001:db8::7:1");
    leg.port = static_cast<std::uint16_t>(number(65535));
    leg.exe = static_cast<host::Symbol>(number(5000));
    leg.auid = static_cast<std::uint32_t>(number(0xffffffff));
    leg.role = static_cast<host::Role>(number(4));
    leg.type = static_cast<host::SocketType>(number(3));
    leg.depth = static_cast<std::uint32_t>(number(90));
    for (bool* const flag : {&leg.sent_to, &leg.unnamed, &leg.ephemeral, &leg.all_created,
                             &leg.overlap_unknown, &leg.passed, &leg.small_out, &leg.is_32,
                             &leg.untracked, &leg.open_at_end, &leg.returned}) {
      *flag = number(1) == 1;
    }
    leg.bytes_out = number(1) == 1 ? ~std::uint64_t{0} : number(5000);
    leg.bytes_in = number(5000);
    leg.calls_out = number(100);
    leg.calls_in = number(100);
    leg.messages_out = number(100);
    leg.connections = number(100);
    leg.addresses = number(3);
    leg.first = stamp().time;
    leg.last = stamp().time;
    leg.made = place();
    leg.first_write = place();
    for (std::uint64_t calls = number(3); calls > 0; --calls) {
      leg.calls.push_back({static_cast<audit::Call>(number(20)), number(9), number(99999)});
    }
    leg.descriptor = {static_cast<std::uint32_t>(number(0xffffffff)),
                      static_cast<std::uint32_t>(number(99999))};
    leg.by_argv = static_cast<transfer::Direction>(number(4));
    leg.named = static_cast<std::uint32_t>(number(0xffffffff));
    leg.owner_host = static_cast<std::uint32_t>(number(0xffffffff));
    made.legs.push_back(std::move(leg));
  }
  return made;
}

bool same_place(const host::Place& a, const host::Place& b) {
  return a.event == b.event && a.file == b.file && a.line == b.line;
}

bool same(const Leg& a, const Leg& b) {
  const auto values = [](const Leg& l) {
    return std::tie(l.address, l.port, l.exe, l.auid, l.depth, l.role, l.type, l.sent_to, l.unnamed,
                    l.ephemeral, l.all_created, l.overlap_unknown, l.passed, l.small_out, l.is_32,
                    l.untracked, l.open_at_end, l.returned);
  };
  const auto sums = [](const Leg& l) {
    return std::tie(l.bytes_out, l.bytes_in, l.calls_out, l.calls_in, l.messages_out, l.connections,
                    l.addresses, l.first, l.last, l.by_argv, l.named, l.owner_host);
  };
  return values(a) == values(b) && sums(a) == sums(b) && a.descriptor == b.descriptor &&
         same_place(a.made, b.made) && same_place(a.first_write, b.first_write) &&
         std::equal(a.calls.begin(), a.calls.end(), b.calls.begin(), b.calls.end(),
                    [](const host::CallSum& x, const host::CallSum& y) {
                      return x.call == y.call && x.calls == y.calls && x.bytes == y.bytes;
                    });
}

bool same(const Invocation& a, const Invocation& b) {
  return a.tool == b.tool && a.by_argv == b.by_argv && a.has_exec == b.has_exec &&
         same_place(a.began, b.began) && a.program == b.program && a.owner_hosts == b.owner_hosts &&
         std::equal(a.legs.begin(), a.legs.end(), b.legs.begin(), b.legs.end(),
                    [](const Leg& x, const Leg& y) { return same(x, y); });
}

}  // namespace

TEST_CASE("ledger: what is packed comes back whole, whatever was unpacked before") {
  Invocation back;
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    Invocation made = invocation_of(seed);
    std::string bytes;
    transfer::pack(made, rules().tools, bytes);
    CHECK(same(made, invocation_of(seed)));  // packing takes nothing
    transfer::unpack(bytes + "more", rules().tools, back);
    CHECK(same(back, invocation_of(seed)));
  }
}

TEST_CASE("ledger: all come back in the order of their times, across chunks") {
  constexpr std::uint32_t kMany = 5000;  // some chunks of 256 KiB
  Ledger ledger(rules().tools);
  std::vector<audit::TimeMs> lows;
  for (std::uint32_t seed = 0; seed < kMany; ++seed) {
    Invocation made = invocation_of(seed);
    made.program.ppid = seed;
    lows.push_back(made.low());
    REQUIRE(ledger.add(made));
  }
  REQUIRE(ledger.size() == kMany);
  std::sort(lows.begin(), lows.end());
  std::vector<bool> seen(kMany);
  std::size_t at = 0;
  ledger.for_each([&](const Invocation& back) {
    CHECK(back.low() == lows.at(at++));
    const std::uint32_t seed = back.program.ppid;
    Invocation made = invocation_of(seed);
    made.program.ppid = seed;
    CHECK(same(back, made));
    seen.at(seed) = true;
  });
  CHECK(at == kMany);
  CHECK(std::find(seen.begin(), seen.end(), false) == seen.end());
}

TEST_CASE("ledger: one larger than any chunk, and none at all") {
  Ledger ledger(rules().tools);
  ledger.for_each([](const Invocation&) { FAIL("there is none"); });
  Invocation made;
  std::mt19937 random(7);
  std::string noise;
  for (int i = 0; i < 1'000'000; ++i) {
    noise.push_back(static_cast<char>(random()));  // does not compress
  }
  made.program.process.argv = {noise};
  REQUIRE(ledger.add(made));
  made.program.process.argv = {"small"};
  REQUIRE(ledger.add(made));
  std::vector<std::string> args;
  ledger.for_each([&](const Invocation& back) { args.push_back(back.program.process.argv.at(0)); });
  CHECK(args == std::vector<std::string>{noise, "small"});
}

}  // namespace auexfil::test
