#include "auexfil/host/paths.hpp"

#include <algorithm>

namespace auexfil::host {
namespace {

/// Adds the parts of `name` to an absolute path without a slash at its end; the root is empty.
void add_parts(std::string_view name, std::string& path) {
  while (!name.empty()) {
    const std::size_t end = std::min(name.find('/'), name.size());
    const std::string_view part = name.substr(0, end);
    if (part == "..") {
      path.resize(path.empty() ? 0 : path.rfind('/'));
    } else if (!part.empty() && part != ".") {
      path += '/';
      path += part;
    }
    name.remove_prefix(std::min(end + 1, name.size()));
  }
}

}  // namespace

bool join_path(std::string_view folder, std::string_view name, std::string& path) {
  path.clear();
  const bool is_absolute = name.starts_with('/');
  if (name.empty() || name.size() + (is_absolute ? 0 : folder.size()) > kLongestPath) {
    return name.empty();
  }
  if (!is_absolute && !folder.starts_with('/')) {
    path = name;
    return true;
  }
  if (!is_absolute) {
    add_parts(folder, path);
  }
  add_parts(name, path);
  if (path.empty()) {
    path = '/';
  }
  return true;
}

bool is_below(std::string_view path, std::string_view folder) {
  return folder.size() > 1 && path.size() > folder.size() && path.starts_with(folder) &&
         path[folder.size()] == '/';
}

}  // namespace auexfil::host
