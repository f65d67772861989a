#include "auexfil/host/descriptors.hpp"

#include <map>

#include <catch2/catch.hpp>

namespace auexfil::host {
namespace {

struct Counted final : DescriptorTables::Hold {
  void hold(std::uint32_t socket) override { ++held[socket]; }
  void drop(std::uint32_t socket) override { --held[socket]; }
  std::map<std::uint32_t, int> held;
};

Descriptor socket(std::uint32_t object, bool close_on_exec = false) {
  Descriptor descriptor;
  descriptor.kind = Descriptor::Kind::socket;
  descriptor.object = object;
  descriptor.close_on_exec = close_on_exec;
  return descriptor;
}

}  // namespace

TEST_CASE("descriptors: a fork costs nothing until one side changes") {
  Counted counted;
  DescriptorTables tables(counted, 100, 1000);
  const std::uint32_t parent = tables.make();
  tables.set(parent, 3, socket(7));
  const std::uint32_t child = tables.fork(parent);
  CHECK(counted.held[7] == 1);
  tables.close(child, 3);
  CHECK(counted.held[7] == 1);
  CHECK(tables.get(parent, 3).object == 7);
  CHECK(tables.get(child, 3).kind == Descriptor::Kind::unknown);
  tables.leave(parent);
  CHECK(counted.held[7] == 0);
  tables.leave(child);
}

TEST_CASE("descriptors: a shared table is one for all its users until one execs") {
  Counted counted;
  DescriptorTables tables(counted, 100, 1000);
  const std::uint32_t files = tables.make();
  tables.set(files, 3, socket(7, true));
  CHECK(tables.share(files) == files);
  const std::uint32_t own = tables.unshare(files);
  CHECK(own != files);
  tables.exec(own);
  CHECK(tables.get(own, 3).kind == Descriptor::Kind::unknown);
  CHECK(tables.get(files, 3).object == 7);
}

TEST_CASE("descriptors: replacing, closing and leaving let go exactly once") {
  Counted counted;
  DescriptorTables tables(counted, 100, 1000);
  const std::uint32_t files = tables.make();
  tables.set(files, 3, socket(1));
  tables.set(files, 3, socket(2));
  tables.set(files, 4, socket(2));
  CHECK(counted.held == std::map<std::uint32_t, int>{{1, 0}, {2, 2}});
  tables.close_range(files, 4, 0xffffffffU, false);
  CHECK(counted.held[2] == 1);
  tables.close(files, 99);
  tables.leave(files);
  CHECK(counted.held[2] == 0);
}

TEST_CASE("descriptors: exec closes what is marked and doubts what may be") {
  Counted counted;
  DescriptorTables tables(counted, 100, 1000);
  const std::uint32_t files = tables.make();
  Descriptor unseen = socket(5);
  unseen.flag_unseen = true;
  tables.set(files, 3, socket(4, true));
  tables.set(files, 4, unseen);
  tables.set(files, 5, socket(6));
  tables.exec(files);
  CHECK(tables.get(files, 3).kind == Descriptor::Kind::unknown);
  CHECK(tables.get(files, 4).doubtful);
  CHECK_FALSE(tables.get(files, 5).doubtful);
  tables.exec(files);
  CHECK(tables.get(files, 4).object == 5);
}

TEST_CASE("descriptors: F_SETFD tells what was unseen") {
  Counted counted;
  DescriptorTables tables(counted, 100, 1000);
  const std::uint32_t files = tables.make();
  Descriptor unseen = socket(5);
  unseen.flag_unseen = true;
  tables.set(files, 4, unseen);
  tables.set_close_on_exec(files, 4, false);
  tables.exec(files);
  CHECK_FALSE(tables.get(files, 4).doubtful);
  tables.set_close_on_exec(files, 4, true);
  tables.exec(files);
  CHECK(tables.get(files, 4).kind == Descriptor::Kind::unknown);
}

TEST_CASE("descriptors: bounds of one table and of all are counted") {
  Counted counted;
  DescriptorTables tables(counted, 10, 25);
  const std::uint32_t files = tables.make();
  for (std::uint32_t fd = 0; fd < 15; ++fd) {
    tables.set(files, fd, socket(fd));
  }
  CHECK(tables.refused() == 5);
  const std::uint32_t second = tables.fork(files);
  const std::uint32_t third = tables.fork(files);
  tables.close(second, 0);
  tables.close(third, 0);  // a third table of ten does not fit: it goes on with none
  CHECK(tables.get(second, 5).object == 5);
  CHECK(tables.get(third, 5).kind == Descriptor::Kind::unknown);
  CHECK(tables.refused() == 6);
  tables.leave(files);
  tables.leave(second);
  tables.leave(third);
  for (const auto& [object, times] : counted.held) {
    CHECK(times == 0);
  }
}

}  // namespace auexfil::host
