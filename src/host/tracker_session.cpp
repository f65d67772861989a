#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "auexfil/audit/fields.hpp"
#include "auexfil/host/tracker.hpp"

namespace auexfil::host {

const Session* Tracker::find_session(std::uint32_t boot, std::uint32_t ses) const {
  const auto found = sessions_.find({boot, ses});
  return found == sessions_.end() ? nullptr : &found->second;
}

/// Forgets sessions that are over and of which nothing is alive, except for the newest: what a
/// session left behind may be heard of only after its end.
void Tracker::prune_sessions() {
  std::set<std::pair<std::uint32_t, std::uint32_t>> alive;
  for (const ExecutedProgram& image : images_) {
    if (image.refs > 0 && image.ses != kUnset) {
      alive.emplace(image.boot, image.ses);
    }
  }
  for (const Process& process : processes_) {
    if (process.in_use && process.ses != kUnset) {
      alive.emplace(boot_, process.ses);
    }
  }
  constexpr std::size_t kNewest = 4096;
  std::size_t older = sessions_.size() - std::min(sessions_.size(), kNewest);
  for (auto at = sessions_.begin(); older > 0; --older) {
    at = at->second.ended != 0 && !alive.contains(at->first) ? sessions_.erase(at) : std::next(at);
  }
  next_prune_ = std::max(2 * kNewest, 2 * sessions_.size());
}

Session& Tracker::get_session(std::uint32_t ses) {
  if (sessions_.size() >= next_prune_) {
    prune_sessions();
  }
  if (sessions_.size() >= options_.max_sessions && !sessions_.contains({boot_, ses})) {
    ++refused_sessions_;
    sessions_.erase(sessions_.begin());  // the oldest
  }
  Session& session = sessions_[{boot_, ses}];
  session.ses = ses;
  session.boot = boot_;
  return session;
}

void Tracker::on_login(const audit::Event& event, const audit::Record& record) {
  audit::Login login;
  if (!audit::decode_login(record.body, login) || !login.accepted) {
    return;
  }
  for (const std::uint32_t index : {pids_[login.pid], pending_[login.pid]}) {
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
  const std::uint32_t process = pids_[message.pid];
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
  const std::uint32_t process = pids_[message.pid];
  const bool vouched =
      process != kNone && symbols_.text(images_[processes_[process].image].exe) == message.exe;
  tally_.activities.note(opens ? Activity::Kind::session : Activity::Kind::acquired, message.exe,
                         message.acct, true, vouched, event.stamp.time);
}

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
  const bool known = sessions_.contains({boot_, message.ses});
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
  if (record.type == t::kUserLogin && is_better && message.terminal != "?" &&
      message.terminal != "ssh" && message.terminal != "sshd" && !message.terminal.empty()) {
    session.login_terminal = symbols_.intern(message.terminal);
    session.logged_in = sent_by(message, event, record);
    if (session.address == 0) {
      session.address = symbols_.intern(message.address);
    }
  }
  if ((record.type == t::kUserEnd || record.type == t::kUserLogout) &&
      (session.pid == message.pid ||
       (!session.has_login && session.opener == symbols_.intern(message.exe)))) {
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
  const std::uint32_t made = new_image();
  ExecutedProgram& image = images_[made];
  const std::uint32_t process = pids_[message.pid];
  if (process != kNone) {
    set_parent(image, processes_[process].image);
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

void Tracker::take_user_records(const audit::Event& event) {
  namespace t = audit::type;
  for (const audit::Record* record : event.records) {
    switch (record->type) {
      case t::kUringop:
        on_uring(event, *record);
        break;
      case t::kLogin:
        on_login(event, *record);
        tally_.logins = true;
        break;
      case t::kUserStart:
      case t::kUserLogin:
      case t::kUserEnd:
      case t::kUserLogout:
      case t::kCredRefr:
      case t::kCredAcq:
        tally_.logins = true;
        on_user_message(event, *record);
        break;
      case t::kServiceStart:
      case t::kServiceStop:
        on_service(event, *record);
        break;
      case t::kUserCmd:
        on_user_command(event, *record);
        break;
      case t::kConfigChange: {
        audit::FieldReader reader(record->body);
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
          if (count > 0) {
            // Some time since the counter was last at 0.
            note_loss(Loss::Kind::counter, counted_since_ == 0 ? tally_.first : counted_since_,
                      event.stamp.time, static_cast<std::uint64_t>(count));
          }
          counted_since_ = event.stamp.time;
        }
        if (off) {
          note_loss(Loss::Kind::auditing_off, event.stamp.time, event.stamp.time, 0);
          is_off_ = true;  // until something is logged again
        }
        break;
      }
      default:
        break;
    }
  }
}

}  // namespace auexfil::host
