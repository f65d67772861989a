#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace auexfil::input {

/// The bytes of one file, from its beginning.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// \return how many bytes were read; 0 at the end or after an error.
  [[nodiscard]] virtual std::size_t read(char* to, std::size_t size) = 0;
  /// errno of what went wrong, 0: nothing. EBADMSG: the bytes are damaged where they lie.
  [[nodiscard]] virtual int error() const noexcept = 0;
  /// What went wrong in words, where the number says too little; empty: nothing more.
  [[nodiscard]] virtual std::string why() const { return {}; }
  /// Goes on at a place from the beginning. \return false where that is not to be had at once, and
  /// nothing has changed.
  [[nodiscard]] virtual bool seek(std::uint64_t /*place*/) { return false; }
  /// Of the file that the bytes are, where it is one of this machine's; -1: it is not. For as long
  /// as this lives.
  [[nodiscard]] virtual int descriptor() const noexcept { return -1; }
};

/// Where files are: a disk, or what stands for one. Paths are the tree's own; errors are errno's
/// numbers. Safe from any thread.
class Tree {
 public:
  virtual ~Tree() = default;

  enum class Kind : std::uint8_t { file, folder, link, other };
  struct Info {
    Kind kind = Kind::other;
    std::uint64_t bytes{};   ///< of a file, as it lies there
    std::uint64_t device{};  ///< with `inode`, which file it is, whatever it is called
    std::uint64_t inode{};
    std::uint32_t mode{};  ///< permissions, as chmod(2) takes them
    std::uint32_t uid{};
    std::uint32_t gid{};
    std::int64_t changed{};      ///< its text, last: seconds since the epoch
    std::uint32_t changed_ns{};  ///< and nanoseconds, where the tree has them
  };
  struct Entry {
    std::string name;
    Kind kind = Kind::other;  ///< of a link: link
  };

  /// What a path leads to, links followed. \return 0 or the error.
  [[nodiscard]] virtual int stat(const std::string& path, Info& info) const = 0;
  /// Adds the entries of a folder. What could be listed before an error stays. \return as stat().
  [[nodiscard]] virtual int list(const std::string& folder, std::vector<Entry>& entries) const = 0;
  /// What a link says. \return 0, EINVAL of what is no link, or as stat().
  [[nodiscard]] virtual int read_link(const std::string& path, std::string& target) const = 0;
  /// The path without links; empty where it leads nowhere.
  [[nodiscard]] virtual std::string real_path(const std::string& path) const = 0;
  /// A regular file. What is none is refused, EISDIR or EINVAL, and nothing is waited for.
  /// \param error  set when the result is null.
  [[nodiscard]] virtual std::unique_ptr<ByteSource> open(const std::string& path,
                                                         int& error) const = 0;
  /// As open(), of what may be a pipe or a device too: whoever writes into it is waited for.
  [[nodiscard]] virtual std::unique_ptr<ByteSource> open_stream(const std::string& path,
                                                                int& error) const {
    return open(path, error);
  }

  /// Known without opening it to be neither a log nor what may hold one.
  [[nodiscard]] virtual bool is_dull(const std::string& /*path*/) const { return false; }

  [[nodiscard]] bool is_file(const std::string& path) const {
    Info info;
    return stat(path, info) == 0 && info.kind == Kind::file;
  }
};

/// This machine's. "-" is standard input, a stream.
[[nodiscard]] std::shared_ptr<const Tree> disk();

/// The file system of an image: what `tree` has at `root` and below, by paths as the machine of the
/// image had them ("/etc/passwd"). `..` and links, absolute ones too, never lead out of it.
[[nodiscard]] std::shared_ptr<const Tree> rooted(std::shared_ptr<const Tree> tree,
                                                 std::string root);

}  // namespace auexfil::input
