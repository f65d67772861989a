#include "weigh.hpp"

#include <algorithm>
#include <vector>

namespace auexfil::artefacts {
namespace {

constexpr std::uint64_t kTarBlock = 512;

}  // namespace

std::optional<Scales::Weight> Scales::weigh(const std::string& path, bool whole) {
  input::Tree::Info info;
  if (image_.stat(path, info) != 0) {
    return std::nullopt;
  }
  Weight weight;
  if (info.kind == input::Tree::Kind::file) {
    add_file(info, weight);
    return weight;
  }
  if (info.kind != input::Tree::Kind::folder || !whole) {
    return std::nullopt;
  }
  add_folder(path, 0, weight);
  return weight;
}

void Scales::add_file(const input::Tree::Info& info, Weight& weight) {
  const bool is_link =
      counts_links_once_ && info.inode != 0 && !seen_.emplace(info.device, info.inode).second;
  const std::uint64_t bytes = is_link ? 0 : info.bytes;
  const std::uint64_t blocks = bytes / kTarBlock + (bytes % kTarBlock == 0 ? 1U : 2U);
  weight.bytes = add_bytes(weight.bytes, bytes);
  weight.as_tar = blocks > ~std::uint64_t{0} / kTarBlock
                      ? ~std::uint64_t{0}
                      : add_bytes(weight.as_tar, blocks * kTarBlock);
  weight.changed = std::max(weight.changed, info.changed);
  ++weight.files;
}

/// Links are not followed: what they lead to is not sent, or lies somewhere else.
void Scales::add_folder(const std::string& path, unsigned depth, Weight& weight) {
  ++weight.folders;
  weight.as_tar = add_bytes(weight.as_tar, kTarBlock);
  std::vector<input::Tree::Entry> entries;
  if (depth >= bounds_.depth || image_.list(path, entries) != 0) {
    is_bounded_ = true;
  }
  for (const input::Tree::Entry& entry : entries) {
    if (entries_ >= bounds_.entries || all_entries_ >= bounds_.all_entries) {
      is_bounded_ = true;
      return;
    }
    ++entries_;
    ++all_entries_;
    const std::string inner = (path == "/" ? path : path + "/") + entry.name;
    if (entry.kind == input::Tree::Kind::folder) {
      add_folder(inner, depth + 1, weight);
      continue;
    }
    input::Tree::Info info;
    if (entry.kind == input::Tree::Kind::file && image_.stat(inner, info) == 0 &&
        info.kind == input::Tree::Kind::file) {
      add_file(info, weight);
    }
  }
}

}  // namespace auexfil::artefacts
