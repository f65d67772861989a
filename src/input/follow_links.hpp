#pragma once

#include <algorithm>
#include <cerrno>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auexfil::input {

/// Puts the parts of a path before those that are still to go.
inline void put_in_front(std::deque<std::string>& to_go, std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0 && path.substr(0, end) != ".") {
      parts.emplace_back(path.substr(0, end));
    }
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  to_go.insert(to_go.begin(), parts.begin(), parts.end());
}

/// Follows the links of a path part by part, inside one root: `..` and absolute targets end at it.
/// \param read_link  (path, target): 0, EINVAL of what is no link, or the error that ends it.
/// \param real  without links, "/a/b"; "" is the root. \return 0 or the error.
template <typename ReadLink>
int follow_links(std::string_view path, std::string& real, const ReadLink& read_link) {
  constexpr int kMaxLinks = 40;  // as the kernel's MAXSYMLINKS
  std::deque<std::string> to_go;
  put_in_front(to_go, path);
  real.clear();
  int links = 0;
  while (!to_go.empty()) {
    const std::string part = std::move(to_go.front());
    to_go.pop_front();
    if (part == "..") {
      real.resize(std::min(real.rfind('/'), real.size()));  // never above the root
      continue;
    }
    std::string next = real;
    next.append("/").append(part);
    std::string target;
    const int error = read_link(next, target);
    if (error == EINVAL) {
      real = std::move(next);
      continue;
    }
    if (error != 0) {
      return error;
    }
    if (++links > kMaxLinks) {
      return ELOOP;
    }
    if (target.starts_with('/')) {
      real.clear();
    }
    put_in_front(to_go, target);
  }
  return 0;
}

}  // namespace auexfil::input
