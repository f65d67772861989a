#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "auexfil/input/tree.hpp"

namespace auexfil::input {

/// One file that split(1) or a tool of archives has cut: its pieces hold nothing each by itself.
struct Pieces {
  std::string path;                ///< of what they are together: "pile/x.tgz.aa..ac"
  std::vector<std::string> paths;  ///< in order, from the first
  std::size_t behind_gap{};        ///< further ones, but the one before them is missing
  std::size_t not_given{};         ///< further ones that lie beside and are none of those looked at
};

/// Finds those whose first one ("x.tgz.aa", "audit.log.gz.000", "x.7z.001") begins as a packed file
/// or an archive does, and whose next ones do not. Pieces of plain text are logs by themselves.
/// \param paths  among which
[[nodiscard]] std::vector<Pieces> find_pieces(const Tree& tree,
                                              const std::vector<std::string>& paths);

/// The tree, with what the pieces are together as a file beside them.
[[nodiscard]] std::shared_ptr<const Tree> join_pieces(std::shared_ptr<const Tree> tree,
                                                      const Pieces& pieces);

}  // namespace auexfil::input
