#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <tuple>
#include <vector>

#include "auexfil/artefacts/matcher.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/host/automation.hpp"
#include "auexfil/transfer/invocation.hpp"
#include "auexfil/transfer/invocation_store.hpp"

namespace auexfil::facts {

/// What in the image starts an invocation. Texts are compared as the log has them, unmasked.
class StarterFinder {
 public:
  /// All outlive it. \param matcher  null: there is no image, and nothing is said.
  /// \param signs  that tell what starts containers; may be null.
  StarterFinder(const artefacts::Matcher* matcher, const host::Signs* signs,
                const transfer::InvocationStore& store)
      : matcher_(matcher), signs_(signs), store_(store) {}

  /// Sets the job's artefact, and says so as a reason.
  void find(const transfer::Invocation& run, Fact& fact);
  /// What `find` would name; null: nothing.
  [[nodiscard]] const artefacts::Artefact* artefact_of(const transfer::Invocation& run);
  /// Says, of the fact that was asked for last, that what started it stands nowhere, where that is
  /// known. Once its direction is.
  void note_missing(Fact& fact) const;

 private:
  /// What came of a way to be started.
  struct Found {
    std::vector<const artefacts::Artefact*> candidates;
    bool has_all{};  ///< of what would name it, were it registered
  };
  using Key = std::tuple<transfer::TextId, transfer::TextId, transfer::TextId, transfer::TextId,
                         std::uint32_t, std::uint32_t, std::uint32_t>;

  [[nodiscard]] const Found& found_of(const transfer::Invocation& run);
  [[nodiscard]] bool is_own_session(const transfer::Invocation& run) const;
  [[nodiscard]] audit::TimeMs began_at(const transfer::Invocation& run) const;
  [[nodiscard]] artefacts::Start start_of(const transfer::Invocation& run) const;

  [[nodiscard]] bool runs_containers(std::string_view exe) const;

  const artefacts::Matcher* matcher_;
  const host::Signs* signs_;
  const transfer::InvocationStore& store_;
  std::map<Key, Found> known_;  // bounded
  bool is_missing_ = false;     // of the last one asked for
};

}  // namespace auexfil::facts
