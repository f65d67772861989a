#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "auexfil/artefacts/logins.hpp"
#include "auexfil/artefacts/matcher.hpp"
#include "auexfil/coverage/visibility.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/facts/stage.hpp"
#include "auexfil/input/disk_image.hpp"
#include "auexfil/input/tree.hpp"
#include "auexfil/transfer/transfer_builder.hpp"

namespace auexfil::host {
struct Signs;
}

namespace auexfil::facts {

/// Who a host is in the facts.
struct HostName {
  std::optional<std::string> host;
  bool is_label{};  ///< `host` is but the name of the folder it lay in: no part of ids
  std::optional<std::string> node;
  const input::Names* names = nullptr;           ///< of the image; null for none
  const artefacts::Matcher* starters = nullptr;  ///< of the image; null for none
  const host::Signs* signs = nullptr;  ///< of rules/automation.conf; null: none tells of containers
  const input::Tree* image = nullptr;  ///< that files are weighed in; null for none
  const artefacts::Answers* answers = nullptr;  ///< of its other logs; null for none
  /// LogFile::name by index. Called from any thread.
  std::function<std::string(std::uint32_t)> file_name;
};

/// What a host's transfers ask its other logs for; times and names of the host are left open.
/// \param builder  closed.
[[nodiscard]] artefacts::Asked what_to_ask(transfer::TransferBuilder& builder);

/// Hands out every transfer of a host as a fact: in the order of start and id, or as a digest.
/// \param builder  closed; what the facts know of bytes that its log does not show is added to its
///                 doubts.
/// \param visibility  of its whole log.
/// \param redactor  of their texts; null: they are shown as they are.
/// \param threads  that may make them; the stage is called on this one.
void make_facts(transfer::TransferBuilder& builder, const HostName& name,
                const coverage::AuditVisibility& visibility, Redactor* redactor, Stage& stage,
                unsigned threads = 1);

}  // namespace auexfil::facts
