#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace auexfil::host {

inline constexpr std::size_t kLongestPath = 8192;  ///< a folder and a name of PATH_MAX each

/// A name as a program gave it, below the folder that it was given in. "." and "..", and slashes
/// that say nothing, are taken out by the text alone: where a folder on the way is a link, the
/// kernel may have gone elsewhere. A name whose folder is not known stays as it is.
/// \param folder  absolute, else it is of no use.
/// \return false: longer than any path, `path` is empty then.
bool join_path(std::string_view folder, std::string_view name, std::string& path);

/// Does `path` stand below `folder`, both as join_path() gives them? The root has nothing below it
/// that would tell anything.
[[nodiscard]] bool is_below(std::string_view path, std::string_view folder);

}  // namespace auexfil::host
