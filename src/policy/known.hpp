#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "auexfil/input/text_hash.hpp"
#include "auexfil/policy/policy.hpp"

namespace auexfil::policy {

/// What a baseline has of a transfer, beside where it goes.
struct KnownTransfer {
  bool new_user{};
  bool new_job{};
  std::optional<std::uint64_t> session;  ///< That the job may send in a run; empty: not known.
};

/// A baseline, to be asked. A role that it lacks has nothing that is known.
class Known {
 public:
  explicit Known(const std::vector<Normal>& normals);

  /// \param user  name and number, as far as they are known. The name decides; the number where
  ///   one of both sides has no names: two names may have one number.
  /// \param job  as FactPack joins it, before job_template().
  [[nodiscard]] KnownTransfer ask(std::string_view role, const std::vector<std::string>& user,
                                  std::string_view job);
  /// \param peer  an address as IpAddress writes it, or a name as typed.
  [[nodiscard]] bool has_destination(std::string_view role, std::string_view peer) const;

 private:
  using Texts = std::unordered_set<std::string, input::TextHash, std::equal_to<>>;
  template <typename Value>
  using ByText = std::unordered_map<std::string, Value, input::TextHash, std::equal_to<>>;
  struct OfRole {
    Texts users;
    bool has_names{};
    Texts destinations;
    ByText<std::optional<std::uint64_t>> jobs;
  };

  ByText<OfRole> roles_;
  ByText<std::string> templates_;  ///< Of commands that were asked about; emptied when it is large.
};

}  // namespace auexfil::policy
