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

#include "auexfil/coverage/visibility.hpp"
#include "auexfil/host/automation.hpp"
#include "auexfil/host/tracker.hpp"
#include "auexfil/transfer/control_sockets.hpp"
#include "auexfil/transfer/file_trail.hpp"
#include "auexfil/transfer/invocation.hpp"
#include "auexfil/transfer/invocation_store.hpp"
#include "auexfil/transfer/sudo_commands.hpp"
#include "auexfil/transfer/tool_finder.hpp"
#include "auexfil/transfer/tools.hpp"

namespace auexfil::transfer {

/// Bytes by the name of the program that sent them. Bounded: the names that come late share one
/// entry.
class BytesByProgram {
 public:
  void add(std::string_view program, std::uint64_t bytes);
  [[nodiscard]] std::uint64_t total() const { return total_; }
  void add(const BytesByProgram& others);
  /// Leaves what came since it was that.
  void take_off(const BytesByProgram& before);
  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io);
  /// Most bytes first, then by name.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> programs() const;

 private:
  static constexpr std::size_t kMaxPrograms = 256;
  std::map<std::string, std::uint64_t, std::less<>> by_program_;
  std::uint64_t total_ = 0;
};

/// What unattended programs wrote to numbers of which nothing tells.
struct UnattributedBytes {
  BytesByProgram surely;
  /// By programs that began in the log: files, where sockets of that class of users are audited.
  std::array<BytesByProgram, host::kUserClasses> maybe_files;

  void take_off(const UnattributedBytes& before);
  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io);
};

/// What facts count no bytes of though something may have gone out, and no other reason says so.
struct Untold {
  struct To {
    std::string peer;  ///< address or name; empty: not known, or of several
    std::optional<std::uint16_t> port;
    std::string tool;
    std::string program;
    bool served{};
    [[nodiscard]] bool operator<(const To& other) const;
  };
  struct Sum {
    std::uint64_t datagrams{};  ///< by sendmmsg(2), whose exit is their number
    std::uint64_t messages{};   ///< likewise, over what may be a stream: a message has no bound
    std::uint64_t untracked{};  ///< connections of which what goes over them is in no record
    std::uint64_t unaudited{};  ///< of tools that send by a call that the log does not have
    std::uint64_t silent{};     ///< of no tool, over which no call that carries bytes is seen
    audit::TimeMs last{};
    void add(const Sum& other);
  };
  /// Closed connections over which no call that carries bytes is seen; those of no tool that a
  /// port check may have made are `silent` instead.
  std::uint64_t connections{};
  std::map<To, Sum> sums;  ///< bounded: those that come late share one without a peer

  void add(const To& to, const Sum& sum);
  void add(const Untold& other);
};

/// What the facts of a host know of what its log does not show.
struct Doubts {
  BytesByProgram unattributed;  ///< to numbers that may be files or sockets
  BytesByProgram unaddressed;   ///< to peers without an address in the log
  Untold untold;                ///< of unattended programs; made of the facts in each run
};

/// Collects the sockets that a tracker ends into one invocation each, and keeps those that are over
/// in a store, from which facts are made when the log has ended.
class TransferBuilder final : public host::Tracker::Listener {
 public:
  struct Options {
    /// Invocations that may be open before the first look for those that are over.
    std::size_t open_invocations = 256;
    std::size_t max_connections = 8192;  ///< connections of an invocation that are told apart
    std::size_t max_all_connections = std::size_t{1} << 18;    ///< of all that are open
    std::size_t max_runs = std::size_t{1} << 18;               ///< invocations that are open
    std::size_t max_invocations = (std::size_t{1} << 22) - 1;  ///< that are over
    /// Programs whose command line may be all that tells a transfer.
    std::size_t max_tool_images = std::size_t{1} << 20;
    FileTrail::Options files{};
  };

  TransferBuilder(const Tools& tools, const host::Signs& signs)
      : TransferBuilder(tools, signs, Options{}) {}
  TransferBuilder(const Tools& tools, const host::Signs& signs, Options options);
  ~TransferBuilder();

  /// The tracker that it listens to; once, before its first event.
  void attach(host::Tracker& tracker) {
    tracker_ = &tracker;
    finder_.attach(tracker);
    files_.attach(tracker);
  }

  /// See host::Tracker::stop_growing().
  void stop_growing(std::size_t at_least);

  void on_exec(host::ProgramIndex image) override;
  void on_exit(std::uint32_t pid, audit::TimeMs time) override {
    finder_.programs().brokers().on_exit(pid, time);
  }
  void on_command(host::ProgramIndex image) override;
  void on_socket(const host::Socket& socket) override;
  void on_local(host::ProgramIndex image, std::string_view path, bool bound,
                host::Place place) override;
  void on_unattributed(host::ProgramIndex image, std::uint64_t bytes) override;
  void on_open(host::ProgramIndex image, std::uint32_t file) override {
    files_.on_open(image, file);
  }
  void on_file_read(host::ProgramIndex image, std::uint32_t file, std::uint64_t bytes) override {
    files_.on_file_read(image, file, bytes);
  }
  void on_pipe(host::ProgramIndex image, std::uint32_t pipe, bool is_output) override {
    files_.on_pipe(image, pipe, is_output);
  }
  void on_connected_output(host::ProgramIndex image, host::ProgramIndex owner) override {
    files_.on_connected_output(image, owner);
  }
  [[nodiscard]] bool asks_for_removal(std::string_view path) const override {
    return files_.history().asks_for(path);
  }
  void on_remove(std::string_view path, std::string_view program, std::uint32_t pid,
                 host::Place place) override {
    files_.on_remove(path, program, pid, place);
  }
  void on_sweep(std::vector<bool>& live) override;

  /// In place of close(), where the log goes on another time: call after Tracker::pause().
  void pause(input::StateWriter& state);
  /// Goes on where another one was paused; attached, after Tracker::resume(). Throws
  /// input::StateRefused; both are of no use then.
  void resume(input::StateReader& state);

  /// Makes no facts of what was over by then; right after resume().
  void forget_before(audit::TimeMs time);

  /// That sum, which grows as long as the log is followed; right after pause().
  [[nodiscard]] const UnattributedBytes& unattributed_so_far() const { return unattributed_; }
  /// Tells of what came since it was that. Call after close().
  void tell_unattributed_since(const UnattributedBytes& before) { unattributed_.take_off(before); }

  /// The log is over: call after Tracker::finish(). The tracker is not needed any more.
  void close();
  /// Every invocation, in the order in which their facts may start. Call after close().
  [[nodiscard]] InvocationStore::Cursor invocations() { return InvocationStore::Cursor(store_); }
  /// Of the texts of invocations.
  [[nodiscard]] const InvocationStore& store() const { return store_; }
  /// What became of the files that invocations sent.
  [[nodiscard]] const PathHistory& history() const { return files_.history(); }
  /// How that is called and said.
  [[nodiscard]] const host::ReasonTexts& reasons() { return finder_.programs().signs().reasons; }
  /// What its hosts' log does not show; settled by what the whole log allows to say.
  [[nodiscard]] Doubts& settle_doubts(const coverage::AuditVisibility& visibility);

  /// What unattended programs wrote to numbers of which nothing tells. Whole after
  /// facts::make_facts().
  [[nodiscard]] const BytesByProgram& unattributed() const { return doubts_.unattributed; }

  /// What unattended programs sent to peers whose address is in no record. Whole after
  /// facts::make_facts().
  [[nodiscard]] const BytesByProgram& unaddressed() const { return doubts_.unaddressed; }

  /// Whole after facts::make_facts().
  [[nodiscard]] const Untold& untold() const { return doubts_.untold; }

  /// Bounds that were hit, by name: what was not kept because there was too much.
  [[nodiscard]] std::map<std::string, std::uint64_t> bounds() const;
  /// Invocations that are not over yet, as far as was looked.
  [[nodiscard]] std::size_t open_runs() const { return open_.size(); }

 private:
  static constexpr std::size_t kMaxNotes = 32;  // of one invocation: more nobody reads
  // What the end of a session or of a terminal takes along may still send its last; what goes on a
  // minute later stays.
  static constexpr audit::TimeMs kGone = 60'000;

  /// An invocation that is not over.
  struct OpenInvocation {
    host::ProgramIndex image{};  ///< topmost program of the invocation; pinned
    const Tool* tool = nullptr;
    std::vector<Connection> connections;
    std::vector<std::string> owner_hosts;
    std::unordered_multimap<std::uint64_t, std::uint32_t>
        connection_index;  ///< of many connections
    Rests rests;           ///< connections for which there was no room
    std::vector<std::string> notes;
    bool left{};           ///< one of it had left its terminal when it sent
    bool serves_people{};  ///< over its control socket (ssh's ControlPersist)
    bool serves_machines{};
  };

  /// Programs of known tools, whose command line may be all that tells a transfer.
  struct ToolImage {
    host::ProgramIndex image{};  ///< pinned
    const Tool* tool = nullptr;
  };

  OpenInvocation& get_run(host::ProgramIndex image);
  void set_tool(OpenInvocation& run, const Tool* tool);
  static bool is_worth_a_connection(const host::Socket& socket, const Tool* tool);
  [[nodiscard]] bool has_older_shell(host::ProgramIndex image);
  [[nodiscard]] bool is_of_log(const host::Socket& socket);
  static void note_left(OpenInvocation& run, const host::Socket& socket, const host::Peer& peer);
  void add_unattributed(host::ProgramIndex image, std::uint64_t bytes, bool may_be_file,
                        bool has_left = false);
  void flush_unattributed();
  void note_taker(OpenInvocation& run, const host::Socket& socket);
  [[nodiscard]] host::SocketFlags flags_of(const host::Socket& socket) const;
  void add_to_connection(Connection& connection, const host::Socket& socket,
                         const host::Peer& peer) const;
  [[nodiscard]] std::uint32_t depth_below(host::ProgramIndex top, host::ProgramIndex index) const;
  Connection* get_connection(OpenInvocation& run, const host::Socket& socket,
                             const host::Peer& peer);
  void make_room(OpenInvocation& run);
  static void index_connections(OpenInvocation& run);
  void sum_up(const host::Socket& socket, const host::Peer& peer);
  void sum_up(OpenInvocation& run);
  void sum_up(Verdict automation, std::vector<Connection>& connections);
  void close_rests();
  void read_connection(OpenInvocation& run, Connection& connection, host::ProgramIndex owner);
  [[nodiscard]] bool needs_argv(const ToolImage& one) const;
  // builder_state.cpp
  template <typename Io>
  void walk(Io& io);
  template <typename Io>
  void walk_open(Io& io, const StateTools& tools);
  template <typename Io>
  void walk_programs(Io& io, const StateTools& tools);
  template <typename Io>
  void walk_kept(Io& io);
  template <typename Io>
  void walk_brokers(Io& io);
  template <typename Io>
  void walk_pinned(Io& io, host::ProgramIndex& image);

  void note_title(host::ProgramIndex index, std::vector<TextId>& notes);
  void make_room_for_answers();
  void close_runs(bool all);
  void forget_tools(audit::TimeMs time);
  struct LeftBehind {
    Verdict automation{};
    host::ReasonKind why{};
  };
  [[nodiscard]] std::optional<LeftBehind> left_behind(const OpenInvocation& run,
                                                      const host::Automation& automation) const;
  void note_left_behind(const OpenInvocation& run, const host::Automation& automation,
                        Invocation& made);
  void close_run(OpenInvocation& run);
  void replace_command(host::ProgramIndex index);
  [[nodiscard]] SudoCommands::Subject subject_of(host::ProgramIndex index) const;
  void close_commands();
  void close_tools();
  [[nodiscard]] std::unordered_set<host::ProgramIndex, host::IndexHash> shells_around();
  host::Automation begin_invocation(host::ProgramIndex index, const Tool* tool, Invocation& made);
  [[nodiscard]] Invocation::Program program_of(host::ProgramIndex index);
  [[nodiscard]] TextId script_of(host::ProgramIndex image);
  [[nodiscard]] std::uint32_t lineage_of(const std::vector<host::ProgramIndex>& images);
  /// What a command line names, for want of a connection.
  struct Named {
    std::vector<Invocation::NamedPeer> peers;
    std::vector<TextId> notes;
  };
  void add_peers(const ArgReading& reading, Named& to);

  const Tools& tools_;
  Options options_;
  host::Tracker* tracker_ = nullptr;
  std::unordered_map<host::ProgramIndex, OpenInvocation, host::IndexHash> open_;  // by image
  std::size_t next_close_;  // number of runs at which to look again
  SudoCommands commands_;
  std::vector<ToolImage> tool_images_;
  ControlSockets control_sockets_;
  std::vector<bool> kept_exes_;  // symbols that connections ask for later
  InvocationStore store_;
  std::size_t connections_ = 0;  // of all runs
  Rests rests_;                  // of invocations for which there was no room
  host::Place rests_began_;
  std::uint64_t summed_connections_ = 0;
  std::uint64_t summed_runs_ = 0;
  std::uint64_t refused_tools_ = 0;
  ToolFinder finder_;
  FileTrail files_;
  /// Texts of the store, by number of the program; those that no one has asked for are not set.
  struct ProgramTexts {
    TextId exe{};
    TextId comm{};
    TextId argv{};
    TextId script{};
    bool is_set{};
  };
  std::vector<ProgramTexts> program_texts_;
  /// The ancestor that stands for an image in the store, if it is still the image of that number.
  struct StoredAncestor {
    std::uint32_t image_number{};
    std::uint32_t above{};  ///< below which it was
    std::uint32_t ancestor{};
  };
  std::vector<StoredAncestor> stored_ancestors_;  ///< by image
  Invocation made_;                               ///< scratch
  Doubts doubts_;
  UnattributedBytes unattributed_;
  /// Since the last sweep; the last entry of each: surely not files that the log does not show.
  std::array<std::unordered_map<host::Symbol, std::uint64_t>, host::kUserClasses + 1> by_exe_;
};

}  // namespace auexfil::transfer
