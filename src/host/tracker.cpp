#include "auexfil/host/tracker.hpp"

#include <algorithm>
#include <iterator>

#include "abi.hpp"
#include "auexfil/audit/fields.hpp"

namespace auexfil::host {
namespace {

using audit::Call;

}  // namespace

Tracker::Tracker(Options options, Listener& listener)
    : options_(options),
      listener_(listener),
      symbols_(options.max_string_bytes),
      processes_(options.max_processes, options.max_pid),
      sockets_(options.max_sockets),
      descriptors_(options.max_descriptors, options.max_all_descriptors),
      sessions_(options.max_sessions) {}

Tracker::~Tracker() = default;

Place Tracker::place_of(const audit::Event& event) {
  Place place;
  place.event = event.stamp;
  if (!event.records.empty()) {
    const audit::Record* at = event.find(audit::type::kSyscall);
    at = at != nullptr ? at : event.records.front();
    place.file = at->file;
    place.line = at->line;
  }
  return place;
}

std::map<std::string, std::uint64_t> Tracker::bounds() const {
  std::map<std::string, std::uint64_t> bounds;
  const auto put = [&](const char* name, std::uint64_t times) {
    if (times > 0) {
      bounds[name] = times;
    }
  };
  put("strings", symbols_.refused());
  put("descriptors", descriptors_.refused());
  put("pids", refused_pids_);
  put("processes", forgotten_processes_);
  put("sockets", sockets_.refused());
  put("sessions", sessions_.refused());
  put("users", refused_users_);
  put("jobs", tally_.activities.refused());
  put("opened_files", opened_.lost());
  return bounds;
}

void Tracker::stop_growing(std::size_t at_least) {
  const auto hold = [at_least](std::size_t& bound, std::size_t now) {
    bound = std::min(bound, std::max(at_least, now));
  };
  hold(options_.max_users, tally_.user_names.size());
  hold(options_.max_peers, 0);
  symbols_.stop_growing();
  processes_.stop_growing(at_least);
  sockets_.stop_growing(at_least);
  descriptors_.stop_growing(at_least);
  sessions_.stop_growing(at_least);
  tally_.peers.stop_growing(at_least);
}

void Tracker::new_boot(std::uint32_t boot) {
  forget_young();
  ending_ = true;
  for (std::size_t i = 0; i < processes_.all().size(); ++i) {
    const ProcessIndex index(i);
    if (processes_[index].in_use) {
      end_process(index);
    }
  }
  processes_.forget_numbers();
  while (!passed_.empty()) {
    const SocketIndex socket = passed_.back().socket;
    passed_.pop_back();
    drop_socket(socket);
  }
  ending_ = false;
  boot_ = boot;
  tally_.begin_serials();
}

/// A call that has no use here: is it one, or is nothing known of its architecture?
void Tracker::note_arch(std::uint32_t arch) {
  if (arch == known_arch_) {
    return;
  }
  if (audit::SyscallTables::knows(arch)) {
    known_arch_ = arch;
  } else {
    tally_.note_unknown_arch(arch);
  }
}

/// Makes room for strings: forgets those of programs and sessions that are gone.
/// \param of_programs  that the tally counts: until they are forgotten each is one program.
void Tracker::sweep_symbols(Names of_programs) {
  std::vector<bool> live(symbols_.size(), false);
  for (const ExecutedProgram& image : images_.all()) {
    if (image.refs > 0) {
      for (const Symbol symbol :
           {image.exe, image.comm, image.tty, image.argv, image.cwd, image.script}) {
        live[symbol] = true;
      }
    }
  }
  for (const Process& process : processes_.all()) {
    live[process.tty] = true;
  }
  for (const auto& [key, session] : sessions_.all()) {
    for (const Symbol symbol :
         {session.opener, session.login_exe, session.terminal, session.login_terminal,
          session.address, session.opened.writer, session.opened.claimed, session.logged_in.writer,
          session.logged_in.claimed}) {
      live[symbol] = true;
    }
  }
  opened_.mark(live);
  listener_.on_sweep(live);
  if (of_programs == Names::forget) {
    tally_.forget_programs(live);
  } else {
    tally_.mark_programs(live);
  }
  symbols_.sweep(live);
  subjects_.clear();
  argvs_.clear();
}

void Tracker::take(const audit::Event& event) {
  if (symbols_.wants_sweep()) {
    sweep_symbols(Names::forget);
  }
  has_subject_ = false;
  sets_login_ = false;
  if (event.boot != boot_) {
    tally_.settle_rules(event.stamp.time);
    tally_.rules.boot(event.stamp.time, tally_.kinds());
    new_boot(event.boot);
  }
  tally_.note_order(event);
  take_user_records(event);
  if (event.syscall != nullptr) {
    take_syscall(event);
  }
}

/// Of the event at hand.
const Tracker::Subject& Tracker::read_subject(const audit::Event& event) {
  if (has_subject_) {
    return subject_;
  }
  has_subject_ = true;
  subject_ = Subject{};
  const audit::Record* const record = event.find(audit::type::kSyscall);
  if (record == nullptr) {
    return subject_;
  }
  const std::string_view tail =
      record->body.substr(std::min<std::size_t>(event.syscall->tail, record->body.size()));
  const auto [known, is_known] = subjects_.place_of(tail);
  if (!is_known) {
    known = decode_subject(tail);
    const Subject& made = known.subject;
    if (made.tty == Symbols::kTooMany || made.comm == Symbols::kTooMany ||
        made.exe == Symbols::kTooMany) {
      subjects_.forget(tail);  // to be refused, and counted, each time
    }
  }
  subject_ = known.subject;
  if (known.enriched < tail.size()) {
    learn_names(tail.substr(known.enriched), subject_);
  }
  return subject_;
}

/// \param tail  of a SYSCALL record: what follows the numbers of the call.
Tracker::KnownSubject Tracker::decode_subject(std::string_view tail) {
  KnownSubject made;
  audit::Task task;
  audit::decode_task(tail, task);
  made.subject.auid = task.auid;
  made.subject.uid = task.uid;
  made.subject.ses = task.ses;
  made.subject.tty = symbols_.intern(task.tty);
  if (!task.comm.value.empty() &&
      audit::decode_string(task.comm, text_) != audit::Decoded::absent) {
    made.subject.comm = symbols_.intern(text_);
  }
  if (!task.exe.value.empty() && audit::decode_string(task.exe, text_) != audit::Decoded::absent) {
    constexpr std::string_view kDeleted = " (deleted)";  // appended by d_path()
    if (text_.size() > kDeleted.size() && text_.ends_with(kDeleted)) {
      text_.resize(text_.size() - kDeleted.size());
    }
    made.subject.exe = symbols_.intern(text_);
  }
  made.enriched = static_cast<std::uint32_t>(
      task.enriched.empty() ? tail.size()
                            : static_cast<std::size_t>(task.enriched.data() - tail.data()));
  return made;
}

/// auditd looks names up when it writes the record, on the host itself: no later file knows better.
void Tracker::learn_names(std::string_view enriched, const Subject& subject) {
  const auto is_known = [&](std::uint32_t id) {
    return id == kUnset || tally_.user_names.contains(id);
  };
  if (is_known(subject.auid) && is_known(subject.uid)) {
    return;
  }
  audit::EnrichedReader reader(enriched);
  audit::Field field;
  while (reader.next(field)) {
    const bool is_auid = field.key == "AUID";
    if (!is_auid && field.key != "UID") {
      continue;
    }
    const std::uint32_t id = is_auid ? subject.auid : subject.uid;
    if (is_known(id)) {
      continue;
    }
    if (tally_.user_names.size() >= options_.max_users) {
      ++refused_users_;
      continue;
    }
    constexpr std::size_t kMaxName = 256;  // LOGIN_NAME_MAX, include/linux/limits.h
    // auditd's own words for what it cannot look up.
    const bool is_name = field.value.size() <= 2 * kMaxName &&
                         !field.value.starts_with("unknown(") && field.value != "unset";
    // A name with a blank or a byte outside ASCII is in hex, without quotes (audit-userspace
    // auditd/auditd-event.c add_simple_field()).
    text_.clear();
    if (is_name) {
      audit::decode_acct(field, text_);
    }
    tally_.user_names.emplace(id, text_.substr(0, kMaxName));
  }
}

/// The call behind an event's number, its arguments and result as on any architecture.
/// \return Call::other where it has no use here.
Call Tracker::resolve(const audit::Event& event, audit::Syscall& args) {
  Call call = syscalls_.find(args.arch, args.number);
  if (call == Call::other) {
    note_arch(args.arch);
    return call;
  }
  if (args.exit < 0) {
    args.exit = audit::common_exit(args.arch, args.exit);
  }
  if (call != Call::socketcall) {
    return call;
  }
  call = audit::SyscallTables::socketcall(args.a[0]);
  const audit::Record* const inner = event.find(audit::type::kSocketcall);
  if (inner == nullptr) {
    args.a[0] = 0xffffffffU;  // the descriptor is unknown
    ++tally_.calls_without_arguments;
    return call;
  }
  audit::FieldReader reader(inner->body);
  audit::Field field;
  while (reader.next(field)) {
    if (field.key.size() == 2 && field.key[0] == 'a' && field.key[1] >= '0' &&
        field.key[1] <= '3') {
      static_cast<void>(audit::parse_hex(field.value, args.a[field.key[1] - '0']));
    }
  }
  return call;
}

void Tracker::take_syscall(const audit::Event& event) {
  audit::Syscall args = *event.syscall;
  if (args.pid == 0) {
    // Cut where a disk was full, a copy ended: whose call it was, and how it went, is lost.
    tally_.note_loss(Loss::Kind::half_event, event.stamp.time, event.stamp.time, 1);
    return;
  }
  ++tally_.syscalls;
  big_endian_ = audit::is_big_endian(args.arch);
  if ((args.arch & abi::kArch64Bit) == 0) {
    ++tally_.syscalls_32;
  }
  const Call call = resolve(event, args);
  if (call == Call::other) {
    return;
  }
  if (call == Call::unlink || call == Call::unlinkat) {
    on_unlink(event, call, args);
    return;
  }
  tally_.note_title(event);
  const bool ok = args.has_exit && args.exit >= 0;
  const bool is_exec = (call == Call::execve || call == Call::execveat) && ok;
  const ProcessIndex process = get_process(event, args, is_exec);
  if (process == kNone) {
    return;
  }
  const Process& caller = processes_[process];
  tally_.note_call(event, call, args, images_[caller.image].exe, caller.auid);
  // The kernel wrote LOGIN while it took the number that was written to /proc/self/loginuid: those
  // few bytes are no sign of anything. Source: fs/proc/base.c proc_loginuid_write().
  if (sets_login_ && audit::is_write(call)) {
    return;
  }
  if (!take_process_call(event, call, args, process) &&
      !take_socket_call(event, call, args, process)) {
    take_descriptor_call(event, call, args, process);
  }
}

/// Calls that begin, end and change processes. \return was it one?
bool Tracker::take_process_call(const audit::Event& event, Call call, const audit::Syscall& args,
                                ProcessIndex process) {
  const bool ok = args.has_exit && args.exit >= 0;
  switch (call) {
    case Call::execve:
    case Call::execveat:
      if (ok) {
        on_exec(event, args, process);
      }
      return true;
    case Call::fork:
    case Call::vfork:
    case Call::clone:
    case Call::clone3:
      if (ok && args.exit > 0) {
        on_fork(event, call, args, process);
      }
      return true;
    case Call::exit_group:
      listener_.on_exit(processes_[process].pid, event.stamp.time);
      end_process(process);
      return true;
    case Call::io_uring_setup:  // with IORING_SETUP_SQPOLL the only call that there is
    case Call::io_uring_enter:
    case Call::io_submit:
      if (ok || call != Call::io_uring_setup) {
        bool& async = images_[processes_[process].image].async;
        tally_.async_programs += async ? 0U : 1U;
        async = true;
      }
      return true;
    case Call::unshare:
      if (ok && (args.a[0] & abi::kCloneFiles) != 0) {
        processes_[process].files = descriptors_.unshare(processes_[process].files);
      }
      return true;
    default:
      return false;
  }
}

/// Calls that make sockets and carry bytes. \return was it one?
bool Tracker::take_socket_call(const audit::Event& event, Call call, const audit::Syscall& args,
                               ProcessIndex process) {
  const bool ok = args.has_exit && args.exit >= 0;
  const auto fd = static_cast<std::uint32_t>(args.a[0]);
  switch (call) {
    case Call::socket:
      if (ok) {
        on_socket(event, args, process);
      }
      return true;
    case Call::connect:
      on_connect(event, args, process);
      return true;
    case Call::bind:
      if (ok) {
        on_bind(event, args, process);
      }
      return true;
    case Call::listen: {
      const Descriptor descriptor = descriptors_.get(processes_[process].files, fd);
      if (ok && descriptor.kind == Descriptor::Kind::socket) {
        sockets_[descriptor.socket()].role = Role::listening;
      }
      return true;
    }
    case Call::accept:
    case Call::accept4:
      if (ok) {
        on_accept(event, call, args, process);
      }
      return true;
    case Call::write:
    case Call::pwrite:
    case Call::writev:
    case Call::pwritev:
    case Call::send:
    case Call::sendto:
    case Call::sendmsg:
    case Call::sendmmsg:
      on_write(event, call, args, process);
      return true;
    case Call::sendfile:
      on_write(event, call, args, process);
      note_file_read(
          args, process,
          descriptors_.get(processes_[process].files, static_cast<std::uint32_t>(args.a[1])));
      return true;
    case Call::splice:
      on_write(event, call, args, process);
      on_read(event, call, args, process);
      return true;
    case Call::read:
    case Call::pread:
    case Call::readv:
    case Call::preadv:
    case Call::recv:
    case Call::recvfrom:
    case Call::recvmsg:
    case Call::recvmmsg:
      on_read(event, call, args, process);
      return true;
    case Call::shutdown:
    case Call::getsockname:
    case Call::getpeername:
      if (ok) {
        note_socket_call(process, fd);
      }
      return true;
    default:
      return false;
  }
}

/// Calls that make, copy and end descriptors.
void Tracker::take_descriptor_call(const audit::Event& event, Call call, const audit::Syscall& args,
                                   ProcessIndex process) {
  const bool ok = args.has_exit && args.exit >= 0;
  const FilesIndex files = processes_[process].files;
  const auto fd = static_cast<std::uint32_t>(args.a[0]);
  switch (call) {
    case Call::close:
      // After EINTR and EIO the number is free as well; only EBADF says that it was free before.
      if (args.has_exit && args.exit != -abi::kBadDescriptor) {
        close_descriptor(files, fd);
      }
      return;
    case Call::close_range:
      if (ok) {
        if ((args.a[2] & abi::kCloseRangeUnshare) != 0) {
          processes_[process].files = descriptors_.unshare(files);
        }
        descriptors_.close_range(sockets_, processes_[process].files, fd,
                                 static_cast<std::uint32_t>(args.a[1]),
                                 (args.a[2] & abi::kCloseRangeOnExec) != 0);
        end_unheld();
      }
      return;
    case Call::dup:
    case Call::dup2:
    case Call::dup3:
    case Call::fcntl:
    case Call::ioctl:
      if (ok) {
        on_copy(call, args, process);
      }
      return;
    case Call::open:
    case Call::openat:
    case Call::openat2:
    case Call::creat:
      if (ok) {
        Descriptor file;
        file.kind = Descriptor::Kind::other;
        if (images_[processes_[process].image].opens) {
          file.object = note_open(event, call, args, process);
        }
        const std::uint64_t flags = call == Call::open ? args.a[1] : args.a[2];
        file.close_on_exec =
            (call == Call::open || call == Call::openat) && (flags & abi::kOpenCloseOnExec) != 0;
        set_descriptor(files, static_cast<std::uint32_t>(args.exit), file);
      }
      return;
    case Call::pidfd_open:
      if (ok) {
        Descriptor pidfd;
        pidfd.kind = Descriptor::Kind::pidfd;
        pidfd.object = fd;  // its first argument is the pid
        pidfd.close_on_exec = true;
        set_descriptor(files, static_cast<std::uint32_t>(args.exit), pidfd);
      }
      return;
    case Call::pidfd_getfd:
      if (ok) {
        on_pidfd_getfd(event, args, process);
      }
      return;
    case Call::pipe:
    case Call::pipe2:
    case Call::socketpair:
      if (ok) {
        on_pair(event, call, args, files);
      }
      return;
    default:
      return;
  }
}

/// Both numbers stand in a record of their own.
void Tracker::on_pair(const audit::Event& event, Call call, const audit::Syscall& args,
                      FilesIndex files) {
  const audit::Record* const pair = event.find(audit::type::kFdPair);
  if (pair == nullptr) {
    return;
  }
  Descriptor end;
  end.kind = call == Call::socketpair ? Descriptor::Kind::pair : Descriptor::Kind::other;
  end.object = call == Call::socketpair ? 0 : opened_.add_pipe();
  const std::uint64_t flags = call == Call::pipe ? 0 : args.a[1];
  end.close_on_exec = (flags & abi::kOpenCloseOnExec) != 0;
  audit::FieldReader reader(pair->body);
  audit::Field field;
  std::uint32_t number = 0;
  while (reader.next(field)) {
    if (audit::parse_number(field.value, number)) {
      set_descriptor(files, number, end);
    }
  }
}

/// Programs at work that have a way to send that shows in no call.
std::uint64_t Tracker::count_async() const {
  std::vector<bool> at_work(images_.all().size(), false);
  for (const Process& process : processes_.all()) {
    if (process.in_use && images_[process.image].async) {
      at_work[process.image.number()] = true;
    }
  }
  return static_cast<std::uint64_t>(std::count(at_work.begin(), at_work.end(), true));
}

void Tracker::finish() {
  tally_.settle_rules(tally_.last);
  tally_.ceased.settle(tally_.first, tally_.last);
  tally_.users.settle(tally_.last);
  tally_.async_at_work = count_async();
  new_boot(boot_);
  ending_ = true;
  for (std::size_t i = 0; i < sockets_.all().size(); ++i) {
    const SocketIndex index(i);
    if (sockets_[index].in_use) {
      end_socket(index);
    }
  }
}

}  // namespace auexfil::host
