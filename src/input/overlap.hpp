#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "log_ends.hpp"
#include "rotated_set.hpp"

namespace auexfil::input {

/// Two logs of which one begins before the other ends.
struct Overlap {
  enum class Verdict : std::uint8_t {
    unrelated,
    apart,  ///< they share events, but are not of one host as far as that can be told
    one_host
  };
  std::size_t first{};  ///< of two groups, the lower
  std::size_t second{};
  Verdict verdict{};
  std::string why{};  ///< apart: a sentence for people
};

/// Which logs of auditd's own hold the same events where both are, and so are one host's: hosts
/// share no event, and what is told of a log twice is counted twice. Said of two logs
/// - that name one host (node=): two events, the same word for word, and none that the other has
///   otherwise;
/// - that name none: eight, of all that stand at the beginning, at the end and at three places
///   between them of the time that both are of. Machines made of one that ran begin alike, and a
///   few lines can be put anywhere; so none may stand otherwise in the other, no more than one for
///   eight be missing there, and no five behind one another. Where one has nothing but what the
///   other has, any may be missing: an excerpt.
/// Nothing is read through that can be sought in; what is packed is, once for its beginnings and
/// again where it is alike, up to 2 GiB of a run.
/// \param plain  groups of `groups` that may be so: files in a form that is auditd's own
/// \param folders  of each group
[[nodiscard]] std::vector<Overlap> find_overlaps(
    const std::vector<std::vector<RotatedFile>>& groups, const std::vector<std::size_t>& plain,
    const std::vector<std::string>& folders, KnownEnds& ends);

}  // namespace auexfil::input
