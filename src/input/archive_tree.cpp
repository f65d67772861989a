#include <algorithm>
#include <cerrno>
#include <utility>

#include "archive_index.hpp"
#include "follow_links.hpp"

namespace auexfil::input {
namespace {

constexpr int kMaxLinks = 40;  // as the kernel's MAXSYMLINKS

/// A member's bytes: what is kept of it, then a pass to the rest.
class MemberSource final : public ByteSource {
 public:
  MemberSource(std::shared_ptr<const ArchiveIndex> index, const Member& member)
      : index_(std::move(index)), member_(member) {
    if (member.kept) {
      kept_ = KeptBytes::open(member.kept);
    }
  }

  std::size_t read(char* to, std::size_t size) override {
    if (kept_) {
      const std::size_t got = kept_->read(to, size);
      if (got > 0) {
        given_ += got;
        return got;
      }
      if (member_.kept->is_whole()) {
        why_ = member_.trouble;
        return 0;
      }
      kept_.reset();
    }
    if (!pass_ && !begin_pass()) {
      return 0;
    }
    const std::size_t got = pass_->read(to, size);
    if (got == 0) {
      why_ = pass_->trouble();
    }
    return got;
  }
  [[nodiscard]] int error() const noexcept override { return why_.empty() ? 0 : EBADMSG; }
  [[nodiscard]] std::string why() const override { return why_; }

 private:
  bool begin_pass() {
    const bool at_once = index_->stands_alone;
    pass_ = std::make_unique<ArchiveReader>(
        std::make_unique<ArchiveBytes>(index_->file.tree, index_->file.path),
        at_once ? member_.at : 0, index_->most_unpacked, member_.point.get());
    MemberHeader header;
    bool is_there = pass_->next(header);
    for (std::uint64_t number = 1; is_there && !at_once && number < member_.number; ++number) {
      is_there = pass_->next(header);
    }
    if (!is_there || !pass_over_given()) {
      why_ = pass_->problem().empty() ? "is no longer in its archive" : pass_->problem();
      pass_.reset();
      return false;
    }
    return true;
  }

  bool pass_over_given() {
    std::vector<char> piece(std::size_t{64} << 10);
    for (std::uint64_t left = given_; left > 0;) {
      const std::size_t got = pass_->read(
          piece.data(), static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size())));
      if (got == 0) {
        return false;
      }
      left -= got;
    }
    return true;
  }

  std::shared_ptr<const ArchiveIndex> index_;
  const Member& member_;
  std::unique_ptr<ByteSource> kept_;
  std::unique_ptr<ArchiveReader> pass_;
  std::uint64_t given_ = 0;
  std::string why_;
};

class ArchiveTree final : public Tree {
 public:
  explicit ArchiveTree(ArchiveIndex index)
      : index_(std::make_shared<const ArchiveIndex>(std::move(index))) {}

  int stat(const std::string& path, Info& info) const override {
    std::string real;
    if (const int error = resolve(path, real); error != 0) {
      return error;
    }
    if (const Member* const member = find(real)) {
      info = member->info;
    } else {
      info = {};
      info.kind = Kind::folder;
      info.mode = 0755;
    }
    return 0;
  }

  int list(const std::string& folder, std::vector<Entry>& entries) const override {
    std::string real;
    if (const int error = resolve(folder, real); error != 0) {
      return error;
    }
    if (const Member* const member = find(real);
        member != nullptr && member->info.kind != Kind::folder) {
      return ENOTDIR;
    }
    const std::string front = real.empty() ? std::string() : real + "/";
    auto at = from(front);
    while (at != index_->members.end() && at->path.starts_with(front)) {
      const std::size_t end = at->path.find('/', front.size());
      const bool is_below = end != std::string::npos;
      const std::string name = at->path.substr(front.size(), is_below ? end - front.size() : end);
      // A folder that is a member itself has been there.
      if (!is_below || index_->find(front + name) == nullptr) {
        entries.push_back({name, is_below ? Kind::folder : at->info.kind});
      }
      at = is_below ? from(front + name + '0') : std::next(at);  // '0' is what follows '/'
    }
    return 0;
  }

  int read_link(const std::string& path, std::string& target) const override {
    const auto normal = normal_member_path(path);
    if (!normal) {
      return ENOENT;
    }
    const Member* const member = index_->find(*normal);
    if (member == nullptr) {
      return is_folder(*normal) ? EINVAL : ENOENT;
    }
    if (member->info.kind != Kind::link) {
      return EINVAL;
    }
    target = member->link;
    return 0;
  }

  std::string real_path(const std::string& path) const override {
    std::string real;
    return resolve(path, real) != 0 ? std::string() : "/" + real;
  }

  std::unique_ptr<ByteSource> open(const std::string& path, int& error) const override {
    std::string real;
    error = resolve(path, real);
    const Member* const member = error == 0 ? find(real) : nullptr;
    if (member == nullptr || member->info.kind != Kind::file) {
      error = error != 0 ? error : EISDIR;
      return nullptr;
    }
    return std::make_unique<MemberSource>(index_, *member);
  }

  bool is_dull(const std::string& path) const override {
    std::string real;
    const Member* const member = resolve(path, real) == 0 ? find(real) : nullptr;
    return member == nullptr || member->looks == Looks::other;
  }

 private:
  using Place = std::vector<Member>::const_iterator;

  [[nodiscard]] Place from(std::string_view path) const {
    return std::lower_bound(index_->members.begin(), index_->members.end(), path,
                            [](const Member& a, std::string_view b) { return a.path < b; });
  }

  [[nodiscard]] bool is_folder(const std::string& path) const {
    const std::string front = path.empty() ? std::string() : path + "/";
    const Place at = from(front);
    return path.empty() || (at != index_->members.end() && at->path.starts_with(front));
  }

  /// The member of a path without links; another name of a member is that member.
  [[nodiscard]] const Member* find(const std::string& real) const {
    const Member* member = index_->find(real);
    for (int links = 0; member != nullptr && member->is_hard && links < kMaxLinks; ++links) {
      const auto same = normal_member_path(member->link);
      member = same ? index_->find(*same) : nullptr;
    }
    return member;
  }

  /// \param real  as members are named, without a slash in front.
  int resolve(const std::string& path, std::string& real) const {
    const auto read = [&](const std::string& part, std::string& target) {
      const Member* const member = index_->find(std::string_view(part).substr(1));
      if (member == nullptr || member->info.kind != Kind::link) {
        return EINVAL;
      }
      target = member->link;
      return 0;
    };
    if (const int error = follow_links(path, real, read); error != 0) {
      return error;
    }
    real.erase(0, 1);
    const bool is_there = find(real) != nullptr || is_folder(real);
    return is_there ? 0 : ENOENT;
  }

  std::shared_ptr<const ArchiveIndex> index_;
};

}  // namespace

std::shared_ptr<const Tree> make_archive_tree(ArchiveIndex index) {
  return std::make_shared<ArchiveTree>(std::move(index));
}

}  // namespace auexfil::input
