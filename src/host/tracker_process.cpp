#include <algorithm>
#include <cassert>

#include "abi.hpp"
#include "auexfil/audit/fields.hpp"
#include "auexfil/host/tracker.hpp"

namespace auexfil::host {
namespace {

using audit::Call;

constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxThreads = 65536;
/// Where forks are not audited a number may come back unseen: a parent is believed to be the one
/// that a child named only for so long.
constexpr audit::TimeMs kSamePid = 60'000;

}  // namespace

std::uint32_t Tracker::new_image() {
  std::uint32_t index = 0;
  if (free_images_.empty()) {
    index = static_cast<std::uint32_t>(images_.size());
    images_.emplace_back();
  } else {
    index = free_images_.back();
    free_images_.pop_back();
    assert(images_[index].refs == 0);
    images_[index] = ExecutedProgram{};
  }
  images_[index].boot = boot_;
  images_[index].number = ++images_made_;
  return index;
}

void Tracker::release_image(std::uint32_t index) {
  // A chain of ancestors may end with the last holder of its tip.
  while (index != kNone) {
    assert(images_[index].refs > 0);
    if (--images_[index].refs > 0) {
      return;
    }
    const std::uint32_t parent = images_[index].parent;
    free_images_.push_back(index);
    index = parent;
  }
}

/// Puts an image below another. A process may exec, or fork and exec, without end: past a depth
/// that no lineage needs, the ancestor just above is left out, so that the far ones stay.
void Tracker::set_parent(ExecutedProgram& image, std::uint32_t before) {
  constexpr std::uint32_t kMaxImages = 96;
  if (before != kNone && images_[before].depth >= kMaxImages) {
    before = images_[before].parent;
  }
  image.parent = before;
  if (before != kNone) {
    ++images_[before].refs;
    image.depth = images_[before].depth + 1;
  }
}

void Tracker::set_image(Process& process, std::uint32_t image) {
  const std::uint32_t before = process.image;
  ++images_[image].refs;
  process.image = image;
  if (before != kNone) {
    release_image(before);
  }
}

/// Where exits are not audited, or somebody forks without end, the processes that have been silent
/// longest are given up: a hand goes round and takes the first that has not spoken since it passed.
void Tracker::forget_a_process(std::uint32_t keep) {
  for (std::size_t steps = 0; steps < 2 * processes_.size(); ++steps) {
    next_victim_ = next_victim_ + 1 < processes_.size() ? next_victim_ + 1 : 0;
    Process& process = processes_[next_victim_];
    if (!process.in_use || next_victim_ == keep) {
      continue;
    }
    if (!process.recent) {
      ++forgotten_processes_;
      end_process(next_victim_);
      return;
    }
    process.recent = false;
  }
}

/// \param keep  process that must stay, whatever the bound.
std::uint32_t Tracker::new_process(std::uint32_t pid, std::uint32_t ppid, std::uint32_t keep) {
  if (free_processes_.empty() && processes_.size() >= options_.max_processes) {
    forget_a_process(keep);
  }
  std::uint32_t index = 0;
  if (free_processes_.empty()) {
    index = static_cast<std::uint32_t>(processes_.size());
    processes_.emplace_back();
  } else {
    index = free_processes_.back();
    free_processes_.pop_back();
  }
  Process& process = processes_[index];
  assert(!process.in_use && process.image == kNone && process.files == kNone);
  const std::uint32_t generation = process.generation + 1;
  process = Process{};
  process.generation = generation;
  process.pid = pid;
  process.ppid = ppid;
  process.in_use = true;
  process.recent = keep == kNone;
  if (pids_[ppid] != kNone) {
    process.parent = pids_[ppid];
    process.parent_generation = processes_[process.parent].generation;
  }
  return index;
}

/// A process whose parent has not been seen. Init's number needs no waiting for: what it takes in
/// was started by another.
void Tracker::note_fatherless(std::uint32_t index) {
  Process& process = processes_[index];
  if (process.ppid <= 1 || process.ppid > options_.max_pid) {
    return;
  }
  process.fatherless = true;
  process.next_fatherless = fatherless_[process.ppid];
  if (process.next_fatherless != kNone) {
    processes_[process.next_fatherless].previous_fatherless = index;
  }
  fatherless_.set(process.ppid, index);
}

void Tracker::forget_fatherless(std::uint32_t index) {
  Process& process = processes_[index];
  if (!process.fatherless) {
    return;
  }
  process.fatherless = false;
  if (process.next_fatherless != kNone) {
    processes_[process.next_fatherless].previous_fatherless = process.previous_fatherless;
  }
  if (process.previous_fatherless != kNone) {
    processes_[process.previous_fatherless].next_fatherless = process.next_fatherless;
  } else {
    fatherless_.set(process.ppid, process.next_fatherless);
  }
  process.next_fatherless = process.previous_fatherless = kNone;
}

/// The process speaks for the first time and no clone record announced it: it has been there since
/// before the log began, and those that named it as their parent are its children.
void Tracker::adopt_children(std::uint32_t index) {
  std::uint32_t child = fatherless_[processes_[index].pid];
  while (child != kNone) {
    const std::uint32_t next = processes_[child].next_fatherless;
    forget_fatherless(child);
    adopt_child(index, child);
    child = next;
  }
}

void Tracker::adopt_child(std::uint32_t index, std::uint32_t child) {
  const Process& process = processes_[index];
  Process& orphan = processes_[child];
  if (!forks_seen_ && process.seen_first - orphan.seen_first > kSamePid) {
    return;
  }
  std::uint32_t root = orphan.image;
  while (images_[root].parent != kNone) {
    root = images_[root].parent;
  }
  for (std::uint32_t at = process.image; at != kNone; at = images_[at].parent) {
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
  set_parent(first, process.image);
  first.orphan = false;
}

void Tracker::end_process(std::uint32_t index) {
  assert(processes_[index].in_use);
  forget_fatherless(index);
  Process& process = processes_[index];
  if (process.files != kNone) {
    descriptors_.leave(process.files);
  }
  if (process.image != kNone) {
    release_image(process.image);
  }
  if (pids_[process.pid] == index) {
    pids_.set(process.pid, kNone);
  }
  if (pending_[process.pid] == index) {
    pending_.set(process.pid, kNone);
  }
  process.in_use = false;
  process.image = kNone;
  process.files = kNone;
  free_processes_.push_back(index);
}

/// A known pid speaks with another parent than before: was it orphaned (then the new parent is an
/// ancestor: init or a subreaper), or is it another process with a number that came back?
bool Tracker::is_other_instance(const Process& process, const audit::Syscall& call) const {
  if (call.ppid <= 1) {
    return false;
  }
  const Process* at = &process;
  for (int depth = 0; depth < kMaxDepth; ++depth) {
    if (at->parent == kNone || processes_[at->parent].generation != at->parent_generation) {
      return !forks_seen_;
    }
    at = &processes_[at->parent];
    if (at->pid == call.ppid) {
      return false;
    }
  }
  return true;
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

std::uint32_t Tracker::get_process(const audit::Event& event, const audit::Syscall& call,
                                   bool is_exec) {
  if (call.pid > options_.max_pid) {
    ++refused_pids_;
    return kNone;
  }
  const std::uint32_t waiting = pending_[call.pid];
  std::uint32_t index = pids_[call.pid];
  if (waiting != kNone && processes_[waiting].ppid == call.ppid) {
    // The child of a clone record speaks for the first time.
    if (index != kNone) {
      end_process(index);
    }
    pending_.set(call.pid, kNone);
    pids_.set(call.pid, waiting);
    processes_[waiting].recent = true;
    return waiting;
  }
  if (index != kNone) {
    Process& process = processes_[index];
    process.recent = true;
    const bool same = process.ppid == call.ppid || !is_other_instance(process, call);
    if (same && (!is_exec || !changed_session(event, process))) {
      if (process.ppid != call.ppid) {
        forget_fatherless(index);
      }
      process.ppid = call.ppid;
      return index;
    }
    end_process(index);
  } else if (waiting != kNone && is_orphan_of(event, processes_[waiting], is_exec)) {
    // Its parent is gone already: an orphan of the clone that we saw.
    pending_.set(call.pid, kNone);
    pids_.set(call.pid, waiting);
    processes_[waiting].ppid = call.ppid;
    processes_[waiting].recent = true;
    return waiting;
  }
  if (const auto thread = threads_.find(call.pid);
      thread != threads_.end() && pids_[thread->second] != kNone) {
    return pids_[thread->second];  // kernels before 4.9 log the thread's id as pid
  }
  return create_process(event, call, is_exec);
}

std::uint32_t Tracker::create_process(const audit::Event& event, const audit::Syscall& call,
                                      bool is_exec) {
  const std::uint32_t index = new_process(call.pid, call.ppid);
  pids_.set(call.pid, index);
  processes_[index].awaits_clone = true;
  const Subject& subject = read_subject(event);
  Process& process = processes_[index];
  process.auid = subject.auid;
  process.uid = subject.uid;
  process.ses = subject.ses;
  process.tty = subject.tty;
  process.seen_first = event.stamp.time;
  std::uint32_t parent_image = kNone;
  if (process.parent != kNone) {
    const Process& parent = processes_[process.parent];
    process.files = descriptors_.fork(parent.files);
    if (!forks_seen_) {
      descriptors_.doubt(process.files);  // the parent's table may have been another when it forked
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
  const std::uint32_t made = new_image();
  ExecutedProgram& image = images_[made];
  set_parent(image, parent_image);
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
    note_fatherless(index);
  }
  adopt_children(index);
  if (!is_exec && processes_[index].image == made) {
    listener_.on_exec(made);
  }
  return index;
}

/// Is exe= of this call that of the process's image? Compares bytes, without decoding.
bool Tracker::runs_known_program(const audit::Event& event, std::uint32_t index) const {
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
                               std::uint32_t index) {
  Process& process = processes_[index];
  const std::uint32_t before = process.image;
  if (subject.exe == 0 || images_[before].exe == subject.exe || images_[before].exe == 0) {
    return;
  }
  const std::uint32_t made = new_image();
  ExecutedProgram& image = images_[made];
  set_parent(image, before);
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
  descriptors_.exec(process.files);
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
                      std::uint32_t parent) {
  forks_seen_ = true;
  if (!runs_known_program(event, parent)) {
    notice_lost_exec(event, read_subject(event), parent);
  }
  std::uint64_t flags = 0;
  if (call == Call::clone) {
    flags = args.arch == abi::kArchS390 || args.arch == abi::kArchS390x ? args.a[1] : args.a[0];
  }
  const auto pid = static_cast<std::uint32_t>(args.exit);
  if (args.exit > static_cast<std::int64_t>(options_.max_pid)) {
    ++refused_pids_;
    return;
  }
  if ((flags & abi::kCloneThread) != 0) {
    if (threads_.size() >= kMaxThreads) {
      threads_.clear();
    }
    threads_[pid] = processes_[parent].pid;
    return;
  }
  if (call == Call::clone3) {
    return;  // a thread or a process: told by whether it ever speaks as a pid of its own
  }
  threads_.erase(pid);
  if ((flags & abi::kClonePidfd) != 0) {
    processes_[parent].pidfd_child = pid;
  }
  const std::uint32_t known = pids_[pid];
  if (known != kNone && processes_[known].awaits_clone &&
      processes_[known].ppid == processes_[parent].pid) {
    processes_[known].awaits_clone = false;  // it spoke before this record was written
    return;
  }
  if (pending_[pid] != kNone) {
    end_process(pending_[pid]);
  }
  const std::uint32_t index = new_process(pid, processes_[parent].pid, parent);
  Process& child = processes_[index];
  const Process& from = processes_[parent];
  child.parent = parent;
  child.parent_generation = from.generation;
  child.auid = from.auid;
  child.uid = from.uid;
  child.ses = from.ses;
  child.tty = from.tty;
  child.files = (flags & abi::kCloneFiles) != 0 ? descriptors_.share(from.files)
                                                : descriptors_.fork(from.files);
  set_image(child, from.image);
  // The number is the caller's own view, wrong inside a container: the child takes its place when
  // it speaks under this pid with this parent.
  pending_.set(pid, index);
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
      note_loss(Loss::Kind::half_event, event.stamp.time, event.stamp.time, 1);
    }
    adopt_title(event, image);
    return;
  }
  ++tally_.execs_with_argv;
  if (bodies_.size() > 1 || !audit::join_execve(bodies_.front(), options_.argv, blob_)) {
    audit::decode_execve(bodies_, options_.argv, argv_);
    if (argv_.cut || argv_.lost) {
      ++bad_execves_;
    }
    if (argv_.lost) {
      note_loss(Loss::Kind::half_event, event.stamp.time, event.stamp.time, 1);
    }
    blob_.clear();
    for (std::size_t i = 0; i < argv_.args.size(); ++i) {
      if (i > 0) {
        blob_.push_back('\0');
      }
      blob_ += argv_.args[i];
    }
    image.argv_cut = argv_.cut || argv_.lost || argv_.bounded;
  }
  image.argv = symbols_.intern(blob_);
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

void Tracker::on_exec(const audit::Event& event, const audit::Syscall& args, std::uint32_t index) {
  const Subject& subject = read_subject(event);
  const std::uint32_t made = new_image();
  Process& process = processes_[index];
  ExecutedProgram& image = images_[made];
  const std::uint32_t before = process.image;
  set_parent(image, before);
  image.pid = args.pid;
  image.ppid = args.ppid;
  image.auid = process.auid = subject.auid;
  image.uid = process.uid = subject.uid;
  image.ses = process.ses = subject.ses;
  image.tty = process.tty = subject.tty;
  image.exe = subject.exe;
  image.comm = subject.comm;
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
  }
  process.files = descriptors_.unshare(process.files);
  descriptors_.exec(process.files);
  process.latest = kNone;
  set_image(process, made);
  listener_.on_exec(made);
}

}  // namespace auexfil::host
