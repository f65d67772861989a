#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <new>
#include <string>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "auexfil/audit/read_log.hpp"
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

TEST_CASE("a warm reader and tracker allocate nothing a line or an event") {
  const std::uint64_t some = allocations_of(100'000);
  const std::uint64_t twice = allocations_of(200'000);
  INFO("allocations: " << some << " for 100 000 events, " << twice << " for 200 000");
  // What is allocated is for warming up: the second hundred thousand needs next to none.
  CHECK(twice < some + 100);
}
