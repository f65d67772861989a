#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "auexfil/input/logs.hpp"
#include "fuzz.hpp"

// A log file of any content (plain, gzip, zstd, xz, bzip2), in blocks of two sizes.

using namespace auexfil::input;  // NOLINT(google-build-using-namespace): a test
using auexfil::fuzz::expect;

namespace {

constexpr std::size_t kMaxText = std::size_t{1} << 20;  // of a file that unpacks without end

/// A file in memory, written anew for every input.
class MemoryFile {
 public:
  MemoryFile() : fd_(memfd_create("fuzz", 0)), path_("/proc/self/fd/" + std::to_string(fd_)) {
    expect(fd_ >= 0, "memfd_create");
  }
  void write(const std::uint8_t* data, std::size_t size) const {
    expect(ftruncate(fd_, 0) == 0, "ftruncate");
    expect(size == 0 || pwrite(fd_, data, size, 0) == static_cast<ssize_t>(size), "pwrite");
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  int fd_;
  std::string path_;
};

struct Reading {
  std::string text;
  bool whole = true;
  std::size_t problems{};
  std::uint64_t overlong{};
};

Reading read(const LogSet& set, BlockReader::Options options) {
  BlockReader reader(set, options);
  Reading reading;
  bool first = true;
  bool ended = false;  // by a block without its newline
  while (BlockPtr block = reader.next()) {
    expect(!ended, "only the last block lacks its newline");
    expect(!block->bytes.empty(), "no empty block");
    expect(block->starts_file == first, "the first block starts the file");
    first = false;
    expect(block->first_byte >= reading.text.size() &&
               (reader.overlong_bytes() > 0 || block->first_byte == reading.text.size()),
           "blocks say where they are");
    reading.text += block->bytes;
    ended = block->bytes.back() != '\n';
    reader.recycle(std::move(block));
    if (reading.text.size() > kMaxText) {
      reading.whole = false;
      break;
    }
  }
  expect(!reading.whole || reader.bytes_delivered() == reading.text.size(), "bytes are counted");
  expect((reader.overlong_lines() == 0) == (reader.overlong_bytes() == 0),
         "lines that were cut lost bytes");
  reading.problems = reader.problems().size();
  reading.overlong = reader.overlong_lines();
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const MemoryFile file;
  file.write(data, size);
  LogSet set;
  set.files.push_back({file.path(), "audit.log", size});
  const Reading large = read(set, {std::size_t{64} << 10, std::size_t{1} << 21});
  const Reading small = read(set, {1024, std::size_t{1} << 21});
  expect(!large.whole || small.whole || large.problems > 0, "block size changes no end");
  if (large.whole && small.whole) {
    expect(small.problems == large.problems, "block size: the same problems");
    // What a library hands on of the damaged piece itself depends on how much it was asked for.
    expect(large.problems > 0
               ? large.text.starts_with(small.text) || small.text.starts_with(large.text)
               : large.text == small.text,
           "block size changes nothing");
  }
  const Reading cut = read(set, {1024, 128});
  expect(cut.text.size() <= kMaxText + 2048 &&
             (cut.overlong > 0 || cut.text == small.text || !small.whole || !cut.whole),
         "only overlong lines are cut");
  return 0;
}
