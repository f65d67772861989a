#include <cerrno>
#include <deque>
#include <filesystem>
#include <system_error>
#include <vector>

#include "auexfil/input/disk_image.hpp"
#include "own_log.hpp"

namespace auexfil::input {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxLinks = 40;  // as the kernel's MAXSYMLINKS

/// Puts the parts of a path before those that are still to go.
void push_front(std::deque<std::string>& to_go, const fs::path& path) {
  std::vector<std::string> parts;
  for (const auto& part : path.relative_path()) {
    if (!part.empty() && part != ".") {
      parts.push_back(part.string());
    }
  }
  to_go.insert(to_go.begin(), parts.begin(), parts.end());
}

}  // namespace

Resolved try_resolve_inside(const std::string& root, std::string_view path) {
  std::error_code error;
  const fs::path top = fs::absolute(root, error);
  std::deque<std::string> to_go;
  push_front(to_go, fs::path(path));
  std::vector<fs::path> trail = {top};  // trail.back() is where we stand; never above top
  int links = 0;
  while (!to_go.empty()) {
    const std::string part = to_go.front();
    to_go.pop_front();
    if (part == "..") {
      if (trail.size() > 1) {
        trail.pop_back();
      }
      continue;
    }
    const fs::path next = trail.back() / part;
    const fs::file_status status = fs::symlink_status(next, error);
    if (!fs::exists(status)) {
      return {{}, error ? error.value() : ENOENT};
    }
    if (!fs::is_symlink(status)) {
      trail.push_back(next);
      continue;
    }
    const fs::path target = fs::read_symlink(next, error);
    if (error) {
      return {{}, error.value()};
    }
    if (++links > kMaxLinks) {
      return {{}, ELOOP};
    }
    if (target.is_absolute()) {
      trail.resize(1);
    }
    push_front(to_go, target);
  }
  return {trail.back().string(), 0};
}

std::string resolve_inside(const std::string& root, std::string_view path) {
  return try_resolve_inside(root, path).path;
}

}  // namespace auexfil::input
