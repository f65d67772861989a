#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "auexfil/flow/flow.hpp"
#include "auexfil/flow/record.hpp"
#include "claims.hpp"
#include "host_view.hpp"

/// Which flows are data connections of ftp, by the word of who read the control connection.
namespace auexfil::flow {

/// Where a command stands.
struct ToldAt {
  std::uint32_t file{};  ///< number
  std::uint64_t line{};
  TimeUs time{};  ///< by the sensor's clock
  friend auto operator<=>(const ToldAt&, const ToldAt&) = default;
};

/// What is told of the flows that one host sees.
struct NamedFlows {
  /// Of each seen flow the number of the control connection that it is a data connection of, or
  /// kNoNumber. Empty: none is.
  std::vector<std::uint32_t> control;
  std::vector<ToldAt> told;  ///< and the command that says so
  /// Data connections between others that a control connection of this host asked for (FXP).
  struct Elsewhere {
    std::uint32_t control{};  ///< number in what the host sees
    Endpoint listens;
    ToldAt told;
  };
  [[nodiscard]] std::uint32_t of_control(std::uint32_t flow) const {
    return control.empty() ? kNoNumber : control[flow];
  }
  std::vector<Elsewhere> elsewhere;  ///< by control connection, then end; each once
  std::uint64_t contested{};         ///< flows that several control connections have announced
};

/// Ends that were announced on control connections (Zeek's ftp.log, Suricata's events), and which
/// flows were made to them.
///
/// They are the word of both peers of a control connection, either of which may lie: nothing but
/// that word says that a flow is a data connection, and a flow that the log knows better stays what
/// it is (see match()).
class DataChannels {
 public:
  /// \param most  that are kept
  explicit DataChannels(std::size_t most) : most_(most) {}

  /// Takes what a command announces, if it does.
  /// \return false: there is no room for it
  bool add(const FtpCommand& command);

  [[nodiscard]] bool has_thirds() const { return !thirds_.empty(); }
  /// Was a data connection to this end announced, at neither of the control connection's
  /// addresses?
  [[nodiscard]] bool is_third(const Endpoint& end) const { return thirds_.contains(end); }

  /// \param seen  as seen_by() gives them
  [[nodiscard]] NamedFlows of(const HostView& view, const std::vector<SeenFlow>& seen,
                              const std::vector<Flow>& flows) const;

 private:
  std::vector<FtpCommand> told_;  ///< in the order in which they came
  std::set<Endpoint> thirds_;
  std::size_t most_;
};

}  // namespace auexfil::flow
