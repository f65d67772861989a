#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auexfil/audit/address.hpp"
#include "auexfil/facts/stage.hpp"
#include "auexfil/flow/read_flows.hpp"
#include "auexfil/transfer/tools.hpp"

namespace auexfil::flow {

/// A stage that holds the facts of all hosts until flows have been read, and then hands them on
/// with what the flows tell of their bytes. The audit log has process, destination, port and time,
/// but no port of its own; flows have ends and bytes. They are joined by the addresses of the host,
/// the destination, the protocol and the time, once the difference of the clocks is known.
///
/// Facts are kept packed. Of flows those are kept that go where a fact went.
class JoinStage final : public facts::Stage {
 public:
  struct Options {
    /// Of hosts by name, or, under the empty one, of all: their addresses, where they are known.
    std::map<std::string, std::vector<audit::IpAddress>> addresses;
    /// What the hosts' own configuration has, in the same way: where nothing is said above, and
    /// flows of one of them fit, they are the host's.
    std::map<std::string, std::vector<audit::IpAddress>> configured;
    std::size_t most_claims = std::size_t{1} << 20;    ///< of one host
    std::size_t most_records = std::size_t{1} << 20;   ///< of flows that are kept
    std::size_t most_answers = std::size_t{1} << 16;   ///< of names
    std::size_t most_channels = std::size_t{1} << 16;  ///< of ftp, as control connections tell
    /// Of records that are kept, those that nothing makes of interest but such an announcement:
    /// who writes many of these takes no room from flows that transfers made.
    std::size_t most_announced = std::size_t{1} << 17;
    /// Flows to where no program of a log had a connection are told of two addresses that have
    /// exchanged more; nothing: of none.
    std::optional<std::uint64_t> unseen_above;
    /// Gets what is taken of all that comes; null: nobody does.
    FlowSink* taken = nullptr;
  };

  /// \param tools, next  outlive the stage.
  JoinStage(const transfer::Tools& tools, Options options, facts::Stage& next);
  ~JoinStage() override;

  void on_fact(const facts::Fact& fact, const facts::FactDetails& details) override;
  void on_host(const coverage::HostCoverage& host) override;

  /// Where the records of all files go, once all facts have come. Answers of the name service, and
  /// commands of ftp that name a third host, come before the flows that they led to, or these are
  /// not known by them.
  [[nodiscard]] FlowSink& sink();

  /// Joins what has come.
  /// \return where the records of all files are to go once more, if flows of the hosts may be no
  ///         program's; else null
  [[nodiscard]] FlowSink* join();

  /// Hands all facts and hosts on, in the order in which they came. Joins, unless that is done.
  /// \param files  names of the files of the records, by their number
  /// \param again  the records have come once more
  void finish(const std::vector<std::string>& files, bool again = false);

  /// Once joined: may a record of that time and these ends still be of use to a run that has the
  /// same facts, and what came since? \param before  of what was over then no other fact is kept
  [[nodiscard]] bool is_of_use(const FlowRecord& record, TimeUs before) const;

  /// What is to be said of the join, host by host.
  [[nodiscard]] const std::vector<std::string>& messages() const;
  /// Bounds that were reached -> times.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& bounds() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace auexfil::flow
