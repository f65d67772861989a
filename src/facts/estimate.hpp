#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

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
  Estimator(const input::Tree* image, const transfer::InvocationStore& store,
            const coverage::AuditVisibility& visibility);

  /// \param fact  a client's, whose destinations and sums are told.
  void estimate(const transfer::Invocation& run, Fact& fact);

 private:
  using Key = std::tuple<const transfer::Tool*, transfer::TextId, transfer::TextId, std::uint32_t>;

  const artefacts::Volume& volume_of(const transfer::Invocation& run);
  [[nodiscard]] artefacts::Sending sending_of(const transfer::Invocation& run) const;
  [[nodiscard]] bool lacks_data(const transfer::Invocation& run, const Destination& to) const;
  [[nodiscard]] bool speaks_ftp(const transfer::Invocation& run) const;

  std::optional<artefacts::Volumes> volumes_;
  const transfer::InvocationStore& store_;
  const coverage::AuditVisibility& visibility_;
  std::map<Key, artefacts::Volume> known_;  ///< bounded
  std::size_t files_ = 0;                   ///< of all that are known
};

}  // namespace auexfil::facts
