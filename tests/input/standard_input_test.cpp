#include <fcntl.h>
#include <string>
#include <thread>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "auexfil/input/logs.hpp"
#include "files.hpp"

using namespace auexfil::input;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::input::test;  // NOLINT(google-build-using-namespace): a test

namespace {

/// Puts a pipe in the place of standard input and writes `content` into it, a few bytes a time.
std::string read_piped(const std::string& content) {
  int ends[2] = {};
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  dup2(ends[0], STDIN_FILENO);
  close(ends[0]);
  std::thread writer([&content, fd = ends[1]] {
    for (std::size_t at = 0; at < content.size();) {
      const ssize_t wrote =
          write(fd, content.data() + at, std::min<std::size_t>(777, content.size() - at));
      if (wrote <= 0) {
        break;
      }
      at += static_cast<std::size_t>(wrote);
    }
    close(fd);
  });
  std::string text;
  const auto found = find_logs({"-"});
  BlockReader reader(found.sets.at(0), {1024, 4096});
  while (auto block = reader.next()) {
    text += block->bytes;
    reader.recycle(std::move(block));
  }
  writer.join();
  if (saved >= 0) {
    dup2(saved, STDIN_FILENO);
    close(saved);
  }
  CHECK(reader.problems().empty());
  CHECK(reader.bytes_consumed() == content.size());
  return text;
}

}  // namespace

TEST_CASE("standard input: a pipe is read like a file, compressed or not") {
  const std::string text = records(5000);
  CHECK((read_piped(text) == text));
  for (const char* filter : filters()) {
    CHECK((read_piped(packed(text, filter)) == text));
  }
}
