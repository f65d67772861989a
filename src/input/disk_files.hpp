#pragma once

#include <fcntl.h>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <vector>

#include "auexfil/input/tree.hpp"

/// What trees of the disk share: what the kernel says of an open descriptor, in a tree's words.
namespace auexfil::input {

/// How a file that was found is opened: should it be a pipe by now, nobody is waited for.
inline constexpr int kOpenFound = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

[[nodiscard]] Tree::Info info_of(const struct stat& found);

/// \return 0, EISDIR of a folder, EINVAL of what else is no regular file.
[[nodiscard]] int must_be_file(const Tree::Info& info);

/// Reads a descriptor, which it owns then, whatever it is of.
[[nodiscard]] std::unique_ptr<ByteSource> bytes_of(int fd);

/// As bytes_of(), of regular files alone. \param fd  or -1, with errno.
[[nodiscard]] std::unique_ptr<ByteSource> bytes_of_file(int fd, int& error);

/// Adds the entries of a folder and closes it. \param fd  or -1, with errno. \return 0 or the
/// error.
[[nodiscard]] int list_folder(int fd, std::vector<Tree::Entry>& entries);

/// A folder of the disk as the root of all paths, held open; null where the kernel cannot keep
/// paths in it (openat2(2), Linux 5.6) or the folder is not to be had.
/// \param root  without a slash at its end. \param by_name  the same, for the names of links.
[[nodiscard]] std::shared_ptr<const Tree> rooted_disk(const std::string& root,
                                                      std::shared_ptr<const Tree> by_name);

}  // namespace auexfil::input
