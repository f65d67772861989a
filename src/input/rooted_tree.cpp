#include <algorithm>
#include <cerrno>
#include <deque>
#include <filesystem>
#include <utility>
#include <vector>

#include "auexfil/input/tree.hpp"

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

class RootedTree final : public Tree {
 public:
  RootedTree(std::shared_ptr<const Tree> tree, std::string root)
      : tree_(std::move(tree)), root_(std::move(root)) {
    while (root_.ends_with('/')) {
      root_.pop_back();
    }
  }

  int stat(const std::string& path, Info& info) const override {
    std::string real;
    const int error = resolve(path, real);
    return error != 0 ? error : tree_->stat(outside(real), info);
  }

  int list(const std::string& folder, std::vector<Entry>& entries) const override {
    std::string real;
    const int error = resolve(folder, real);
    return error != 0 ? error : tree_->list(outside(real), entries);
  }

  int read_link(const std::string& path, std::string& target) const override {
    const fs::path named(path);
    std::string folder;
    if (const int error = resolve(named.parent_path().string(), folder); error != 0) {
      return error;
    }
    return tree_->read_link(outside(folder + "/" + named.filename().string()), target);
  }

  std::string real_path(const std::string& path) const override {
    std::string real;
    return resolve(path, real) != 0 ? std::string() : real.empty() ? "/" : real;
  }

  std::unique_ptr<ByteSource> open(const std::string& path, int& error) const override {
    std::string real;
    error = resolve(path, real);
    Info info;
    error = error != 0 ? error : tree_->stat(outside(real), info);
    if (error == 0 && info.kind != Kind::file) {
      error = info.kind == Kind::folder ? EISDIR : EINVAL;
    }
    return error != 0 ? nullptr : tree_->open(outside(real), error);
  }

  int last_byte(const std::string& path) const override {
    std::string real;
    return resolve(path, real) != 0 ? -1 : tree_->last_byte(outside(real));
  }

 private:
  /// \param inside  without links, "" is the root.
  [[nodiscard]] std::string outside(const std::string& inside) const {
    return inside.empty() && root_.empty() ? "/" : root_ + inside;
  }

  /// Follows links part by part, since the tree below would follow them out of the root.
  int resolve(const std::string& path, std::string& real) const {
    std::deque<std::string> to_go;
    push_front(to_go, path);
    real.clear();
    int links = 0;
    while (!to_go.empty()) {
      const std::string part = to_go.front();
      to_go.pop_front();
      if (part == "..") {
        real.resize(std::min(real.rfind('/'), real.size()));  // never above the root
        continue;
      }
      std::string next = real;
      next.append("/").append(part);
      std::string target;
      const int error = tree_->read_link(outside(next), target);
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
      push_front(to_go, target);
    }
    return 0;
  }

  std::shared_ptr<const Tree> tree_;
  std::string root_;  ///< without a slash at its end
};

}  // namespace

std::shared_ptr<const Tree> rooted(std::shared_ptr<const Tree> tree, std::string root) {
  return std::make_shared<RootedTree>(std::move(tree), std::move(root));
}

}  // namespace auexfil::input
