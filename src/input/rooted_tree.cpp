#include <cerrno>
#include <filesystem>
#include <utility>

#include "auexfil/input/tree.hpp"
#include "disk_files.hpp"
#include "follow_links.hpp"

namespace auexfil::input {
namespace {

namespace fs = std::filesystem;

class RootedTree final : public Tree {
 public:
  RootedTree(std::shared_ptr<const Tree> tree, std::string root)
      : tree_(std::move(tree)), root_(std::move(root)) {}

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
    error = error != 0 ? error : must_be_file(info);
    return error != 0 ? nullptr : tree_->open(outside(real), error);
  }

 private:
  /// \param inside  without links, "" is the root.
  [[nodiscard]] std::string outside(const std::string& inside) const {
    return inside.empty() && root_.empty() ? "/" : root_ + inside;
  }

  /// The tree below would follow links out of the root.
  int resolve(const std::string& path, std::string& real) const {
    return follow_links(path, real, [&](const std::string& part, std::string& target) {
      return tree_->read_link(outside(part), target);
    });
  }

  std::shared_ptr<const Tree> tree_;
  std::string root_;  ///< without a slash at its end
};

}  // namespace

std::shared_ptr<const Tree> rooted(std::shared_ptr<const Tree> tree, std::string root) {
  while (root.ends_with('/')) {
    root.pop_back();
  }
  const bool is_disk = tree == disk();
  auto by_name = std::make_shared<RootedTree>(std::move(tree), root);
  auto by_kernel = is_disk ? rooted_disk(root, by_name) : nullptr;
  return by_kernel != nullptr ? by_kernel : by_name;
}

}  // namespace auexfil::input
