#include "journal_file.hpp"

#include <cstdint>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "files.hpp"

namespace auexfil::input {
namespace {

/// struct Header of systemd's journal-def.h, of a file in which nothing was written yet.
std::string empty_journal() {
  constexpr std::size_t kHeader = 272;
  constexpr std::size_t kHeaderSize = 88;
  std::string bytes(4096, '\0');
  bytes.replace(0, 8, "LPKSHHRH");
  bytes[kHeaderSize] = static_cast<char>(kHeader & 0xffU);
  bytes[kHeaderSize + 1] = static_cast<char>(kHeader >> 8U);
  return bytes;
}

bool is_open(int fd) {
  return fcntl(fd, F_GETFD) != -1;
}

// libsystemd closes what it was given. Closed twice, another thread's file goes in its place.
TEST_CASE("journal file: the descriptor stays the caller's") {
  const test::TempFolder folder;
  struct Row {
    const char* name;
    std::string bytes;
  };
  const Row rows[] = {{"empty", empty_journal()}, {"none", "LPKSHHRH and no more"}};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const int fd = ::open(folder.write(row.name, row.bytes).c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(fd >= 0);
    const int next = ::dup(fd);
    ::close(next);  // the lowest that is free
    {
      const JournalFile file(fd, {});
      CAPTURE(file.fault());
      const bool is_built_without = file.fault().find("without libsystemd") != std::string::npos;
      CHECK((is_built_without || file.fault().empty() == (row.bytes.size() > 1000)));
    }
    CHECK(is_open(fd));
    CHECK_FALSE(is_open(next));
    ::close(fd);
  }
}

}  // namespace
}  // namespace auexfil::input
