#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auexfil/input/tree.hpp"

namespace auexfil::input::test {

/// A tree in memory: folders are what files lie in.
class MemoryTree : public Tree {
 public:
  std::map<std::string, std::string> files;    ///< by path
  std::map<std::string, std::string> links;    ///< path -> where it leads
  std::map<std::string, std::size_t> broken;   ///< files that end with an error after so many bytes
  std::map<std::string, int> refused;          ///< what cannot be opened or listed
  std::map<std::string, std::uint64_t> sizes;  ///< of files that claim to be larger
  std::map<std::string, std::int64_t> changed;  ///< times of files
  std::map<std::string, std::uint32_t> modes;   ///< of files; others have none

  MemoryTree() = default;
  explicit MemoryTree(std::map<std::string, std::string> them) : files(std::move(them)) {}

  int stat(const std::string& path, Info& info) const override {
    const std::string real = real_path(path);
    if (const auto file = files.find(real); file != files.end()) {
      info = {Kind::file, file->second.size(), 1,
              static_cast<std::uint64_t>(std::distance(files.begin(), file)) + 1};
      if (const auto size = sizes.find(real); size != sizes.end()) {
        info.bytes = size->second;
      }
      if (const auto mode = modes.find(real); mode != modes.end()) {
        info.mode = mode->second;
      }
      if (const auto time = changed.find(real); time != changed.end()) {
        info.changed = time->second;
      }
      return 0;
    }
    info.kind = Kind::folder;
    return is_folder(real) ? 0 : ENOENT;
  }

  int list(const std::string& folder, std::vector<Entry>& entries) const override {
    if (const auto no = refused.find(folder); no != refused.end()) {
      return no->second;
    }
    if (!is_folder(folder)) {
      return ENOENT;
    }
    std::map<std::string, Kind> found;
    const auto add = [&](const std::string& path, Kind kind) {
      if (path.starts_with(folder + "/") && path.size() > folder.size() + 1) {
        const std::string below = path.substr(folder.size() + 1);
        const std::size_t slash = below.find('/');
        found.emplace(below.substr(0, slash), slash == std::string::npos ? kind : Kind::folder);
      }
    };
    for (const auto& [path, text] : files) {
      add(path, Kind::file);
    }
    for (const auto& [path, target] : links) {
      add(path, Kind::link);
    }
    for (const auto& [name, kind] : found) {
      entries.push_back({name, kind});
    }
    return 0;
  }

  int read_link(const std::string& path, std::string& target) const override {
    Info info;
    const auto link = links.find(path);
    if (link != links.end()) {
      target = link->second;
      return 0;
    }
    return stat(path, info) == 0 ? EINVAL : ENOENT;
  }

  std::string real_path(const std::string& path) const override {
    const auto link = links.find(path);
    return link == links.end() ? path : link->second;
  }

  std::unique_ptr<ByteSource> open(const std::string& path, int& error) const override {
    const std::string real = real_path(path);
    const auto file = files.find(real);
    if (const auto no = refused.find(real); no != refused.end() || file == files.end()) {
      error = no == refused.end() ? ENOENT : no->second;
      return nullptr;
    }
    const auto end = broken.find(real);
    return std::make_unique<Bytes>(
        std::string_view(file->second)
            .substr(0, end == broken.end() ? std::string::npos : end->second),
        end != broken.end());
  }

 private:
  class Bytes final : public ByteSource {
   public:
    Bytes(std::string_view text, bool breaks) : rest_(text), breaks_(breaks) {}
    std::size_t read(char* to, std::size_t size) override {
      const std::size_t part = std::min({size, rest_.size(), std::size_t{7}});
      std::copy_n(rest_.begin(), part, to);
      rest_.remove_prefix(part);
      errno_ = part == 0 && breaks_ ? EIO : 0;
      return part;
    }
    [[nodiscard]] int error() const noexcept override { return errno_; }

   private:
    std::string_view rest_;
    bool breaks_;
    int errno_ = 0;
  };

  [[nodiscard]] bool is_folder(const std::string& path) const {
    const auto lies_in = [&](const auto& one) { return one.first.starts_with(path + "/"); };
    return std::any_of(files.begin(), files.end(), lies_in) ||
           std::any_of(links.begin(), links.end(), lies_in);
  }
};

}  // namespace auexfil::input::test
