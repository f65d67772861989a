#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auexfil/audit/assembler.hpp"
#include "auexfil/audit/decode.hpp"
#include "auexfil/audit/syscalls.hpp"
#include "auexfil/host/audit_tally.hpp"
#include "auexfil/host/descriptors.hpp"
#include "auexfil/host/model.hpp"
#include "auexfil/host/opened_files.hpp"
#include "auexfil/host/process_table.hpp"
#include "auexfil/host/program_table.hpp"
#include "auexfil/host/session_table.hpp"
#include "auexfil/host/socket_table.hpp"
#include "auexfil/input/text_memo.hpp"

namespace auexfil::host {

/// Follows the processes, descriptors, sockets and sessions of one host through its events, and
/// tells a Listener what ended. State follows what is alive (or may be: logs without exit_group do
/// not say), not the length of the log.
class Tracker final {
 public:
  struct Options {
    std::size_t max_descriptors = 4096;  ///< a process
    std::size_t max_all_descriptors = std::size_t{1} << 21;
    std::size_t max_processes = std::size_t{1} << 18;
    std::size_t max_pid = std::size_t{1} << 22;  ///< PID_MAX_LIMIT, include/linux/threads.h
    std::size_t max_sockets = std::size_t{1} << 18;
    std::size_t max_peers = 4096;  ///< a socket
    std::size_t max_sessions = 65536;
    std::size_t max_users = 65536;  ///< whose names are kept
    std::size_t max_string_bytes = std::size_t{256} << 20;
    audit::ArgvBounds argv;
  };

  /// Hears of what the transfer room needs. Called while the tracker works: may read it, pin
  /// and unpin images, nothing else.
  struct Listener {
    virtual void on_exec(ProgramIndex image) = 0;
    /// A process has ended, by its own call.
    virtual void on_exit(std::uint32_t /*pid*/, audit::TimeMs /*time*/) {}
    /// sudo says that it runs a command. The image lives on only if it is pinned.
    virtual void on_command(ProgramIndex /*image*/) {}
    /// A socket with an inet peer is no longer open anywhere (or the log ends), or has too many of
    /// them: then it comes with those that it does not keep.
    virtual void on_socket(const Socket& socket) = 0;
    /// Bytes that an image wrote to a number that no table has room for.
    virtual void on_unattributed(ProgramIndex /*image*/, std::uint64_t /*bytes*/) {}
    /// A unix socket was bound or connected to by path.
    virtual void on_local(ProgramIndex image, std::string_view path, bool bound, Place place) = 0;
    /// A program that is followed opened a file, or was started with it. \param file  its number.
    virtual void on_open(ProgramIndex /*image*/, std::uint32_t /*file*/) {}
    /// It read so much of it.
    virtual void on_file_read(ProgramIndex /*image*/, std::uint32_t /*file*/,
                              std::uint64_t /*bytes*/) {}
    /// A program was started with an end of a pipe as its standard input or output.
    virtual void on_pipe(ProgramIndex /*image*/, std::uint32_t /*pipe*/, bool /*is_output*/) {}
    /// A program was started with a connection that another one made as its standard output.
    virtual void on_connected_output(ProgramIndex /*image*/, ProgramIndex /*owner*/) {}
    /// Does anybody ask what becomes of that file?
    [[nodiscard]] virtual bool asks_for_removal(std::string_view /*path*/) const { return false; }
    /// It was removed. \param program  base name; empty: not known.
    virtual void on_remove(std::string_view /*path*/, std::string_view /*program*/,
                           std::uint32_t /*pid*/, Place /*place*/) {}
    /// Symbols of what is no longer held anywhere are given out anew from now on, except for those
    /// that the listener marks.
    virtual void on_sweep(std::vector<bool>& /*live*/) {}

   protected:
    ~Listener() = default;
  };

  Tracker(Options options, Listener& listener);
  ~Tracker();
  Tracker(const Tracker&) = delete;
  Tracker& operator=(const Tracker&) = delete;

  void take(const audit::Event& event);
  /// Memory is short: every bound becomes what there is now. What comes then takes the place of
  /// what is there, or is summed up, as at any bound.
  /// \param at_least so many of each there may be all the same
  void stop_growing(std::size_t at_least);
  /// Ends everything that is still alive.
  void finish();
  /// In place of finish(), where the log goes on another time: writes down what is alive. Its
  /// listener is to be paused after it, and nothing is taken any more.
  void pause(input::StateWriter& state);
  /// Goes on where another one was paused; before the first event. Its listener, attached already,
  /// is to be resumed after it. Throws input::StateRefused; this tracker is of no use then.
  void resume(input::StateReader& state);
  /// For a listener that is resumed: pin() for what it had pinned. \return false: nothing is there.
  [[nodiscard]] bool pin_again(ProgramIndex index);
  /// Images that there are or were.
  [[nodiscard]] std::size_t images() const { return images_.all().size(); }

  [[nodiscard]] const ExecutedProgram& image(ProgramIndex index) const { return images_[index]; }
  /// Is it still that image, and held by somebody?
  [[nodiscard]] bool is_there(ProgramIndex index, std::uint32_t number) const {
    return images_[index].refs > 0 && images_[index].number == number;
  }
  /// Keeps an image and its ancestors; balanced by unpin().
  void pin(ProgramIndex index) { images_.hold(index); }
  void unpin(ProgramIndex index) { images_.release(index); }
  /// From now on the listener hears what that program opens. Opens are the most frequent calls of
  /// some logs: of the others none is looked at.
  void follow_opens(ProgramIndex index) { images_[index].opens = true; }
  /// What is known of a file, or null where it is too long ago.
  [[nodiscard]] const OpenedFile* opened(std::uint32_t file) { return opened_.find(file); }
  /// Is the removal of files in the log?
  [[nodiscard]] bool unlinks_seen() const { return unlinks_seen_; }
  [[nodiscard]] const Session* find_session(std::uint32_t boot, std::uint32_t ses) const;
  [[nodiscard]] const SessionTable& sessions() const { return sessions_; }
  [[nodiscard]] Symbols& symbols() { return symbols_; }
  [[nodiscard]] std::string_view text(Symbol symbol) const { return symbols_.text(symbol); }
  [[nodiscard]] const AuditTally& tally() const { return tally_; }
  /// Has the log shown programs that open files so far?
  [[nodiscard]] bool sees_opens() const;
  /// For who needs it longer than the tracker.
  [[nodiscard]] AuditTally take_tally() { return std::move(tally_); }
  /// See AuditTally::tell_since(); right after resume().
  void tell_since(audit::TimeMs time) { tally_.tell_since(time); }
  /// Bounds that were hit, by name.
  [[nodiscard]] std::map<std::string, std::uint64_t> bounds() const;
  [[nodiscard]] std::uint64_t bad_sockaddrs() const { return bad_sockaddrs_; }
  [[nodiscard]] std::uint64_t bad_execves() const { return bad_execves_; }

 private:
  /// The part of a SYSCALL record behind pid, decoded when wanted.
  struct Subject {
    std::uint32_t auid = kUnset;
    std::uint32_t uid = kUnset;
    std::uint32_t ses = kUnset;
    Symbol tty{};
    Symbol comm{};
    Symbol exe{};
  };
  /// As the tail of a SYSCALL record has it.
  struct KnownSubject {
    Subject subject;
    std::uint32_t enriched = 0;  ///< where auditd's part begins, or the end
  };

  /// A socket that a process may have sent away over a local socket; held until it is taken up.
  static constexpr std::size_t kMaxPassed = 64;
  struct Passed {
    SocketIndex socket;
    ProcessIndex sender;  // and its generation
    std::uint32_t sender_generation{};
    ProcessIndex parent;  // of the sender
    std::uint32_t parent_generation{};
    ProgramIndex image;
    audit::TimeMs time{};

    template <typename Io>
    void walk(Io& io, const StateSizes& sizes) {
      io.index(socket, sizes.sockets);
      io.index(sender, sizes.processes);
      io.index(parent, sizes.processes);
      io.index(image, sizes.programs);
      io.numbers(sender_generation, parent_generation);
      io.times(time);
      io.refuse_unless(socket != kNone && sender != kNone);
    }
  };

  // tracker.cpp: dispatch
  void take_syscall(const audit::Event& event);
  audit::Call resolve(const audit::Event& event, audit::Syscall& args);
  [[nodiscard]] bool has_left_terminal(const audit::Event& event, ProcessIndex process) const;
  void note_left_terminal(const audit::Event& event, ProcessIndex process, Socket& socket) const;
  bool take_process_call(const audit::Event& event, audit::Call call, const audit::Syscall& args,
                         ProcessIndex process);
  bool take_socket_call(const audit::Event& event, audit::Call call, const audit::Syscall& args,
                        ProcessIndex process);
  void take_descriptor_call(const audit::Event& event, audit::Call call, const audit::Syscall& args,
                            ProcessIndex process);
  void on_pair(const audit::Event& event, audit::Call call, const audit::Syscall& args,
               FilesIndex files);
  void note_arch(std::uint32_t arch);
  enum class Names : std::uint8_t { forget, keep };
  void sweep_symbols(Names of_programs);
  [[nodiscard]] std::uint64_t count_async() const;
  void new_boot(std::uint32_t boot);
  const Subject& read_subject(const audit::Event& event);
  KnownSubject decode_subject(std::string_view tail);
  bool read_whole_argv(std::string_view execve, ExecutedProgram& image);
  void learn_names(std::string_view enriched, const Subject& subject);
  static Place place_of(const audit::Event& event);

  // tracker_process.cpp
  ProcessIndex get_process(const audit::Event& event, const audit::Syscall& call, bool is_exec);
  ProcessIndex create_process(const audit::Event& event, const audit::Syscall& call, bool is_exec);
  bool is_other_instance(const Process& process, const audit::Syscall& call) const;
  [[nodiscard]] bool is_number_of_another(const audit::Event& event, const audit::Syscall& call,
                                          const Process& process) const;
  bool is_orphan_of(const audit::Event& event, const Process& waiting, bool is_exec);
  bool changed_session(const audit::Event& event, const Process& process);
  void adopt_children(ProcessIndex index);
  void adopt_child(ProcessIndex index, ProcessIndex child);
  ProcessIndex new_process(std::uint32_t pid, std::uint32_t ppid, ProcessIndex keep = kNone);
  void end_process(ProcessIndex index);
  void on_fork(const audit::Event& event, audit::Call call, const audit::Syscall& args,
               ProcessIndex parent);
  void note_child(ProcessIndex process, std::uint32_t ProgramTally::*what, bool less = false);
  void forget_young();
  void on_exec(const audit::Event& event, const audit::Syscall& args, ProcessIndex index);
  void read_arguments(const audit::Event& event, ExecutedProgram& image);
  void leave_loop(ExecutedProgram& image);
  void read_script(const audit::Event& event, ExecutedProgram& image);
  void adopt_title(const audit::Event& event, ExecutedProgram& image);
  bool has_other_title(const audit::Event& event, const ExecutedProgram& image);
  void set_image(Process& process, ProgramIndex image);
  [[nodiscard]] bool runs_known_program(const audit::Event& event, ProcessIndex index) const;
  void notice_lost_exec(const audit::Event& event, const Subject& subject, ProcessIndex index);

  // tracker_socket.cpp
  void on_socket(const audit::Event& event, const audit::Syscall& args, ProcessIndex process);
  /// How a connect went: done, under way, or asked for again.
  struct Connect {
    bool done{};
    bool pending{};
    bool again{};
  };
  void on_connect(const audit::Event& event, const audit::Syscall& args, ProcessIndex process);
  [[nodiscard]] bool is_elsewhere(const Socket& socket) const;
  [[nodiscard]] bool may_be_local(const Descriptor& descriptor, std::int64_t error) const;
  void connect_local(const audit::Event& event, ProcessIndex process, std::uint32_t fd,
                     bool is_made, std::int64_t error);
  void connect_inet(const audit::Event& event, const audit::Syscall& args, ProcessIndex process,
                    Connect went);
  [[nodiscard]] bool may_be_connected(const Socket& socket, const Connect& went) const;
  SocketIndex make_connected(const audit::Event& event, ProcessIndex process, std::uint32_t fd);
  void on_accept(const audit::Event& event, audit::Call call, const audit::Syscall& args,
                 ProcessIndex process);
  void on_bind(const audit::Event& event, const audit::Syscall& args, ProcessIndex process);
  void on_write(const audit::Event& event, audit::Call call, const audit::Syscall& args,
                ProcessIndex process);
  SocketIndex find_written(const audit::Event& event, audit::Call call, const audit::Syscall& args,
                           ProcessIndex process, bool named);
  static void add_sent(const audit::Event& event, audit::Call call, const audit::Syscall& args,
                       Socket& socket, Peer& peer);
  void on_read(const audit::Event& event, audit::Call call, const audit::Syscall& args,
               ProcessIndex process);
  void on_copy(audit::Call call, const audit::Syscall& args, ProcessIndex process);
  SocketIndex new_socket(ProgramIndex image, const Process& process, Place place);
  bool put_socket(ProcessIndex process, std::uint32_t fd, SocketIndex socket,
                  Descriptor descriptor);
  void note_peers(const Socket& socket);
  void note_foreign(const audit::Event& event, ProcessIndex process, std::uint32_t fd);
  void note_connect(const audit::Syscall& args, bool pending);
  static Peer* find_peer(Socket& socket, const audit::IpAddress& address, std::uint16_t port);
  Peer* get_peer(Socket& socket, const audit::IpAddress& address, std::uint16_t port, Place place);
  void hand_on_lightest(Socket& socket);
  void make_last(Socket& socket, Peer& peer);
  [[nodiscard]] bool is_stream(ProcessIndex process, std::uint32_t fd) const;
  Peer* current_peer(Socket& socket, Place place);
  Peer* named_peer(const audit::Event& event, audit::Call call, const audit::Syscall& args,
                   Socket& socket);
  void on_uring(const audit::Event& event, const audit::Record& record);
  bool read_address(const audit::Event& event, audit::SocketAddress& address);
  [[nodiscard]] Descriptor descriptor_of(ProcessIndex process, std::uint32_t fd) const;
  void end_socket(SocketIndex index);
  void end_unheld();
  void drop_socket(SocketIndex index);
  void set_descriptor(FilesIndex files, std::uint32_t fd, Descriptor descriptor);
  void close_descriptor(FilesIndex files, std::uint32_t fd);

  // tracker_unseen.cpp: sockets whose opening is not in the log
  void note_passing(const audit::Event& event, const audit::Syscall& args, ProcessIndex process);
  SocketIndex find_passed(const audit::Event& event, std::int64_t bytes, ProcessIndex process);
  [[nodiscard]] bool is_of_relative(const Passed& passed, ProcessIndex process) const;
  [[nodiscard]] bool may_have_received(const Passed& passed, ProcessIndex process) const;
  SocketIndex take_over_pair(const audit::Event& event, const audit::Syscall& args,
                             ProcessIndex process);
  SocketIndex get_unseen(const audit::Event& event, audit::Call call, const audit::Syscall& args,
                         ProcessIndex process, bool named);
  void note_socket_call(ProcessIndex process, std::uint32_t fd);
  void note_other(ProcessIndex process, std::uint32_t fd);
  void on_pidfd_getfd(const audit::Event& event, const audit::Syscall& args, ProcessIndex process);

  // tracker_files.cpp: what followed programs open, and what is removed
  struct NamedFile;
  void read_names(const audit::Event& event, bool removed, NamedFile& named);
  void make_absolute(std::uint64_t folder, FilesIndex files, NamedFile& named);
  std::uint32_t note_open(const audit::Event& event, audit::Call call, const audit::Syscall& args,
                          ProcessIndex process);
  void note_inherited(ProcessIndex process, ProgramIndex image);
  void note_file_read(const audit::Syscall& args, ProcessIndex process, Descriptor descriptor);
  void on_unlink(const audit::Event& event, audit::Call call, const audit::Syscall& args);

  // tracker_state.cpp
  template <typename Io>
  void walk(Io& io);
  void count_holds();

  // tracker_session.cpp
  void take_user_records(const audit::Event& event);
  Sent sent_by(const audit::UserMessage& message, const audit::Event& event,
               const audit::Record& record);
  void on_user_command(const audit::Event& event, const audit::Record& record);
  void on_user_message(const audit::Event& event, const audit::Record& record);
  void on_service(const audit::Event& event, const audit::Record& record);
  void note_opened(const audit::UserMessage& message, const audit::Event& event,
                   std::uint16_t type);
  void on_login(const audit::Event& event, const audit::Record& record);
  void note_rule(const audit::Event& event, const audit::Record& record);
  void on_config_change(const audit::Event& event, const audit::Record& record);
  Session& get_session(std::uint32_t ses);
  [[nodiscard]] std::set<SessionTable::Key> alive_sessions() const;

  Options options_;
  Listener& listener_;
  Symbols symbols_;
  ProgramTable images_;
  ProcessTable processes_;
  SocketTable sockets_;
  DescriptorTables descriptors_;
  SessionTable sessions_;
  AuditTally tally_;
  OpenedFiles opened_;
  std::vector<Passed> passed_;  // bounded, oldest first

  std::uint32_t boot_ = 0;
  bool forks_seen_ = false;
  bool unlinks_seen_ = false;
  bool big_endian_ = false;  // of the last SYSCALL, for events without one
  std::uint64_t bad_sockaddrs_ = 0;
  std::uint64_t bad_execves_ = 0;
  std::uint64_t refused_pids_ = 0;
  std::uint64_t forgotten_processes_ = 0;
  std::uint64_t refused_users_ = 0;

  // Caches, made anew from nothing.
  static constexpr std::size_t kMostTexts = 1024;       // a host's programs and jobs by the minute
  input::TextMemo<KnownSubject> subjects_{kMostTexts};  // by the tail of a SYSCALL record
  input::TextMemo<Symbol> argvs_{kMostTexts};           // by an EXECVE record
  audit::SyscallTables syscalls_;
  std::uint32_t known_arch_ = 0;  // the latest whose numbers are known
  bool ending_ = false;           // the log or the boot is over: what is open was not closed

  // Scratch, so that no event allocates.
  audit::SocketAddress address_;
  audit::Argv argv_;
  audit::UserMessages messages_;
  Subject subject_;          // of the event at hand, once it was asked for
  bool sets_login_ = false;  ///< the call at hand wrote the login uid
  bool has_subject_ = false;
  std::string text_;
  std::string blob_;
  std::string folder_;
  std::vector<std::string_view> bodies_;
};

}  // namespace auexfil::host
