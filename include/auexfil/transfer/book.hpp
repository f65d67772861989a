#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "auexfil/host/automation.hpp"
#include "auexfil/host/tracker.hpp"
#include "auexfil/input/image.hpp"
#include "auexfil/transfer/fact.hpp"
#include "auexfil/transfer/invocation.hpp"
#include "auexfil/transfer/invocation_store.hpp"
#include "auexfil/transfer/tool_finder.hpp"
#include "auexfil/transfer/tools.hpp"

namespace auexfil::transfer {

/// What the whole log of a host allows to say of byte counts. Rules are not in a log: what they
/// ask for is told from what is there, never more of it than it proves.
struct ByteSight {
  bool any{};    ///< some calls that carry bytes are in the log
  bool all{};    ///< they are audited for every program and size, as far as the log can tell
  bool reads{};  ///< calls that receive are audited as well
  bool ends{};   ///< closes are in the log: a descriptor's meaning is certain
  /// So do the closes of many at once (close_range), or nothing calls that.
  bool ranges{};
  bool connects{};          ///< connections are in the log
  bool pending_connects{};  ///< connections that did not succeed at once are as well
  bool kinds{};             ///< every common call that sends was seen: none is left out
  bool sendto{};            ///< sendto or sendmsg were seen: unconnected datagrams show
  bool sendfile{};          ///< sendfile or splice were seen
  bool opens{};             ///< calls that open files were seen: other numbers are no files
  bool lossy{};             ///< records were lost here and there, which leaves no trace everywhere
  std::array<bool, host::kUserClasses> all_of{};  ///< `all`, of a class of users
  /// Sockets are audited when they are made, of a class of users: other numbers are no sockets.
  std::array<bool, host::kUserClasses> sockets_of{};
  bool sized{};  ///< small writes are filtered out
  const host::Seen* seen = nullptr;
  /// Stretches with losses: their beginnings in order, each with the latest end up to there.
  std::vector<std::pair<audit::TimeMs, audit::TimeMs>> losses;

  /// Were records lost between two times, or close to them?
  [[nodiscard]] bool lost_between(audit::TimeMs from, audit::TimeMs to) const;
  /// Are all writes of that program, run by that user, in the log? A small one of its own shows
  /// that no filter of exe, user or size leaves it out; else the others of its kind tell.
  [[nodiscard]] bool whole(host::Symbol exe, std::uint32_t auid, bool small_out, bool is_32) const;
  /// Are its closes, those of many at once among them?
  [[nodiscard]] bool closes(host::Symbol exe, std::uint32_t auid) const;
  [[nodiscard]] bool closes_one_by_one(host::Symbol exe, std::uint32_t auid) const;
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

/// Bytes by the name of the program that sent them. Bounded: the names that come late share one
/// entry.
class BytesByProgram {
 public:
  void add(std::string_view program, std::uint64_t bytes);
  [[nodiscard]] std::uint64_t total() const { return total_; }
  void add(const BytesByProgram& others);
  /// Most bytes first, then by name.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> programs() const;

 private:
  std::map<std::string, std::uint64_t, std::less<>> by_program_;
  std::uint64_t total_ = 0;
};

/// What the facts of a host know of what its log does not show.
struct Doubts {
  BytesByProgram unattributed;  ///< to numbers that may be files or sockets
  BytesByProgram unaddressed;   ///< to peers without an address in the log
};

/// Who a host is in the facts.
struct HostName {
  std::optional<std::string> host;
  bool is_label{};  ///< `host` is but the name of the folder it lay in: no part of ids
  std::optional<std::string> node;
  const input::Names* names = nullptr;                  ///< of the image; null for none
  std::function<std::string(std::uint32_t)> file_name;  ///< LogFile::name by index
};

/// Collects the sockets that a tracker ends into one invocation each, packs those that are over
/// into a ledger, and makes the facts when the log has ended.
class Book final : public host::Tracker::Listener {
 public:
  struct Options {
    /// Invocations that may be open before the first look for those that are over.
    std::size_t open_invocations = 256;
    std::size_t max_legs = 8192;  ///< connections of an invocation that are told apart
    std::size_t max_all_legs = std::size_t{1} << 18;           ///< of all that are open
    std::size_t max_runs = std::size_t{1} << 18;               ///< invocations that are open
    std::size_t max_invocations = (std::size_t{1} << 22) - 1;  ///< that are over
    /// Programs whose command line may be all that tells a transfer.
    std::size_t max_tool_images = std::size_t{1} << 20;
  };

  Book(const Tools& tools, const host::Signs& signs) : Book(tools, signs, Options{}) {}
  Book(const Tools& tools, const host::Signs& signs, Options options);
  ~Book();

  /// The tracker that this book listens to; once, before its first event.
  void attach(host::Tracker& tracker) {
    tracker_ = &tracker;
    finder_.attach(tracker);
  }

  /// See host::Tracker::stop_growing().
  void stop_growing(std::size_t at_least);

  void on_exec(std::uint32_t image) override;
  void on_command(std::uint32_t image) override;
  void on_socket(const host::Socket& socket) override;
  void on_local(std::uint32_t image, std::string_view path, bool bound, host::Place place) override;
  void on_unattributed(std::uint32_t image, std::uint64_t bytes) override;
  void on_sweep(std::vector<bool>& live) override;

  /// The log is over: call after Tracker::finish(). The tracker is not needed any more.
  void close();
  /// Hands out every transfer as a fact, in the order of start and id. Call after close(). The
  /// fact lives for the call.
  /// \param seen of the tracker.
  /// \param redactor  of their texts; null: they are shown as they are.
  void for_each(const HostName& name, const host::Seen& seen, Redactor* redactor,
                const std::function<void(const Fact&, const FactDetails&)>& sink);

  /// What unattended programs wrote to numbers of which nothing tells. Whole after for_each().
  [[nodiscard]] const BytesByProgram& unattributed() const { return doubts_.unattributed; }

  /// What unattended programs sent to peers whose address is in no record. Whole after for_each().
  [[nodiscard]] const BytesByProgram& unaddressed() const { return doubts_.unaddressed; }

  /// Bounds that were hit, by name: what was not kept because there was too much.
  [[nodiscard]] std::map<std::string, std::uint64_t> bounds() const;
  /// Invocations that are not over yet, as far as was looked.
  [[nodiscard]] std::size_t open_runs() const { return runs_.size(); }

 private:
  /// An invocation that is not over.
  struct Run {
    std::uint32_t image{};  ///< topmost program of the invocation; pinned
    const Tool* tool = nullptr;
    std::vector<Leg> legs;
    std::vector<TextId> owner_hosts;
    std::unordered_multimap<std::uint64_t, std::uint32_t> leg_index;  ///< of many legs
    Rests rests;  ///< connections for which there was no room
    std::vector<TextId> notes;
  };
  /// A unix socket that a tool has bound.
  struct Master {
    std::uint32_t image{};
    std::uint32_t number{};  ///< of the image: it may be gone
    audit::Stamp bound;
  };

  Run& get_run(std::uint32_t image);
  void set_tool(Run& run, const Tool* tool);
  static bool is_worth_a_leg(const host::Socket& socket, const Tool* tool);
  void add_unattributed(std::uint32_t image, std::uint64_t bytes, bool may_be_file);
  void flush_unattributed();
  void settle_unattributed(const ByteSight& sight);
  void note_taker(Run& run, const host::Socket& socket);
  void add_to_leg(Leg& leg, const host::Socket& socket, const host::Peer& peer) const;
  [[nodiscard]] std::uint32_t depth_below(std::uint32_t top, std::uint32_t index) const;
  Leg* get_leg(Run& run, const host::Socket& socket, const host::Peer& peer);
  void make_room(Run& run);
  static void index_legs(Run& run);
  void sum_up(const host::Socket& socket, const host::Peer& peer);
  void sum_up(Invocation& invocation);
  void keep(Invocation& invocation);
  void close_rests();
  void read_leg(Run& run, Leg& leg, std::uint32_t owner);
  bool needs_argv(const Tool& tool) const;
  void note_title(std::uint32_t image, std::vector<TextId>& notes);
  void make_room_for_answers();
  void close_runs(bool all);
  void note_left_behind(const Run& run, Invocation& made);
  void close_run(Run& run);
  void take_place(std::uint32_t index);
  void close_commands();
  void close_tools();
  [[nodiscard]] std::unordered_set<std::uint32_t> shells_around();
  void prune_masters();
  void begin_invocation(std::uint32_t image, const Tool* tool, Invocation& made);
  [[nodiscard]] Invocation::Program program_of(std::uint32_t image);
  [[nodiscard]] TextId script_of(std::uint32_t image);
  [[nodiscard]] std::uint32_t lineage_of(const std::vector<std::uint32_t>& images);
  void add_peers(const std::vector<ArgPeer>& peers, std::vector<Invocation::NamedPeer>& to);

  const Tools& tools_;
  Options options_;
  host::Tracker* tracker_ = nullptr;
  std::unordered_map<std::uint32_t, Run> runs_;  // by image
  std::size_t next_close_;                       // number of runs at which to look again
  /// What sudo says it ran (USER_CMD); the execve takes its place where it is in the log.
  struct Command {
    std::uint32_t image{};  ///< pinned
    const Tool* tool = nullptr;
    std::vector<std::string> words;  ///< the tool's own, without what only runs it
  };
  std::vector<Command> commands_;
  /// Programs of known tools, whose command line may be all that tells a transfer.
  struct ToolImage {
    std::uint32_t image{};  ///< pinned
    const Tool* tool = nullptr;
  };
  std::vector<ToolImage> tool_images_;
  std::multimap<std::string, Master, std::less<>> masters_;  // by path
  std::vector<bool> kept_exes_;                              // symbols that legs ask for later
  InvocationStore store_;
  std::size_t next_prune_;  // number of masters at which to look for those that are gone
  std::size_t legs_ = 0;    // of all runs
  Rests rests_;             // of invocations for which there was no room
  host::Place rests_began_;
  std::uint64_t summed_legs_ = 0;
  std::uint64_t summed_runs_ = 0;
  std::uint64_t refused_tools_ = 0;
  std::uint64_t refused_masters_ = 0;
  ToolFinder finder_;
  /// Texts of the store, by number of the program; those that no one has asked for are not set.
  struct ProgramTexts {
    TextId exe{};
    TextId comm{};
    TextId argv{};
    TextId script{};
    bool is_set{};
  };
  std::vector<ProgramTexts> program_texts_;
  /// The ancestor that an image was told as, if it is still the image of that number.
  struct ToldAs {
    std::uint32_t image_number{};
    std::uint32_t above{};  ///< below which it was
    std::uint32_t ancestor{};
  };
  std::vector<ToldAs> told_as_;  ///< by image
  Invocation made_;              ///< scratch
  Doubts doubts_;
  /// By programs that began in the log: files, where sockets of that class of users are audited.
  std::array<BytesByProgram, host::kUserClasses> maybe_files_;
  /// Since the last sweep; the last entry of each: surely not files that the log does not show.
  std::array<std::unordered_map<host::Symbol, std::uint64_t>, host::kUserClasses + 1> by_exe_;
};

}  // namespace auexfil::transfer
