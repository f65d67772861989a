#pragma once

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auexfil/artefacts/collect.hpp"
#include "auexfil/artefacts/matcher.hpp"

namespace auexfil::artefacts::test {

using Files = std::map<std::string, std::string>;

/// An image in memory: folders are what files lie in.
class Image final : public input::Tree {
 public:
  Files files;                               ///< by path
  std::map<std::string, std::string> links;  ///< path -> what it says
  std::map<std::string, int> refused;        ///< paths that cannot be read

  Image() = default;
  explicit Image(Files them) : files(std::move(them)) {}

  int stat(const std::string& path, Info& info) const override {
    const std::string real = real_path(path);
    info = {};
    if (const auto file = files.find(real); file != files.end()) {
      info.kind = Kind::file;
      info.bytes = file->second.size();
      return 0;
    }
    info.kind = Kind::folder;
    return is_folder(real) ? 0 : ENOENT;
  }

  int list(const std::string& folder, std::vector<Entry>& entries) const override {
    if (const auto no = refused.find(folder); no != refused.end()) {
      return no->second;
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
    return is_folder(folder) ? 0 : ENOENT;
  }

  int read_link(const std::string& path, std::string& target) const override {
    const auto link = links.find(path);
    if (link == links.end()) {
      return EINVAL;
    }
    target = link->second;
    return 0;
  }

  std::string real_path(const std::string& path) const override {
    const auto link = links.find(path);
    return link == links.end() ? path : link->second;
  }

  std::unique_ptr<input::ByteSource> open(const std::string& path, int& error) const override {
    const std::string real = real_path(path);
    const auto file = files.find(real);
    const auto no = refused.find(real);
    if (file == files.end() || no != refused.end()) {
      error = no != refused.end() ? no->second : ENOENT;
      return nullptr;
    }
    return std::make_unique<Bytes>(file->second);
  }

  int last_byte(const std::string& /*path*/) const override { return -1; }

 private:
  class Bytes final : public input::ByteSource {
   public:
    explicit Bytes(std::string_view bytes) : rest_(bytes) {}
    std::size_t read(char* to, std::size_t size) override {
      const std::size_t part = std::min(size, rest_.size());
      std::copy_n(rest_.data(), part, to);
      rest_.remove_prefix(part);
      return part;
    }
    [[nodiscard]] int error() const noexcept override { return 0; }

   private:
    std::string_view rest_;
  };

  [[nodiscard]] bool is_folder(const std::string& path) const {
    const auto lies_in = [&](const auto& file) { return file.first.starts_with(path + "/"); };
    return std::any_of(files.begin(), files.end(), lies_in) ||
           std::any_of(links.begin(), links.end(), lies_in);
  }
};

using Lines = std::vector<std::string>;

/// "KIND WHERE USER [SCHEDULE] COMMAND" of each artefact.
inline Lines told(const std::vector<Artefact>& artefacts) {
  Lines lines;
  for (const Artefact& one : artefacts) {
    std::string line(to_word(one.kind));
    line.append(" ").append(one.where()).append(" ").append(one.user.empty() ? "-" : one.user);
    line.append(" [").append(one.schedule).append("] ").append(one.command);
    lines.push_back(line);
  }
  return lines;
}

/// Words of each command with blanks between, what only the run knows as *, commands parted by |.
inline std::string told(const std::vector<Words>& commands) {
  std::string text;
  for (const Words& words : commands) {
    text.append(text.empty() ? "" : " | ");
    for (std::size_t i = 0; i < words.size(); ++i) {
      text.append(i == 0 ? "" : " ");
      for (std::size_t part = 0; part < words[i].pieces.size(); ++part) {
        text.append(part == 0 ? "" : "*").append(words[i].pieces[part]);
      }
      text.append(words[i].any_count ? "..." : "");
    }
  }
  return text;
}

}  // namespace auexfil::artefacts::test
