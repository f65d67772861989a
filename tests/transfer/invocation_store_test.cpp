#include "auexfil/transfer/invocation_store.hpp"

#include <random>

#include "../../src/transfer/pack.hpp"
#include "../../src/transfer/packing.hpp"
#include "../../src/transfer/state_tools.hpp"
#include "auexfil/input/state_io.hpp"
#include "rules.hpp"

namespace auexfil::test {
namespace {

using transfer::Connection;
using transfer::Invocation;
using transfer::InvocationStore;

/// An invocation with something in every field, other for every seed.
Invocation invocation_of(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto number = [&](std::uint64_t most) { return random() % (most + 1); };
  const auto stamp = [&] {
    return audit::Stamp{static_cast<audit::TimeMs>(number(4'000'000'000)) - 2'000'000'000,
                        static_cast<std::uint32_t>(number(0xffffffff))};
  };
  const auto place = [&] {
    return host::Place{stamp(), static_cast<std::uint32_t>(number(9)),
                       static_cast<std::uint32_t>(number(0xffffffff))};
  };
  const auto id = [&] { return static_cast<transfer::TextId>(number(1) == 1 ? number(300) : 0); };
  const auto ids = [&] {
    std::vector<transfer::TextId> made;
    for (std::uint64_t left = number(3); left > 0; --left) {
      made.push_back(id());
    }
    return made;
  };
  const auto program = [&] {
    return Invocation::Program{static_cast<std::uint32_t>(number(99999)), id(), id(), id()};
  };
  Invocation made;
  made.tool = rules().tools.by_number(number(3));
  made.by_argv = number(1) == 1;
  made.has_exec = number(1) == 1;
  made.argv_cut = number(1) == 1;
  made.began = place();
  made.owner_hosts = ids();
  for (std::uint64_t left = number(3); left > 0; --left) {
    made.peers.push_back({id(), static_cast<transfer::Direction>(number(4)),
                          static_cast<std::uint16_t>(number(65535)), number(1) == 1});
  }
  made.automation = static_cast<transfer::Verdict>(number(2));
  made.scripted = number(1) == 1;
  for (std::uint64_t left = number(3); left > 0; --left) {
    made.reasons.push_back({id(), id(), number(1) == 1 ? std::optional(stamp()) : std::nullopt});
  }
  if (number(1) == 1) {
    made.job = {id(), id()};
  }
  for (auto* const who : {&made.auid, &made.uid, &made.ses}) {
    if (number(3) > 0) {
      *who = static_cast<std::uint32_t>(number(0xffffffff));
    }
  }
  made.process = program();
  made.ppid = static_cast<std::uint32_t>(number(99999));
  made.cwd = id();
  made.script = id();
  made.lineage = static_cast<std::uint32_t>(number(300));
  made.notes = ids();
  for (std::uint64_t left = number(4); left > 0; --left) {
    Connection connection;
    connection.address = number(1) == 1 ? *audit::IpAddress::parse("203.0.113.9")
                                        : *audit::IpAddress::parse("2001:db8::7:1");
    connection.port = static_cast<std::uint16_t>(number(65535));
    connection.exe = static_cast<host::Symbol>(number(5000));
    connection.auid = static_cast<std::uint32_t>(number(0xffffffff));
    connection.role = static_cast<host::Role>(number(4));
    connection.type = static_cast<host::SocketType>(number(3));
    connection.depth = static_cast<std::uint32_t>(number(90));
    for (bool* const flag :
         {&connection.sent_to, &connection.unnamed, &connection.ephemeral,
          &connection.creation_seen, &connection.overlap_unknown, &connection.passed,
          &connection.small_out, &connection.is_32, &connection.untracked, &connection.open_at_end,
          &connection.returned, &connection.opening_unseen, &connection.socket_call,
          &connection.given_away, &connection.begun, &connection.above_lowest}) {
      *flag = number(1) == 1;
    }
    connection.bytes_out = number(1) == 1 ? ~std::uint64_t{0} : number(5000);
    connection.bytes_in = number(5000);
    connection.calls_out = number(100);
    connection.calls_in = number(100);
    connection.messages_out = number(100);
    connection.times = number(100);
    connection.addresses = number(3);
    connection.first = stamp().time;
    connection.last = stamp().time;
    connection.made = place();
    connection.first_write = place();
    for (std::uint64_t calls = number(3); calls > 0; --calls) {
      connection.calls.push_back({static_cast<audit::Call>(number(20)), number(9), number(99999)});
    }
    connection.descriptor = {static_cast<std::uint32_t>(number(0xffffffff)),
                             static_cast<std::uint32_t>(number(99999))};
    connection.by_argv = static_cast<transfer::Direction>(number(4));
    connection.named = static_cast<std::uint32_t>(number(0xffffffff));
    connection.owner_host = static_cast<std::uint32_t>(number(0xffffffff));
    made.connections.push_back(std::move(connection));
  }
  return made;
}

bool same_place(const host::Place& a, const host::Place& b) {
  return a.event == b.event && a.file == b.file && a.line == b.line;
}

bool same(const Connection& a, const Connection& b) {
  const auto values = [](const Connection& l) {
    return std::tie(l.address, l.port, l.exe, l.auid, l.depth, l.role, l.type, l.sent_to, l.unnamed,
                    l.ephemeral, l.creation_seen, l.overlap_unknown, l.passed, l.small_out, l.is_32,
                    l.untracked, l.open_at_end, l.returned, l.opening_unseen, l.socket_call,
                    l.given_away, l.begun, l.above_lowest);
  };
  const auto sums = [](const Connection& l) {
    return std::tie(l.bytes_out, l.bytes_in, l.calls_out, l.calls_in, l.messages_out, l.times,
                    l.addresses, l.first, l.last, l.by_argv, l.named, l.owner_host);
  };
  return values(a) == values(b) && sums(a) == sums(b) && a.descriptor == b.descriptor &&
         same_place(a.made, b.made) && same_place(a.first_write, b.first_write) &&
         std::equal(a.calls.begin(), a.calls.end(), b.calls.begin(), b.calls.end(),
                    [](const host::CallSum& x, const host::CallSum& y) {
                      return x.call == y.call && x.calls == y.calls && x.bytes == y.bytes;
                    });
}

bool same(const Invocation::Program& a, const Invocation::Program& b) {
  return std::tie(a.pid, a.exe, a.comm, a.argv) == std::tie(b.pid, b.exe, b.comm, b.argv);
}

template <typename Part, typename Same>
bool same_list(const std::vector<Part>& a, const std::vector<Part>& b, const Same& same) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

bool same(const Invocation& a, const Invocation& b) {
  const auto values = [](const Invocation& it) {
    return std::tie(it.tool, it.by_argv, it.has_exec, it.argv_cut, it.owner_hosts, it.automation,
                    it.scripted, it.auid, it.uid, it.ses, it.ppid, it.cwd, it.script, it.lineage,
                    it.notes);
  };
  return values(a) == values(b) && same_place(a.began, b.began) && same(a.process, b.process) &&
         a.job.has_value() == b.job.has_value() &&
         (!a.job || (a.job->kind == b.job->kind && a.job->what == b.job->what)) &&
         same_list(a.reasons, b.reasons,
                   [](const auto& x, const auto& y) {
                     return std::tie(x.sign, x.text, x.event) == std::tie(y.sign, y.text, y.event);
                   }) &&
         same_list(a.peers, b.peers,
                   [](const auto& x, const auto& y) {
                     return std::tie(x.host, x.direction, x.port, x.by_default) ==
                            std::tie(y.host, y.direction, y.port, y.by_default);
                   }) &&
         same_list(a.connections, b.connections,
                   [](const Connection& x, const Connection& y) { return same(x, y); });
}

template <typename Use>
void for_each(InvocationStore& store, const Use& use) {
  InvocationStore::Cursor cursor(store);
  Invocation invocation;
  while (cursor.next(invocation)) {
    use(invocation);
  }
}

}  // namespace

TEST_CASE("invocation store: what is packed comes back whole, whatever was unpacked before") {
  Invocation back;
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    Invocation made = invocation_of(seed);
    std::string bytes;
    transfer::pack(made, rules().tools, bytes);
    CHECK(same(made, invocation_of(seed)));  // packing takes nothing
    bytes += "more";
    input::StateReader reader(bytes);
    transfer::Packing(reader, rules().tools).invocation(back);
    CHECK(same(back, invocation_of(seed)));
  }
}

TEST_CASE("invocation store: all come back in the order of their times, across chunks") {
  constexpr std::uint32_t kMany = 5000;  // some chunks of 256 KiB
  InvocationStore store(rules().tools);
  std::vector<audit::TimeMs> lows;
  for (std::uint32_t seed = 0; seed < kMany; ++seed) {
    Invocation made = invocation_of(seed);
    made.ppid = seed;
    lows.push_back(made.low());
    REQUIRE(store.add(made));
  }
  REQUIRE(store.size() == kMany);
  std::sort(lows.begin(), lows.end());
  std::vector<bool> seen(kMany);
  std::size_t at = 0;
  for_each(store, [&](const Invocation& back) {
    CHECK(back.low() == lows.at(at++));
    const std::uint32_t seed = back.ppid;
    Invocation made = invocation_of(seed);
    made.ppid = seed;
    CHECK(same(back, made));
    seen.at(seed) = true;
  });
  CHECK(at == kMany);
  CHECK(std::find(seen.begin(), seen.end(), false) == seen.end());
}

TEST_CASE("invocation store: one larger than any chunk, and none at all") {
  InvocationStore store(rules().tools);
  Invocation made = invocation_of(1);
  CHECK_FALSE(InvocationStore::Cursor(store).next(made));
  made = invocation_of(1);
  std::mt19937 random(7);
  for (int i = 0; i < 200'000; ++i) {
    made.notes.push_back(static_cast<transfer::TextId>(random()));  // does not compress
  }
  Invocation small = invocation_of(2);
  small.began.event.time = made.low() + 1;
  small.connections.clear();
  REQUIRE(store.add(made));
  REQUIRE(store.add(small));
  std::vector<std::size_t> notes;
  for_each(store, [&](const Invocation& back) { notes.push_back(back.notes.size()); });
  CHECK(notes == std::vector<std::size_t>{made.notes.size(), small.notes.size()});
}

TEST_CASE("invocation store: texts are kept once, lists word for word") {
  InvocationStore store(rules().tools);
  const transfer::TextId a = store.intern("/usr/bin/scp");
  CHECK(store.intern("") == 0);
  CHECK(store.intern("/usr/bin/scp") == a);
  CHECK(store.text(a) == "/usr/bin/scp");
  const auto list = [&](std::vector<std::string> words) { return store.intern_list(words); };
  CHECK(list({}) == 0);
  CHECK(list({""}) != 0);
  CHECK(list({"a", "b"}) == list({"a", "b"}));
  CHECK(list({"a", "b"}) != list({"ab"}));
  CHECK(list({"a", ""}) != list({"a"}));
}

TEST_CASE("invocation store: what is forgotten leaves nothing, the rest says the same") {
  constexpr std::uint32_t kMany = 3000;
  InvocationStore store(rules().tools);
  std::uint32_t above = 0;
  for (std::uint32_t i = 0; i < kMany; ++i) {
    Invocation made;
    made.began.event.time = 1000 + i;
    const auto word = [&](const char* what) { return store.intern(what + std::to_string(i)); };
    InvocationStore::Ancestor ancestor;
    ancestor.program.exe = word("/above/");
    ancestor.above = i % 10 == 0 ? 0 : above;
    above = store.add_ancestor(ancestor);
    made.lineage = above;
    made.process.exe = word("/usr/bin/");
    made.notes = {word("note "), store.intern("the same in each")};
    made.connections.emplace_back().last = 1000 + i + (i == 7 ? kMany : 0);  // that one goes on
    made.connections.back().exe = 5 * i + 1;  // of the host's symbols, not of the store's texts
    REQUIRE(store.add(made));
  }
  const std::size_t parts = store.parts();
  store.forget_before(1000 + kMany - 100);
  REQUIRE(store.size() == 101);
  CHECK(store.parts() < parts / 20);
  std::size_t seen = 0;
  for_each(store, [&](const Invocation& back) {
    const auto i = static_cast<std::uint32_t>(back.began.event.time - 1000);
    CHECK((i == 7 || i >= kMany - 100));
    const std::string number = std::to_string(i);
    CHECK(store.text(back.process.exe) == "/usr/bin/" + number);
    CHECK(store.text(back.notes.at(0)) == "note " + number);
    CHECK(store.text(back.notes.at(1)) == "the same in each");
    CHECK(back.connections.at(0).exe == 5 * i + 1);
    std::uint32_t length = 0;
    for (std::uint32_t at = back.lineage; at != 0; at = store.ancestor(at).above) {
      CHECK(store.text(store.ancestor(at).program.exe) == "/above/" + std::to_string(i - length));
      ++length;
    }
    CHECK(length == i % 10 + 1);
    ++seen;
  });
  CHECK(seen == 101);
}

namespace {

/// Texts and ancestors for all numbers that invocation_of() gives.
void fill(InvocationStore& store) {
  for (int i = 0; i <= 300; ++i) {
    static_cast<void>(store.intern("text " + std::to_string(i)));
    static_cast<void>(store.add_ancestor({}));
  }
}

constexpr std::size_t kSymbols = 5001;

std::string state_of(InvocationStore& store) {
  std::string bytes;
  input::StateWriter writer(bytes);
  transfer::StateTools tools;
  tools.walk(writer, store.tools());
  store.walk(writer, tools, kSymbols);
  writer.flush();
  return bytes;
}

void read(std::string_view state, InvocationStore& into) {
  input::StateReader reader(state);
  transfer::StateTools tools;
  tools.walk(reader, into.tools());
  into.walk(reader, tools, kSymbols);
  input::StateReader::refuse_unless(reader.is_at_end());
}

std::string state_of_many(std::uint32_t many) {
  InvocationStore store(rules().tools);
  fill(store);
  for (std::uint32_t seed = 0; seed < many; ++seed) {
    Invocation made = invocation_of(seed);
    made.ppid = seed;
    REQUIRE(store.add(made));
  }
  return state_of(store);
}

}  // namespace

TEST_CASE("invocation store: what is forgotten bit by bit is gone, wherever it lies") {
  constexpr std::uint32_t kMany = 5000;
  InvocationStore store(rules().tools);
  fill(store);
  std::vector<audit::TimeMs> ends;
  for (std::uint32_t seed = 0; seed < kMany; ++seed) {
    Invocation made = invocation_of(seed);
    made.ppid = seed;
    made.lineage = 0;
    for (Connection& connection : made.connections) {
      connection.last = made.began.event.time + 1000 * seed;
    }
    ends.push_back(made.high());
    REQUIRE(store.add(made));
  }
  std::vector<audit::TimeMs> sorted = ends;
  std::sort(sorted.begin(), sorted.end());
  bool any_renumbered = false;
  for (const std::size_t part : {1U, 2U, 500U, 2400U, 4000U, 4990U}) {
    const bool renumbered = store.forget_before(sorted[part]);
    CHECK((part < kMany / 2 ? !renumbered : true));
    any_renumbered = any_renumbered || renumbered;
    CHECK(store.size() == kMany - part);
  }
  CHECK(any_renumbered);
  std::size_t seen = 0;
  for_each(store, [&](const Invocation& back) {
    Invocation made = invocation_of(back.ppid);
    CHECK(back.began.event.time == made.began.event.time);
    CHECK(back.connections.size() == made.connections.size());
    CHECK(ends[back.ppid] >= sorted[4990]);
    ++seen;
  });
  CHECK(seen == kMany - 4990);
}

TEST_CASE("invocation store: a state gives back all, whether the rules are the same or others") {
  constexpr std::uint32_t kMany = 3000;
  const std::string state = state_of_many(kMany);
  std::vector<input::Mistake> mistakes;
  const transfer::Tools fewer = transfer::Tools::load(
      input::parse_rule_file("[tool scp]\nprogram = scp\ngrammar = copy\n", "fewer").sections,
      mistakes);
  for (const transfer::Tools* tools : {&rules().tools, &fewer}) {
    InvocationStore store(*tools);
    read(state, store);
    REQUIRE(store.size() == kMany);
    if (tools == &rules().tools) {
      CHECK(state_of(store) == state);
    }
    std::size_t seen = 0;
    for_each(store, [&](const Invocation& back) {
      Invocation made = invocation_of(back.ppid);
      made.ppid = back.ppid;
      made.tool = made.tool == nullptr ? nullptr : tools->find(made.tool->name);
      CHECK(same(back, made));
      ++seen;
    });
    CHECK(seen == kMany);
  }
}

TEST_CASE("invocation store: a state that somebody changed is refused, or all of it can be read") {
  const std::string state = state_of_many(1500);
  std::mt19937 random(3);
  std::size_t refused = 0;
  for (int i = 0; i < 300; ++i) {
    std::string changed = state;
    for (std::uint64_t left = random() % 3 + 1; left > 0; --left) {
      changed[random() % changed.size()] = static_cast<char>(random());
    }
    InvocationStore store(rules().tools);
    try {
      read(changed, store);
      static_cast<void>(store.forget_before(0));
      for_each(store, [&](const Invocation& back) {
        CHECK(store.text(back.process.exe).size() < state.size());
        CHECK(back.lineage <= store.ancestors());
      });
    } catch (const input::StateRefused&) {
      ++refused;
    }
  }
  CHECK(refused > 100);
}

}  // namespace auexfil::test
