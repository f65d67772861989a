#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <new>
#include <string>
#include <unistd.h>
#include <utility>

#include <catch2/catch.hpp>

#include "auexfil/audit/read_log.hpp"
#include "auexfil/flow/read_flows.hpp"
#include "auexfil/host/tracker.hpp"

namespace {

std::atomic<std::uint64_t> allocations{0};

void* count(std::size_t size) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size);
}

void* count_or_throw(std::size_t size) {
  if (void* const memory = count(size)) {
    return memory;
  }
  throw std::bad_alloc();
}

}  // namespace

// All forms: what one of a sanitizer's own gave, free() would not take.
void* operator new(std::size_t size) {
  return count_or_throw(size);
}
void* operator new[](std::size_t size) {
  return count_or_throw(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return count(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return count(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}

namespace {

using namespace auexfil;

struct Deaf final : host::Tracker::Listener {
  void on_exec(host::ProgramIndex) override {}
  void on_socket(const host::Socket&) override {}
  void on_local(host::ProgramIndex, std::string_view, bool, host::Place) override {}
};

/// A host that connects, writes, opens and closes, forks and execs, event after event.
std::string busy_log(std::uint32_t events) {
  std::string text;
  std::uint32_t serial = 0;
  const auto call = [&](const std::string& what, std::uint32_t pid) {
    ++serial;
    const std::string stamp = "audit(1796173000." + std::to_string(100 + serial / 50 % 900) + ":" +
                              std::to_string(serial) + ")";
    text += "type=SYSCALL msg=" + stamp + ": arch=c000003e " + what +
            " items=0 ppid=1 pid=" + std::to_string(pid) +
            " auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=3 "
            "comm=\"curl\" exe=\"/usr/bin/curl\" subj=unconfined key=\"all\"\n";
    return stamp;
  };
  while (serial < events) {
    for (std::uint32_t pid = 500; pid < 540; ++pid) {
      call("syscall=41 success=yes exit=3 a0=2 a1=80001 a2=6 a3=0", pid);
      const std::string stamp = call("syscall=42 success=yes exit=0 a0=3 a1=7ffe a2=10 a3=0", pid);
      text += "type=SOCKADDR msg=" + stamp + ": saddr=02000016CB0071090000000000000000\n";
      text += "type=PROCTITLE msg=" + stamp + ": proctitle=\"curl\"\n";
      call("syscall=44 success=yes exit=300 a0=3 a1=7ffe a2=12c a3=0", pid);
      call("syscall=257 success=yes exit=4 a0=ffffff9c a1=7ffe a2=80000 a3=0", pid);
      call("syscall=1 success=yes exit=4096 a0=4 a1=7ffe a2=1000 a3=0", pid);
      call("syscall=3 success=yes exit=0 a0=4 a1=0 a2=0 a3=0", pid);
      call("syscall=3 success=yes exit=0 a0=3 a1=0 a2=0 a3=0", pid);
    }
  }
  return text;
}

std::uint64_t allocations_of(std::uint32_t events) {
  const std::string path = "/tmp/auexfil-alloc-" + std::to_string(getpid()) + ".log";
  std::ofstream(path, std::ios::binary) << busy_log(events);
  input::LogSet set;
  set.files.push_back({path, path, 0});
  std::uint64_t counted = 0;
  {
    input::BlockReader reader(set, {std::size_t{64} << 10, std::size_t{1} << 20});
    Deaf deaf;
    host::Tracker tracker({}, deaf);
    audit::ReadOptions options;
    options.detail = audit::Detail::followed;
    const std::uint64_t before = allocations.load();
    const audit::ReadResult result =
        audit::read_log(reader, options, [&](const audit::Event& event) { tracker.take(event); });
    counted = allocations.load() - before;
    REQUIRE(result.events >= events);
    tracker.finish();
  }
  unlink(path.c_str());
  return counted;
}

}  // namespace

/// Allocations of reading so many records of flows.
std::uint64_t allocations_of_flows(const std::string& head, const std::string& record,
                                   std::size_t count) {
  struct Ignored final : flow::FlowSink {
    void on_flow(const flow::FlowRecord&) override {}
  };
  const std::string path = "/tmp/auexfil-alloc-flows-" + std::to_string(getpid());
  {
    std::ofstream out(path, std::ios::binary);
    out << head;
    for (std::size_t i = 0; i < count; ++i) {
      out << record;
    }
  }
  flow::FlowReader reader;
  Ignored sink;
  const std::uint64_t before = allocations.load();
  const flow::FileReport report = reader.read({path, path, 0}, 0, sink);
  const std::uint64_t counted = allocations.load() - before;
  unlink(path.c_str());
  REQUIRE(report.flows == count);
  return counted;
}

TEST_CASE("a warm reader of flows allocates nothing a record") {
  const std::string ends =
      R"("src_ip":"10.0.0.1","src_port":50001,"dest_ip":"203.0.113.9","dest_port":22,"proto":"TCP")";
  const std::pair<std::string, std::string> formats[] = {
      {"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\t"
       "orig_bytes\tresp_bytes\tconn_state\thistory\n",
       "1796173221.609873\tCbc078327db387ff4\t10.20.30.1\t47960\t10.20.30.40\t22\ttcp\tssh\t"
       "0.092033\t77\t295\tSF\tShADadFf\n"},
      {"firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes\n",
       "2026-12-02 01:00:21.500,2.000,TCP,10.0.0.1,50001,203.0.113.9,22,9,4000\n"},
      {"", R"({"ts":1796173221.5,"uid":"C1","id.orig_h":"10.0.0.1","id.orig_p":5,)"
           R"("id.resp_h":"10.0.0.2","id.resp_p":22,"proto":"tcp","conn_state":"SF"})"
           "\n"},
      {"", R"({"timestamp":"2026-12-02T01:00:00.000000+0000","flow_id":5864,"event_type":"flow",)" +
               ends +
               R"(,"flow":{"bytes_toserver":4884,"bytes_toclient":7392,)"
               R"("start":"2026-12-02T00:59:00.000000+0000"}})"
               "\n"},
      {"",
       "[1796173221.876032] [DESTROY] tcp 6 src=10.0.0.1 dst=192.0.2.9 sport=5 dport=9 packets=2 "
       "bytes=563 src=192.0.2.9 dst=10.0.0.1 sport=9 dport=5 packets=1 bytes=62 id=7\n"}};
  for (const auto& [head, record] : formats) {
    const std::uint64_t some = allocations_of_flows(head, record, 20'000);
    const std::uint64_t twice = allocations_of_flows(head, record, 40'000);
    INFO(record << some << " allocations for 20 000 records, " << twice << " for 40 000");
    CHECK(twice < some + 100);
  }
}

TEST_CASE("a warm reader and tracker allocate nothing a line or an event") {
  const std::uint64_t some = allocations_of(100'000);
  const std::uint64_t twice = allocations_of(200'000);
  INFO("allocations: " << some << " for 100 000 events, " << twice << " for 200 000");
  // What is allocated is for warming up: the second hundred thousand needs next to none.
  CHECK(twice < some + 100);
}
