#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "auexfil/coverage/host_coverage.hpp"
#include "auexfil/facts/fact.hpp"
#include "auexfil/flow/record.hpp"
#include "auexfil/transfer/tools.hpp"

/// What the facts of one run want of its flows.
namespace auexfil::flow {

inline constexpr TimeUs kMs = 1000;
inline constexpr std::uint32_t kNoNumber = std::numeric_limits<std::uint32_t>::max();

/// One destination of a fact, that flows may be of.
struct Claim {
  std::uint32_t fact{};         ///< its number, in the order in which facts came
  std::uint32_t destination{};  ///< of the fact's
  std::uint32_t owner{};        ///< the same for transfers of one job, program and user
  std::uint32_t connections{};  ///< that the log has; 0: none
  audit::IpAddress peer;
  TimeUs first{};  ///< by the host's clock: of the first connection, else of the exec
  TimeUs last{};
  std::uint64_t bytes{};                 ///< that the log has seen leave, at least
  const transfer::Tool* tool = nullptr;  ///< null: none that is known
  std::uint16_t port{};                  ///< 0: not known
  std::uint8_t protocol{};               ///< IANA's number; 0: not known
  bool came_in{};                        ///< the peer connected, from `port`
  bool by_name{};                        ///< an answer of the name service tells the peer

  /// The log has no connection, only that something was started which would make one.
  [[nodiscard]] bool is_by_argv() const { return connections == 0; }
};

/// A destination that is known by its name alone.
struct NamedClaim {
  Claim claim;
  std::string name;  ///< in lower case
};

/// The claims of one host.
struct HostClaims {
  std::optional<std::string> host;
  std::optional<std::string> node;
  std::vector<Claim> claims;
  std::vector<NamedClaim> named;
  std::uint64_t left_out{};         ///< beyond the bound
  bool connects{};                  ///< connections are audited
  std::vector<coverage::Gap> gaps;  ///< in which records are missing

  /// May the log lack connections of that time?
  [[nodiscard]] bool lacks_connections(TimeUs time) const;
};

/// Adds what a fact claims. \param most  claims of one host.
void add_claims(const facts::Fact& fact, std::uint32_t number, const transfer::Tools& tools,
                std::size_t most, HostClaims& to);

/// The spelling by which names are compared: lower case, without a dot at the end.
[[nodiscard]] std::string plain_name(std::string_view name);

}  // namespace auexfil::flow
