#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "auexfil/audit/fields.hpp"
#include "auexfil/host/tracker.hpp"

namespace auexfil::host {

const Session* Tracker::find_session(std::uint32_t boot, std::uint32_t ses) const {
  return sessions_.find({boot, ses});
}

/// Those of which a program or a process is left.
std::set<SessionTable::Key> Tracker::alive_sessions() const {
  std::set<SessionTable::Key> alive;
  for (const ExecutedProgram& image : images_.all()) {
    if (image.refs > 0 && image.ses != kUnset) {
      alive.emplace(image.boot, image.ses);
    }
  }
  for (const Process& process : processes_.all()) {
    if (process.in_use && process.ses != kUnset) {
      alive.emplace(boot_, process.ses);
    }
  }
  return alive;
}

Session& Tracker::get_session(std::uint32_t ses) {
  if (sessions_.wants_prune()) {
    sessions_.prune(alive_sessions());
  }
  return sessions_.get({boot_, ses});
}

void Tracker::on_login(const audit::Event& event, const audit::Record& record) {
  audit::Login login;
  if (!audit::decode_login(record.body, login) || !login.accepted) {
    return;
  }
  // Who is in a session never leaves it: the number has come back.
  if (const ProcessIndex index = processes_.by_pid(login.pid);
      login.had_none && index != kNone && processes_[index].ses != kUnset) {
    end_process(index);
  }
  for (const ProcessIndex index : {processes_.by_pid(login.pid), processes_.pending(login.pid)}) {
    if (index != kNone) {
      processes_[index].auid = login.auid;
      processes_[index].ses = login.has_ses ? login.ses : processes_[index].ses;
    }
  }
  if (!login.has_ses || login.ses == kUnset) {
    return;
  }
  Session& session = get_session(login.ses);
  session.auid = login.auid;
  session.pid = login.pid;
  session.has_login = true;
  session.start = place_of(event);
  session.start.file = record.file;
  session.start.line = record.line;
  session.ended = 0;
  if (event.syscall != nullptr) {
    const Subject& subject = read_subject(event);
    session.login_exe = subject.exe;
    session.opener = subject.exe != 0 ? subject.exe : session.opener;
  }
}

/// Who sent it, by the kernel's pid; a program's text about itself is kept beside.
Sent Tracker::sent_by(const audit::UserMessage& message, const audit::Event& event,
                      const audit::Record& record) {
  Sent sent;
  sent.pid = message.pid;
  sent.claimed = symbols_.intern(message.exe);
  sent.place = place_of(event);
  sent.place.file = record.file;
  sent.place.line = record.line;
  const ProcessIndex process = processes_.by_pid(message.pid);
  if (process != kNone) {
    sent.writer = images_[processes_[process].image].exe;
  }
  return sent;
}

/// A unit was started or stopped: the service manager, process 1 by the kernel's word, says so.
/// Source: systemd, src/core/manager.c manager_send_unit_audit().
void Tracker::on_service(const audit::Event& event, const audit::Record& record) {
  const audit::UserMessage* const read = messages_.read(record.body);
  if (read == nullptr || read->unit.empty() || !read->success) {
    return;
  }
  const audit::UserMessage& message = *read;
  tally_.activities.note(Activity::Kind::unit, message.unit, {},
                         record.type == audit::type::kServiceStart, message.pid == 1,
                         event.stamp.time);
}

/// Who opened a session, for hosts whose log has nothing but such records.
void Tracker::note_opened(const audit::UserMessage& message, const audit::Event& event,
                          std::uint16_t type) {
  const bool opens = type == audit::type::kUserStart && message.op == "PAM:session_open";
  const bool acquires = type == audit::type::kCredAcq && message.op == "PAM:setcred";
  if ((!opens && !acquires) || message.exe.empty()) {
    return;
  }
  const ProcessIndex process = processes_.by_pid(message.pid);
  const bool vouched =
      process != kNone && symbols_.text(images_[processes_[process].image].exe) == message.exe;
  tally_.activities.note(opens ? Activity::Kind::session : Activity::Kind::acquired, message.exe,
                         message.acct, true, vouched, event.stamp.time);
}

namespace {

/// Does it open PAM sessions inside a session of somebody's, without a new number of the kernel's?
/// (No pam_loginuid in /etc/pam.d/sudo, su, runuser, polkit-1, doas.)
bool opens_inside(std::string_view exe) {
  static constexpr std::array<std::string_view, 6> kInside = {"sudo",    "sudo-rs", "su",
                                                              "runuser", "pkexec",  "doas"};
  const std::string_view name = exe.substr(exe.rfind('/') + 1);
  return std::find(kInside.begin(), kInside.end(), name) != kInside.end();
}

/// Somebody got a terminal. sshd of Fedora and its kin says USER_LOGIN of its first channel alone,
/// and of others, which have a terminal as well, USER_START (their openssh-*-audit.patch,
/// audit-linux.c audit_session_open()).
bool is_login(std::uint16_t type, const audit::UserMessage& message) {
  const bool opens =
      type == audit::type::kUserLogin || (type == audit::type::kUserStart && message.op == "login");
  return opens && message.terminal != "?" && message.terminal != "ssh" &&
         message.terminal != "sshd" && !message.terminal.empty();
}

}  // namespace

/// Records of a session. What was opened by the pid that LOGIN names is not opened again by
/// another: sudo and su open PAM sessions inside a session, and a forger comes later.
void Tracker::on_user_message(const audit::Event& event, const audit::Record& record) {
  namespace t = audit::type;
  const audit::UserMessage* const read = messages_.read(record.body);
  if (read == nullptr || !read->success) {
    return;
  }
  const audit::UserMessage& message = *read;
  note_opened(message, event, record.type);
  if (message.ses == kUnset) {
    return;
  }
  const bool begins_program = record.type == t::kUserStart
                                  ? message.terminal == "cron"
                                  : record.type == t::kUserLogin && is_login(record.type, message);
  if (begins_program) {
    tally_.users.note_session(message.auid, event.stamp.time);
  }
  const bool known = sessions_.find({boot_, message.ses}) != nullptr;
  // Of a session whose beginning is not in the log it tells neither who began it nor its end.
  if (!known && opens_inside(message.exe)) {
    return;
  }
  Session& session = get_session(message.ses);
  if (!known) {
    session.auid = message.auid;
    session.pid = message.pid;
    session.start = sent_by(message, event, record).place;
  }
  const bool opens =
      record.type == t::kUserStart || record.type == t::kCredRefr || record.type == t::kCredAcq;
  if (opens && session.terminal == 0) {
    session.terminal = symbols_.intern(message.terminal);
    session.opened = sent_by(message, event, record);
    session.opener = session.login_exe != 0 ? session.login_exe : session.opened.claimed;
    session.address = symbols_.intern(message.address);
  }
  const bool is_better = session.login_terminal == 0 || session.logged_in.pid != session.pid ||
                         message.pid == session.pid;
  if (is_login(record.type, message) && is_better) {
    session.login_terminal = symbols_.intern(message.terminal);
    session.logged_in = sent_by(message, event, record);
    if (session.address == 0) {
      session.address = symbols_.intern(message.address);
    }
  }
  const bool is_its = session.pid == message.pid ||
                      (!session.has_login && session.opener == symbols_.intern(message.exe));
  session.by_pam = session.by_pam || (is_its && message.op == "PAM:session_open");
  const bool ends = record.type == t::kUserEnd || record.type == t::kUserLogout;
  // The end of a channel of sshd's is none of the session's.
  if (ends && is_its && (!session.by_pam || message.op != "login")) {
    session.ended = event.stamp.time;
  }
}

/// sudo's record of what it runs (plugins/sudoers/linux_audit.c linux_audit_command()): an image
/// that no process has. The arguments are split at blanks, which is all that the record leaves of
/// them.
void Tracker::on_user_command(const audit::Event& event, const audit::Record& record) {
  const audit::UserMessage* const read = messages_.read(record.body);
  if (read == nullptr || read->cmd.empty() || !read->success) {
    return;
  }
  const audit::UserMessage& message = *read;
  const Sent sent = sent_by(message, event, record);
  const std::string_view path = symbols_.text(sent.writer);
  if (sent.writer != 0 && !path.ends_with("/sudo") && !path.ends_with("/sudo-rs")) {
    return;  // somebody else's word
  }
  const ProgramIndex made = images_.make(boot_);
  ExecutedProgram& image = images_[made];
  const ProcessIndex process = processes_.by_pid(message.pid);
  if (process != kNone) {
    images_.set_parent(image, processes_[process].image);
  }
  image.pid = message.pid;
  image.auid = message.auid;
  image.ses = message.ses;
  image.commanded = true;
  image.began = sent.place;
  blob_.clear();
  for (std::string_view rest = message.cmd; !rest.empty();) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (end > 0) {
      blob_.append(blob_.empty() ? 0 : 1, '\0');
      blob_ += rest.substr(0, end);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  constexpr std::size_t kMostBytes = std::size_t{64} << 10;
  blob_.resize(std::min(blob_.size(), kMostBytes));
  image.argv = symbols_.intern(blob_);
  const std::string_view program = std::string_view(blob_).substr(0, blob_.find('\0'));
  image.comm = symbols_.intern(program.substr(program.rfind('/') + 1));
  image.cwd = symbols_.intern(message.cwd);
  const bool has_terminal = message.terminal.starts_with("pts/") ||
                            message.terminal.starts_with("tty") ||
                            message.terminal.starts_with("/dev/");
  image.tty = has_terminal ? symbols_.intern(message.terminal) : Symbol{0};
  pin(made);
  listener_.on_command(made);
  unpin(made);
}

/// A rule was added or removed. One on a folder goes with the folder.
/// Source: kernel/auditfilter.c audit_log_rule_change(); kernel/audit_fsnotify.c
/// audit_mark_log_rule_change(); kernel/audit_tree.c audit_tree_log_remove_rule().
void Tracker::note_rule(const audit::Event& event, const audit::Record& record) {
  // include/uapi/linux/audit.h AUDIT_FILTER_*
  constexpr std::uint32_t kTaskList = 1;
  constexpr std::uint32_t kExitList = 4;
  constexpr std::uint32_t kExcludeList = 5;
  audit::FieldReader reader(record.body);
  audit::Field field;
  RuleEdit edit;
  std::uint32_t list = kExitList;
  bool adds = false;
  bool removes = false;
  bool is_done = true;
  while (reader.next(field)) {
    if (field.key == "op") {
      adds = field.value == "add_rule" || field.value == "add rule";
      removes = field.value == "remove_rule" || field.value == "remove rule" ||
                field.value == "autoremove_rule";
    } else if (field.key == "auid") {
      static_cast<void>(audit::parse_number(field.value, edit.auid));
    } else if (field.key == "ses") {
      static_cast<void>(audit::parse_number(field.value, edit.ses));
    } else if (field.key == "key") {
      edit.has_key = field.value != "(null)";
    } else if (field.key == "list") {
      static_cast<void>(audit::parse_number(field.value, list));
    } else if (field.key == "dir" || (field.key == "res" && field.value == "0")) {
      is_done = false;
    }
  }
  const bool only_hides = list == kTaskList || list == kExcludeList;
  if (is_done && (adds || removes) && (only_hides || list == kExitList)) {
    edit.step = only_hides ? (adds ? RuleStep::hides : RuleStep::shows)
                           : (adds ? RuleStep::added : RuleStep::removed);
    tally_.note_rule(edit, event.stamp.time);
  }
}

/// The kernel's own settings: what it says of lost records, and whether it still audits.
void Tracker::on_config_change(const audit::Event& event, const audit::Record& record) {
  audit::FieldReader reader(record.body);
  audit::Field field;
  std::string_view lost_old;
  bool lost = false;
  bool off = false;
  while (reader.next(field)) {
    lost = lost || field.key == "lost";
    off = off || (field.key == "audit_enabled" && field.value == "0");
    if (field.key == "old") {
      lost_old = field.value;
    }
  }
  std::int64_t count = 0;
  if (lost && audit::parse_number(lost_old, count)) {
    tally_.note_lost_count(count, event.stamp.time);
  }
  if (off) {
    tally_.note_off(event.stamp.time);
  }
}

void Tracker::take_user_records(const audit::Event& event) {
  namespace t = audit::type;
  for (const audit::Record* record : event.records) {
    switch (record->type) {
      case t::kUringop:
        ++tally_.ring_operations;
        on_uring(event, *record);
        break;
      case t::kLogin:
        on_login(event, *record);
        sets_login_ = true;
        break;
      case t::kUserStart:
        tally_.note_session();
        on_user_message(event, *record);
        break;
      case t::kUserLogin:
        tally_.logins = true;
        [[fallthrough]];
      case t::kUserEnd:
      case t::kUserLogout:
      case t::kCredRefr:
      case t::kCredAcq:
        on_user_message(event, *record);
        break;
      case t::kServiceStart:
      case t::kServiceStop:
        on_service(event, *record);
        break;
      case t::kUserCmd:
        on_user_command(event, *record);
        break;
      case t::kConfigChange:
        on_config_change(event, *record);
        note_rule(event, *record);
        break;
      default:
        break;
    }
  }
}

}  // namespace auexfil::host
