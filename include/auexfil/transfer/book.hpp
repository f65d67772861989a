#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "auexfil/host/automation.hpp"
#include "auexfil/host/tracker.hpp"
#include "auexfil/input/image.hpp"
#include "auexfil/transfer/fact.hpp"
#include "auexfil/transfer/tools.hpp"

namespace auexfil::transfer {

/// What the whole log of a host allows to say of byte counts. Rules are not in a log: what they
/// ask for is told from what is there, never more of it than it proves.
struct ByteSight {
  bool any{};       ///< some calls that carry bytes are in the log
  bool all{};       ///< they are audited for every program and size, as far as the log can tell
  bool reads{};     ///< calls that receive are audited as well
  bool ends{};      ///< closes are in the log: a descriptor's meaning is certain
  bool connects{};  ///< connections are in the log
  bool pending_connects{};  ///< connections that did not succeed at once are as well
  bool kinds{};             ///< every common call that sends was seen: none is left out
  bool sendto{};            ///< sendto or sendmsg were seen: unconnected datagrams show
  bool sendfile{};          ///< sendfile or splice were seen
  bool lossy{};             ///< records were lost here and there, which leaves no trace everywhere
  std::array<bool, host::kUserClasses> all_of{};  ///< `all`, of a class of users
  bool sized{};                                   ///< small writes are filtered out
  const host::Seen* seen = nullptr;
  /// Stretches with losses: their beginnings in order, each with the latest end up to there.
  std::vector<std::pair<audit::TimeMs, audit::TimeMs>> losses;

  /// Were records lost between two times, or close to them?
  [[nodiscard]] bool lost_between(audit::TimeMs from, audit::TimeMs to) const;
  /// Are all writes of that program, run by that user, in the log? A small one of its own shows
  /// that no filter of exe, user or size leaves it out; else the others of its kind tell.
  [[nodiscard]] bool whole(host::Symbol exe, std::uint32_t auid, bool small_out, bool is_32) const;
  /// Are its closes?
  [[nodiscard]] bool closes(host::Symbol exe, std::uint32_t auid) const;
};
/// \param seen  must outlive the result.
[[nodiscard]] ByteSight sight_of(const host::Seen& seen);

/// What `explain` tells beside a fact, of each destination.
struct FactDetails {
  struct OfDestination {
    std::vector<host::CallSum> calls;
    std::vector<DescriptorUse> descriptors;  ///< of the first connections
  };
  std::vector<OfDestination> destinations;
};

/// Who a host is in the facts.
struct HostName {
  std::optional<std::string> host;
  bool is_label{};  ///< `host` is but the name of the folder it lay in: no part of ids
  std::optional<std::string> node;
  const input::Names* names = nullptr;                  ///< of the image; null for none
  std::function<std::string(std::uint32_t)> file_name;  ///< LogFile::name by index
};

/// Collects the sockets that a tracker ends into transfers of one invocation each, and makes the
/// facts when the log ends.
class Book final : public host::Tracker::Listener {
 public:
  Book(const Tools& tools, const host::Signs& signs);
  ~Book();

  /// The tracker that this book listens to; once, before its first event.
  void attach(host::Tracker& tracker) { tracker_ = &tracker; }

  void on_exec(std::uint32_t image) override;
  void on_socket(const host::Socket& socket) override;
  void on_local(std::uint32_t image, std::string_view path, bool bound, host::Place place) override;
  void on_sweep() override { known_tools_.clear(); }

  /// Hands out every transfer as a fact, in the order of start and id. Call after
  /// Tracker::finish(). The fact lives for the call.
  void for_each(const HostName& name,
                const std::function<void(const Fact&, const FactDetails&)>& sink);

  /// Connections, and programs, that were not kept because there were too many.
  [[nodiscard]] std::uint64_t refused_legs() const { return refused_legs_; }
  [[nodiscard]] std::uint64_t refused_tools() const { return refused_tools_; }

 private:
  /// What one invocation exchanged with one address and port in one way.
  struct Leg {
    audit::IpAddress address;
    std::uint16_t port{};
    std::uint16_t local_port{};
    std::uint32_t image{};  ///< owner of the (first) socket; pinned
    host::Role role = host::Role::fresh;
    host::SocketType type = host::SocketType::unknown;
    bool sent_to{};
    bool unnamed{};
    bool ephemeral{};
    bool all_created{};
    bool overlap_unknown{};
    bool passed{};
    bool small_out{};
    bool is_32{};
    bool untracked{};
    bool open_at_end{};
    std::uint64_t bytes_out{};
    std::uint64_t bytes_in{};
    std::uint64_t calls_out{};
    std::uint64_t calls_in{};
    std::uint64_t messages_out{};
    std::uint64_t connections{};
    audit::TimeMs first{};
    audit::TimeMs last{};
    host::Place made;
    host::Place first_write;
    std::vector<host::CallSum> calls;
    DescriptorUse descriptor;  ///< of its first connection; fd kNone: not seen
  };
  struct Run {
    std::uint32_t image{};  ///< topmost program of the invocation; pinned
    const Tool* tool = nullptr;
    std::vector<Leg> legs;
    std::unordered_multimap<std::uint64_t, std::uint32_t> leg_index;  ///< of many legs
    std::uint64_t refused_legs{};
    std::vector<std::string> notes;
  };
  struct Local {
    std::uint32_t image{};
    std::string path;
    bool bound{};
    host::Place place;
  };

  void name_carried_jobs();
  std::optional<Fact> fact_by_argv(std::uint32_t top, const HostName& name) const;
  Run& get_run(std::uint32_t image);
  Leg* get_leg(Run& run, const host::Socket& socket, const host::Peer& peer);
  const Tool* tool_of(std::uint32_t image) const;
  bool runs_others(const host::Image& image, const std::vector<std::string>& argv) const;
  std::uint32_t top_of(std::uint32_t image, const Tool*& tool) const;
  struct Made {
    Fact fact;
    FactDetails details;
  };
  std::vector<Made> facts_of(const Run& run, const HostName& name, const ByteSight& sight) const;
  void fill_program(Fact& fact, const Run& run, const HostName& name) const;
  Destination destination_of(const Run& run, const Leg& leg, const ByteSight& sight,
                             bool server) const;
  bool hides_payload(const Run& run, const Leg& leg, const ByteSight& sight) const;
  void name_peer(Destination& d, const Run& run, const Leg& leg) const;
  void note_sums(Fact& fact, const Run& run, const Leg& leg, const Destination& d,
                 const ByteSight& sight) const;

  const Tools& tools_;
  const host::Signs& signs_;
  host::Tracker* tracker_ = nullptr;
  std::unordered_map<std::uint32_t, Run> runs_;  // by image
  std::vector<std::uint32_t> tool_images_;       // execs of known tools, pinned
  std::vector<Local> locals_;
  std::uint64_t refused_legs_ = 0;
  std::uint64_t refused_tools_ = 0;
  /// What tool_of() found, by exe and argv: jobs come again and again. Bounded.
  mutable std::unordered_map<std::uint64_t, const Tool*> known_tools_;
};

}  // namespace auexfil::transfer
