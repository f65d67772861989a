#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "auexfil/artefacts/matcher.hpp"
#include "auexfil/artefacts/served_volumes.hpp"
#include "auexfil/artefacts/told_volumes.hpp"
#include "auexfil/artefacts/volumes.hpp"
#include "auexfil/coverage/visibility.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/input/tree.hpp"
#include "auexfil/transfer/invocation.hpp"
#include "auexfil/transfer/invocation_store.hpp"

namespace auexfil::facts {

/// What an image still has of what a transfer would have sent, where the log has no bytes of it.
/// That it was sent is not known: such a number is told as an estimate, is never put beside one
/// that the log gives, and no limit that is about what left is held against it.
class Estimator {
 public:
  /// All outlive it. \param image  null: there is none, and nothing is estimated.
  /// \param starters  of the image, null where it has none.
  Estimator(const input::Tree* image, const artefacts::Matcher* starters,
            const transfer::InvocationStore& store, const coverage::AuditVisibility& visibility);

  /// One of all that estimates are asked of later: logs may have lines that are either's.
  /// \param starter  of the image, may be null.
  void expect(const transfer::Invocation& run, const artefacts::Artefact* starter);
  /// \param fact  a client's, whose destinations and sums are told.
  void estimate(const transfer::Invocation& run, Fact& fact);
  /// \param fact  the same of a server's: what its own logs say that the peer fetched.
  void estimate_served(const transfer::Invocation& run, Fact& fact);

 private:
  using Key = std::tuple<const transfer::Tool*, transfer::TextId, transfer::TextId, std::uint32_t>;

  const artefacts::Volume& volume_of(const transfer::Invocation& run);
  [[nodiscard]] artefacts::Sending sending_of(const transfer::Invocation& run) const;
  [[nodiscard]] std::vector<std::size_t> takers_of(const transfer::Invocation& run,
                                                   const Fact& fact, bool& lacks) const;
  [[nodiscard]] artefacts::KnownTransfer known(const transfer::Invocation& run, audit::TimeMs start,
                                               audit::TimeMs end) const;
  std::uint64_t take_told(const transfer::Invocation& run, Fact& fact);
  void note_served(const transfer::Invocation& run, const artefacts::ServedVolume& volume,
                   Fact& fact) const;
  [[nodiscard]] std::optional<artefacts::ServerKind> server_kind(
      const transfer::Invocation& run) const;
  const std::string& unit_of(const std::string& artefact);
  [[nodiscard]] bool lacks_data(const transfer::Invocation& run, const Destination& to) const;
  [[nodiscard]] bool speaks_ftp(const transfer::Invocation& run) const;

  std::optional<artefacts::Volumes> volumes_;
  std::optional<artefacts::ToldVolumes> told_;
  std::optional<artefacts::ServedVolumes> served_;
  const artefacts::Matcher* starters_;
  const transfer::InvocationStore& store_;
  const coverage::AuditVisibility& visibility_;
  std::map<Key, artefacts::Volume> known_;    ///< bounded
  std::size_t files_ = 0;                     ///< of all that are known
  std::map<std::string, std::string> units_;  ///< by artefact: those that a timer starts
};

}  // namespace auexfil::facts
