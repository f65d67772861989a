#include "auexfil/input/archive.hpp"

#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "auexfil/input/logs.hpp"
#include "fuzz.hpp"

// An archive of any content: its members are walked and read, within bounds.

using namespace auexfil::input;  // NOLINT(google-build-using-namespace): a test
using auexfil::fuzz::expect;

namespace {

constexpr std::uint64_t kMostUnpacked = std::uint64_t{1} << 20;
constexpr std::uint64_t kSlack = std::uint64_t{1} << 19;  // a piece of what a library hands on

void walk(const Tree& tree, const std::string& folder, int depth) {
  std::vector<Tree::Entry> entries;
  static_cast<void>(tree.list(folder, entries));
  for (const Tree::Entry& entry : entries) {
    expect(!entry.name.empty() && entry.name.find('/') == std::string::npos && entry.name != "..",
           "a name is one part of a path");
    const std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
    Tree::Info info;
    if (tree.stat(path, info) != 0) {
      expect(entry.kind == Tree::Kind::link, "what is listed is there");
      continue;
    }
    if (entry.kind == Tree::Kind::folder && depth < 8) {
      walk(tree, path, depth + 1);
    }
    int error = 0;
    if (const auto source = tree.open(path, error)) {
      std::vector<char> piece(4096);
      std::uint64_t bytes = 0;
      while (const std::size_t got = source->read(piece.data(), piece.size())) {
        bytes += got;
      }
      expect(bytes <= kMostUnpacked + kSlack, "no more is unpacked than may be");
    } else {
      expect(error != 0, "an error has a number");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = memfd_create("fuzz", 0);
  expect(file >= 0 && ftruncate(file, 0) == 0, "a file in memory");
  expect(size == 0 || pwrite(file, data, size, 0) == static_cast<ssize_t>(size), "pwrite");
  const std::string path = "/proc/self/fd/" + std::to_string(file);
  const Archive archive = open_archive({path, "x", size}, archive_budget(), kMostUnpacked);
  if (archive.tree != nullptr) {
    walk(*archive.tree, "", 0);
  } else {
    expect(!archive.problems.empty(), "it is said why there is none");
  }
  return 0;
}
