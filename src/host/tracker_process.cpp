#include <algorithm>
#include <cassert>
#include <utility>

#include "abi.hpp"
#include "auexfil/audit/fields.hpp"
#include "auexfil/host/tracker.hpp"

namespace auexfil::host {
namespace {

using audit::Call;

constexpr int kMaxDepth = 64;
/// Where forks are not audited a number may come back unseen: a parent is believed to be the one
/// that a child named only for so long.
constexpr audit::TimeMs kSamePid = 60'000;
/// And a child of init that runs another program so long after the last is rather another one.
constexpr audit::TimeMs kSameService = 3'600'000;

/// kNone: not known, or gone.
ProcessIndex parent_of(const ProcessTable& processes, const Process& process) {
  const bool is_there =
      process.parent != kNone && processes[process.parent].generation == process.parent_generation;
  return is_there ? process.parent : ProcessIndex{};
}

}  // namespace

void Tracker::set_image(Process& process, ProgramIndex image) {
  images_.hold(image);
  images_.release(std::exchange(process.image, image));
}

/// \param keep  process that must stay, whatever the bound.
ProcessIndex Tracker::new_process(std::uint32_t pid, std::uint32_t ppid, ProcessIndex keep) {
  if (processes_.is_full()) {
    // Where exits are not audited, or somebody forks without end.
    if (const ProcessIndex silent = processes_.find_silent(keep); silent != kNone) {
      ++forgotten_processes_;
      end_process(silent);
    }
  }
  const ProcessIndex index = processes_.make(pid, ppid);
  processes_[index].recent = keep == kNone;
  return index;
}

/// The process speaks for the first time and no clone record announced it: it has been there since
/// before the log began, and those that named it as their parent are its children.
void Tracker::adopt_children(ProcessIndex index) {
  ProcessIndex child = processes_.fatherless(processes_[index].pid);
  while (child != kNone) {
    const ProcessIndex next = processes_[child].next_fatherless;
    processes_.forget_fatherless(child);
    adopt_child(index, child);
    child = next;
  }
}

void Tracker::adopt_child(ProcessIndex index, ProcessIndex child) {
  const Process& process = processes_[index];
  Process& orphan = processes_[child];
  if (!forks_seen_ && process.seen_first - orphan.seen_first > kSamePid) {
    return;
  }
  ProgramIndex root = orphan.image;
  while (images_[root].parent != kNone) {
    root = images_[root].parent;
  }
  for (ProgramIndex at = process.image; at != kNone; at = images_[at].parent) {
    if (at == root) {
      return;  // each would be the other's parent: a number has come back
    }
  }
  orphan.parent = index;
  orphan.parent_generation = process.generation;
  ExecutedProgram& first = images_[root];
  const ExecutedProgram& own = images_[process.image];
  if (own.exe != 0 && own.exe == first.exe && own.argv == first.argv && own.orphan) {
    // The child forked and had not yet run another program: both run the same, and it is the
    // parent's.
    first.pid = own.pid;
    first.ppid = own.ppid;
    set_image(processes_[index], root);
    return;
  }
  images_.set_parent(first, process.image);
  first.orphan = false;
}

void Tracker::end_process(ProcessIndex index) {
  const Process& process = processes_[index];
  assert(process.in_use);
  if (process.files != kNone) {
    descriptors_.leave(sockets_, process.files);
    end_unheld();
  }
  images_.release(process.image);
  processes_.remove(index);
}

/// A known pid speaks with another parent than before: was it orphaned (then the new parent is an
/// ancestor: init or a subreaper), or is it another process with a number that came back?
bool Tracker::is_other_instance(const Process& process, const audit::Syscall& call) const {
  if (call.ppid <= 1) {
    return false;
  }
  const Process* at = &process;
  for (int depth = 0; depth < kMaxDepth; ++depth) {
    const ProcessIndex parent = parent_of(processes_, *at);
    if (parent == kNone) {
      return !forks_seen_;
    }
    at = &processes_[parent];
    if (at->pid == call.ppid) {
      return false;
    }
  }
  return true;
}

/// Of a program that somebody started on a terminal: does it go on without one, and without those
/// who were there? A child that sets itself apart works for its parent, as long as that is there.
/// Source: drivers/tty/tty_jobctrl.c disassociate_ctty(), kernel/sys.c ksys_setsid().
bool Tracker::has_left_terminal(const audit::Event& event, ProcessIndex process) const {
  const Symbol terminal = images_[processes_[process].image].tty;
  const audit::Record* const record = event.find(audit::type::kSyscall);
  // No text of a sender's before or in it: a blank makes the kernel write comm in hex.
  if (terminal == 0 || record == nullptr ||
      record->body.find(" tty=(none) ", event.syscall->tail) == std::string_view::npos) {
    return false;
  }
  ProcessIndex at = process;
  for (int depth = 0; depth < kMaxDepth && at != kNone; ++depth) {
    const Process& one = processes_[at];
    if (images_[one.image].tty != terminal) {
      return false;  // tmux, which has left its own
    }
    if (one.orphaned) {
      return true;
    }
    at = parent_of(processes_, one);
  }
  return false;
}

void Tracker::note_left_terminal(const audit::Event& event, ProcessIndex process,
                                 Socket& socket) const {
  if (socket.left_terminal == 0 && has_left_terminal(event, process)) {
    socket.left_terminal = event.stamp.time;
  }
}

/// Is the caller the child that a clone record announced, now without the parent of that time?
/// Inside a container clone returns a number of its own, which may be that of a process outside.
bool Tracker::is_orphan_of(const audit::Event& event, const Process& waiting, bool is_exec) {
  const Subject& subject = read_subject(event);
  // A session's number is sure enough; daemons have none, and are told apart by what they run.
  return subject.ses == waiting.ses && subject.auid == waiting.auid &&
         (is_exec || subject.ses != kUnset || images_[waiting.image].exe == 0 ||
          images_[waiting.image].exe == subject.exe);
}

/// Only LOGIN changes a process's session: where it has changed without, the number has come back.
bool Tracker::changed_session(const audit::Event& event, const Process& process) {
  const Subject& subject = read_subject(event);
  return subject.ses != process.ses || subject.auid != process.auid;
}

/// Where forks are not audited, a service that runs another program: init has others under that
/// number by then. What a session started is told apart by that.
bool Tracker::is_number_of_another(const audit::Event& event, const audit::Syscall& call,
                                   const Process& process) const {
  return !forks_seen_ && call.ppid <= 1 && process.ses == kUnset &&
         event.stamp.time - images_[process.image].began.event.time > kSameService;
}

ProcessIndex Tracker::get_process(const audit::Event& event, const audit::Syscall& call,
                                  bool is_exec) {
  if (!processes_.may_be_pid(call.pid)) {
    ++refused_pids_;
    return kNone;
  }
  const ProcessIndex waiting = processes_.pending(call.pid);
  const ProcessIndex index = processes_.by_pid(call.pid);
  if (waiting != kNone && processes_[waiting].ppid == call.ppid) {
    // The child of a clone record speaks for the first time.
    if (index != kNone) {
      end_process(index);
    }
    processes_.speak(waiting);
    note_child(waiting, &ProgramTally::children_seen);
    processes_[waiting].recent = true;
    return waiting;
  }
  if (index != kNone) {
    Process& process = processes_[index];
    process.recent = true;
    const bool same = process.ppid == call.ppid || !is_other_instance(process, call);
    if (same && (!is_exec || (!changed_session(event, process) &&
                              !is_number_of_another(event, call, process)))) {
      if (process.ppid != call.ppid) {
        processes_.forget_fatherless(index);
        process.orphaned = true;
        process.ppid = call.ppid;
      }
      return index;
    }
    end_process(index);
  } else if (waiting != kNone && is_orphan_of(event, processes_[waiting], is_exec)) {
    // Its parent is gone already: an orphan of the clone that we saw.
    processes_.speak(waiting);
    note_child(waiting, &ProgramTally::children_seen);
    processes_[waiting].ppid = call.ppid;
    processes_[waiting].orphaned = true;
    processes_[waiting].recent = true;
    return waiting;
  }
  if (const ProcessIndex whole = processes_.by_thread(call.pid); whole != kNone) {
    return whole;  // kernels before 4.9 log the thread's id as pid
  }
  return create_process(event, call, is_exec);
}

ProcessIndex Tracker::create_process(const audit::Event& event, const audit::Syscall& call,
                                     bool is_exec) {
  const ProcessIndex index = new_process(call.pid, call.ppid);
  processes_.speak(index);
  processes_[index].awaits_clone = true;
  const Subject& subject = read_subject(event);
  Process& process = processes_[index];
  process.auid = subject.auid;
  process.uid = subject.uid;
  process.ses = subject.ses;
  process.tty = subject.tty;
  process.seen_first = event.stamp.time;
  ProgramIndex parent_image;
  if (process.parent != kNone) {
    const Process& parent = processes_[process.parent];
    process.files = descriptors_.fork(parent.files);
    note_child(process.parent, &ProgramTally::children_untold);
    if (!forks_seen_) {
      descriptors_.doubt(sockets_,
                         process.files);  // the parent's table may have been another when it forked
    }
    parent_image = parent.image;
    if (is_exec || (images_[parent_image].exe == subject.exe &&
                    !has_other_title(event, images_[parent_image]))) {
      set_image(process, parent_image);  // forked; an exec makes its own image from here
      adopt_children(index);
      return index;
    }
  } else {
    process.files = descriptors_.make();
  }
  const ProgramIndex made = images_.make(boot_);
  ExecutedProgram& image = images_[made];
  images_.set_parent(image, parent_image);
  image.orphan = parent_image == kNone;
  image.pid = call.pid;
  image.ppid = call.ppid;
  image.auid = subject.auid;
  image.uid = subject.uid;
  image.ses = subject.ses;
  image.tty = subject.tty;
  image.began = place_of(event);
  if (!is_exec) {
    image.exe = subject.exe;
    image.comm = subject.comm;
    adopt_title(event, image);
  }
  set_image(process, made);
  if (parent_image == kNone) {
    processes_.note_fatherless(index);
  }
  adopt_children(index);
  if (!is_exec && processes_[index].image == made) {
    listener_.on_exec(made);
  }
  return index;
}

/// Is exe= of this call that of the process's image? Compares bytes, without decoding.
bool Tracker::runs_known_program(const audit::Event& event, ProcessIndex index) const {
  const audit::Record* const record = event.find(audit::type::kSyscall);
  const std::string_view exe = symbols_.text(images_[processes_[index].image].exe);
  if (record == nullptr || exe.empty()) {
    return false;
  }
  constexpr std::string_view kKey = " exe=\"";
  const std::size_t at = record->body.find(kKey, event.syscall->tail);
  return at != std::string_view::npos &&
         record->body.compare(at + kKey.size(), exe.size(), exe) == 0 &&
         record->body.substr(at + kKey.size() + exe.size(), 1) == "\"";
}

/// A process that runs another program than it was last seen to: its execve was lost, or is not
/// audited.
void Tracker::notice_lost_exec(const audit::Event& event, const Subject& subject,
                               ProcessIndex index) {
  Process& process = processes_[index];
  const ProgramIndex before = process.image;
  if (subject.exe == 0 || images_[before].exe == subject.exe || images_[before].exe == 0) {
    return;
  }
  const ProgramIndex made = images_.make(boot_);
  ExecutedProgram& image = images_[made];
  images_.set_parent(image, before);
  image.pid = process.pid;
  image.ppid = process.ppid;
  image.auid = process.auid = subject.auid;
  image.uid = process.uid = subject.uid;
  image.ses = process.ses = subject.ses;
  image.tty = process.tty = subject.tty;
  image.exe = subject.exe;
  image.comm = subject.comm;
  image.began = place_of(event);
  image.in_place = images_[before].pid == process.pid;
  adopt_title(event, image);
  process.files = descriptors_.unshare(process.files);
  descriptors_.exec(sockets_, process.files);
  end_unheld();
  process.latest = kNone;
  set_image(process, made);
  listener_.on_exec(made);
}

/// Without an EXECVE, PROCTITLE is the only hint at the arguments.
/// Source: kernel/auditsc.c audit_log_proctitle(): 128 bytes, cached per task.
void Tracker::adopt_title(const audit::Event& event, ExecutedProgram& image) {
  audit::Field field;
  if (!audit::find_field(event.title(), "proctitle", field) ||
      audit::decode_string(field, text_) != audit::Decoded::text || text_ == "(null)") {
    return;
  }
  image.argv = symbols_.intern(text_);
  image.argv_is_title = true;
  image.argv_cut = text_.size() >= 127;
}

/// Do both show a command line of their own, and not the same? Then the one is not the other's
/// fork, though both run the same program: ssh starts an ssh for a jump host.
bool Tracker::has_other_title(const audit::Event& event, const ExecutedProgram& image) {
  audit::Field field;
  return image.argv_is_title && audit::find_field(event.title(), "proctitle", field) &&
         audit::decode_string(field, text_) == audit::Decoded::text && text_ != "(null)" &&
         text_ != symbols_.text(image.argv);
}

void Tracker::on_fork(const audit::Event& event, Call call, const audit::Syscall& args,
                      ProcessIndex parent) {
  forks_seen_ = true;
  if (!runs_known_program(event, parent)) {
    notice_lost_exec(event, read_subject(event), parent);
  }
  std::uint64_t flags = 0;
  if (call == Call::clone) {
    flags = args.arch == abi::kArchS390 || args.arch == abi::kArchS390x ? args.a[1] : args.a[0];
  }
  const auto pid = static_cast<std::uint32_t>(args.exit);
  if (!processes_.may_be_pid(static_cast<std::uint64_t>(args.exit))) {
    ++refused_pids_;
    return;
  }
  if ((flags & abi::kCloneThread) != 0) {
    processes_.note_thread(pid, processes_[parent].pid);
    return;
  }
  if (call == Call::clone3 && processes_.by_pid(pid) == kNone) {
    return;  // a thread or a process: told by whether it ever speaks as a pid of its own
  }
  // By clone3 that is so where a number comes back, too: it has to be told from who had it.
  processes_.forget_thread(pid);
  if ((flags & abi::kClonePidfd) != 0) {
    processes_[parent].pidfd_child = pid;
  }
  const ProcessIndex known = processes_.by_pid(pid);
  if (known != kNone && processes_[known].awaits_clone &&
      processes_[known].ppid == processes_[parent].pid &&
      event.stamp.time - processes_[known].seen_first <= kSamePid) {
    processes_[known].awaits_clone = false;  // it spoke before this record was written
    note_child(parent, &ProgramTally::children_untold, true);
    processes_[known].orphaned = processes_[known].orphaned || processes_[parent].orphaned;
    return;
  }
  if (const ProcessIndex other = processes_.pending(pid); other != kNone) {
    end_process(other);
  }
  const ProcessIndex index = new_process(pid, processes_[parent].pid, parent);
  Process& child = processes_[index];
  const Process& from = processes_[parent];
  child.parent = parent;
  child.parent_generation = from.generation;
  child.auid = from.auid;
  child.uid = from.uid;
  child.ses = from.ses;
  child.tty = from.tty;
  child.orphaned = from.orphaned;
  child.files = (flags & abi::kCloneFiles) != 0 ? descriptors_.share(from.files)
                                                : descriptors_.fork(from.files);
  set_image(child, from.image);
  child.seen_first = event.stamp.time;
  // The number is the caller's own view, wrong inside a container: the child takes its place when
  // it speaks under this pid with this parent.
  processes_.announce(index);
  note_child(index, &ProgramTally::children);
}

/// A child that was announced has its parent's program until it runs another.
void Tracker::note_child(ProcessIndex process, std::uint32_t ProgramTally::*what, bool less) {
  const ExecutedProgram& image = images_[processes_[process].image];
  tally_.note_child(image.exe, image.auid, what, less);
}

/// As the machine goes down, or the log ends: children that had no time to do anything.
void Tracker::forget_young() {
  constexpr audit::TimeMs kYoung = 2000;
  for (std::size_t i = 0; i < processes_.all().size(); ++i) {
    const ProcessIndex index(i);
    const Process& process = processes_[index];
    if (process.in_use && processes_.pending(process.pid) == index &&
        process.seen_first >= tally_.last - kYoung) {
      note_child(index, &ProgramTally::children, true);
    }
  }
}

/// From EXECVE, else from the title.
void Tracker::read_arguments(const audit::Event& event, ExecutedProgram& image) {
  bodies_.clear();
  for (const audit::Record* record : event.records) {
    if (record->type == audit::type::kExecve) {
      bodies_.push_back(record->body);
    }
  }
  image.has_exec = !bodies_.empty();
  if (bodies_.empty()) {
    // One among many that have it: lost. Where no exec has it, the rules leave it out.
    if (tally_.execs_with_argv > 0) {
      tally_.note_loss(Loss::Kind::half_event, event.stamp.time, event.stamp.time, 1);
    }
    adopt_title(event, image);
    return;
  }
  ++tally_.execs_with_argv;
  if (bodies_.size() == 1 && read_whole_argv(bodies_.front(), image)) {
    return;
  }
  audit::decode_execve(bodies_, options_.argv, argv_);
  if (argv_.cut || argv_.lost) {
    ++bad_execves_;
  }
  if (argv_.lost) {
    tally_.note_loss(Loss::Kind::half_event, event.stamp.time, event.stamp.time, 1);
  }
  blob_.clear();
  for (std::size_t i = 0; i < argv_.args.size(); ++i) {
    if (i > 0) {
      blob_.push_back('\0');
    }
    blob_ += argv_.args[i];
  }
  image.argv_cut = argv_.cut || argv_.lost || argv_.bounded;
  image.argv = symbols_.intern(blob_);
}

/// The arguments as one record has them: all of them, and none in pieces, in nearly every exec.
/// \return are they? `blob_` holds them then.
bool Tracker::read_whole_argv(std::string_view execve, ExecutedProgram& image) {
  const auto [argv, is_known] = argvs_.place_of(execve);
  if (is_known) {
    image.argv = argv;
    blob_.assign(symbols_.text(argv));
    return true;
  }
  if (!audit::join_execve(execve, options_.argv, blob_)) {
    argvs_.forget(execve);
    return false;
  }
  argv = image.argv = symbols_.intern(blob_);
  if (argv == Symbols::kTooMany) {
    argvs_.forget(execve);  // to be refused, and counted, each time
  }
  return true;
}

/// The kernel runs "#!" files by their interpreter and puts the file's name behind it in argv, with
/// one argument of the "#!" line between them if it has any; PATH item 0 is the file that execve
/// was given (fs/binfmt_script.c).
void Tracker::read_script(const audit::Event& event, ExecutedProgram& image) {
  const std::size_t first = blob_.find('\0');
  audit::Field field;
  const audit::Record* const path = event.find(audit::type::kPath);
  if (path == nullptr || first == std::string::npos ||
      !audit::find_field(path->body, "name", field) ||
      audit::decode_string(field, text_) != audit::Decoded::text) {
    return;
  }
  const std::string_view behind = std::string_view(blob_).substr(first + 1);
  const std::size_t second = behind.find('\0');
  const std::string_view third =
      second == std::string_view::npos ? std::string_view{} : behind.substr(second + 1);
  if (text_ == behind.substr(0, second) ||
      (second != std::string_view::npos && text_ == third.substr(0, third.find('\0')))) {
    image.script = symbols_.intern(text_);
  }
}

/// A process that runs what it ran before is where it was then: a script that execs itself for
/// ever, or a number that came back where neither forks nor exits are audited. The programs between
/// are not above it. What re-executes itself does so at its start, as one program.
void Tracker::leave_loop(ExecutedProgram& image) {
  constexpr audit::TimeMs kAtStart = 10'000;
  const ProgramIndex before = image.parent;
  for (ProgramIndex at = before; at != kNone && images_[at].pid == image.pid;
       at = images_[at].parent) {
    const ExecutedProgram& earlier = images_[at];
    if (earlier.exe == image.exe && earlier.argv == image.argv && earlier.script == image.script &&
        earlier.auid == image.auid && earlier.ses == image.ses && earlier.uid == image.uid &&
        earlier.tty == image.tty && earlier.ppid == image.ppid &&
        (at != before || image.began.event.time - earlier.began.event.time > kAtStart)) {
      images_.set_parent(image, earlier.parent);
      image.in_place = earlier.in_place;
      image.begun = earlier.begun;
      image.orphan = earlier.orphan;
      images_.release(before);
      return;
    }
    if (!earlier.in_place) {
      return;
    }
  }
}

void Tracker::on_exec(const audit::Event& event, const audit::Syscall& args, ProcessIndex index) {
  const Subject& subject = read_subject(event);
  const ProgramIndex made = images_.make(boot_);
  Process& process = processes_[index];
  ExecutedProgram& image = images_[made];
  const ProgramIndex before = process.image;
  images_.set_parent(image, before);
  image.pid = args.pid;
  image.ppid = args.ppid;
  image.auid = process.auid = subject.auid;
  image.uid = process.uid = subject.uid;
  image.ses = process.ses = subject.ses;
  image.tty = process.tty = subject.tty;
  process.orphaned = process.orphaned && image.tty == images_[before].tty;
  image.exe = subject.exe;
  image.comm = subject.comm;
  tally_.note_start(image.exe, image.auid, event.stamp.time);
  image.began = place_of(event);
  image.in_place = images_[before].pid == args.pid;
  image.begun = !image.in_place || images_[before].begun || images_[before].exe == 0;
  image.orphan = images_[before].orphan && images_[before].exe == 0;
  read_arguments(event, image);
  audit::Field field;
  if (const audit::Record* cwd = event.find(audit::type::kCwd);
      cwd != nullptr && audit::find_field(cwd->body, "cwd", field) &&
      audit::decode_string(field, text_) == audit::Decoded::text) {
    image.cwd = symbols_.intern(text_);
  }
  if (image.has_exec) {
    read_script(event, image);
    leave_loop(image);
  }
  process.files = descriptors_.unshare(process.files);
  descriptors_.exec(sockets_, process.files);
  end_unheld();
  process.latest = kNone;
  set_image(process, made);
  listener_.on_exec(made);
  note_inherited(index, made);
}

}  // namespace auexfil::host
