#include "auexfil/host/descriptors.hpp"

#include <catch2/catch.hpp>

namespace auexfil::host {
namespace {

/// Sockets 0 to 19, and how often each is held.
struct Sockets : SocketTable {
  Sockets() : SocketTable(20) {
    for (int i = 0; i < 20; ++i) {
      static_cast<void>(make());
    }
  }
  [[nodiscard]] std::uint32_t held(std::uint32_t socket) const {
    return (*this)[SocketIndex(socket)].refs;
  }
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
  Sockets sockets;
  DescriptorTables tables(100, 1000);
  const FilesIndex parent = tables.make();
  tables.set(sockets, parent, 3, socket(7));
  const FilesIndex child = tables.fork(parent);
  CHECK(sockets.held(7) == 1);
  tables.close(sockets, child, 3);
  CHECK(sockets.held(7) == 1);
  CHECK(tables.get(parent, 3).object == 7);
  CHECK(tables.get(child, 3).kind == Descriptor::Kind::unknown);
  tables.leave(sockets, parent);
  CHECK(sockets.held(7) == 0);
  tables.leave(sockets, child);
}

TEST_CASE("descriptors: a shared table is one for all its users until one execs") {
  Sockets sockets;
  DescriptorTables tables(100, 1000);
  const FilesIndex files = tables.make();
  tables.set(sockets, files, 3, socket(7, true));
  CHECK(tables.share(files) == files);
  const FilesIndex own = tables.unshare(files);
  CHECK(own != files);
  tables.exec(sockets, own);
  CHECK(tables.get(own, 3).kind == Descriptor::Kind::unknown);
  CHECK(tables.get(files, 3).object == 7);
}

TEST_CASE("descriptors: replacing, closing and leaving let go exactly once") {
  Sockets sockets;
  DescriptorTables tables(100, 1000);
  const FilesIndex files = tables.make();
  tables.set(sockets, files, 3, socket(1));
  tables.set(sockets, files, 3, socket(2));
  tables.set(sockets, files, 4, socket(2));
  CHECK(sockets.held(1) == 0);
  CHECK(sockets.held(2) == 2);
  tables.close_range(sockets, files, 4, 0xffffffffU, false);
  CHECK(sockets.held(2) == 1);
  tables.close(sockets, files, 99);
  tables.leave(sockets, files);
  CHECK(sockets.held(2) == 0);
}

TEST_CASE("descriptors: exec closes what is marked and doubts what may be") {
  Sockets sockets;
  DescriptorTables tables(100, 1000);
  const FilesIndex files = tables.make();
  Descriptor unseen = socket(5);
  unseen.flag_unseen = true;
  tables.set(sockets, files, 3, socket(4, true));
  tables.set(sockets, files, 4, unseen);
  tables.set(sockets, files, 5, socket(6));
  tables.exec(sockets, files);
  CHECK(tables.get(files, 3).kind == Descriptor::Kind::unknown);
  CHECK(tables.get(files, 4).doubtful);
  CHECK_FALSE(tables.get(files, 5).doubtful);
  tables.exec(sockets, files);
  CHECK(tables.get(files, 4).object == 5);
}

TEST_CASE("descriptors: F_SETFD tells what was unseen") {
  Sockets sockets;
  DescriptorTables tables(100, 1000);
  const FilesIndex files = tables.make();
  Descriptor unseen = socket(5);
  unseen.flag_unseen = true;
  tables.set(sockets, files, 4, unseen);
  tables.set_close_on_exec(sockets, files, 4, false);
  tables.exec(sockets, files);
  CHECK_FALSE(tables.get(files, 4).doubtful);
  tables.set_close_on_exec(sockets, files, 4, true);
  tables.exec(sockets, files);
  CHECK(tables.get(files, 4).kind == Descriptor::Kind::unknown);
}

TEST_CASE("descriptors: bounds of one table and of all are counted") {
  Sockets sockets;
  DescriptorTables tables(10, 25);
  const FilesIndex files = tables.make();
  for (std::uint32_t fd = 0; fd < 15; ++fd) {
    tables.set(sockets, files, fd, socket(fd));
  }
  CHECK(tables.refused() == 5);
  const FilesIndex second = tables.fork(files);
  const FilesIndex third = tables.fork(files);
  tables.close(sockets, second, 0);
  tables.close(sockets, third, 0);  // a third table of ten does not fit: it goes on with none
  CHECK(tables.get(second, 5).object == 5);
  CHECK(tables.get(third, 5).kind == Descriptor::Kind::unknown);
  CHECK(tables.refused() == 6);
  tables.leave(sockets, files);
  tables.leave(sockets, second);
  tables.leave(sockets, third);
  for (std::uint32_t i = 0; i < 20; ++i) {
    CHECK(sockets.held(i) == 0);
  }
}

}  // namespace auexfil::host
