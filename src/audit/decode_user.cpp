#include <algorithm>

#include "auexfil/audit/decode.hpp"
#include "auexfil/audit/fields.hpp"
#include "auexfil/input/find_byte.hpp"
#include "cursor.hpp"

namespace auexfil::audit {
namespace {

/// Old PAM messages read "(hostname=?, addr=?, terminal=cron res=success)".
std::string_view strip_list_marks(std::string_view value) {
  while (!value.empty() && (value.back() == ',' || value.back() == ')' || value.back() == '\'')) {
    value.remove_suffix(1);
  }
  return value;
}

void take_inner(std::string_view text, UserMessage& out) {
  FieldReader reader = FieldReader::of_message(text);
  Field field;
  std::string_view hostname;
  while (reader.next(field)) {
    if (!field.key.empty() && field.key.front() == '(') {
      field.key.remove_prefix(1);
    }
    const std::string_view value = strip_list_marks(field.value);
    switch (field.key.size()) {
      case 2:
        if (input::is_word(field.key, "op")) {
          out.op.assign(value);
        }
        break;
      case 3:
        if (input::is_word(field.key, "exe")) {
          if (decode_string(field, out.exe) != Decoded::text) {
            out.exe.assign(value);
          }
        } else if (input::is_word(field.key, "res")) {
          out.success = value != "failed" && value != "0";
        } else if (input::is_word(field.key, "cmd")) {
          static_cast<void>(decode_string(field, out.cmd));
        } else if (input::is_word(field.key, "cwd")) {
          static_cast<void>(decode_string(field, out.cwd));
        }
        break;
      case 4:
        if (input::is_word(field.key, "acct")) {
          decode_acct(field, out.acct);
        } else if (input::is_word(field.key, "addr") && value != "?") {
          out.address.assign(value);
        } else if (input::is_word(field.key, "unit")) {
          out.unit.assign(value);
        }
        break;
      default:
        if (input::is_word(field.key, "terminal")) {
          out.terminal.assign(value);
        } else if (input::is_word(field.key, "hostname") && value != "?") {
          hostname = value;
        }
        break;
    }
  }
  if (out.address.empty()) {
    out.address.assign(hostname);
  }
}

/// What stands in front of msg=, as the kernel writes it (kernel/audit.c,
/// audit_log_common_recv_msg() and audit_log_task_context()), and the text inside. \return false:
/// none of that order.
bool take_in_order(std::string_view body, UserMessage& out, std::string_view& inner) {
  Cursor c{body.data(), body.data() + body.size()};
  std::uint32_t uid = 0;
  std::string_view label;
  if (!c.key("pid=") || !c.decimal32(out.pid) || !c.key("uid=") || !c.decimal32(uid) ||
      !c.key("auid=") || !c.decimal32(out.auid) || !c.key("ses=") || !c.decimal32(out.ses) ||
      (c.key("subj=") && !c.word(label)) || !c.key("msg='")) {
    return false;
  }
  const std::string_view raw(c.p, input::find_byte<'\x1d'>(c.p, c.end));
  if (!raw.ends_with('\'')) {
    return false;
  }
  inner = raw.substr(0, raw.size() - 1);
  return true;
}

}  // namespace

void UserMessage::clear() {
  pid = 0;
  auid = ses = 0xffffffff;
  for (std::string* const text : {&acct, &exe, &terminal, &address, &unit, &op, &cmd, &cwd}) {
    text->clear();
  }
  success = true;
}

bool decode_user_message(std::string_view body, UserMessage& out) {
  out.clear();
  FieldReader reader(body);
  Field field;
  bool has_pid = false;
  bool has_uid_fields[2] = {};
  while (reader.next(field)) {
    if (field.form == Form::message) {
      take_inner(field.value, out);
    } else if (input::is_word(field.key, "pid") && !has_pid) {
      has_pid = parse_number(field.value, out.pid);
    } else if (input::is_word(field.key, "auid") && !has_uid_fields[0]) {
      has_uid_fields[0] = parse_number(field.value, out.auid);
    } else if (input::is_word(field.key, "ses") && !has_uid_fields[1]) {
      has_uid_fields[1] = parse_number(field.value, out.ses);
    } else if (input::is_word(field.key, "msg") && field.form == Form::bare &&
               !field.value.empty() && field.value.front() == '\'') {
      take_inner(field.value.substr(1), out);
    }
  }
  return has_pid;
}

const UserMessage* UserMessages::read(std::string_view body) {
  UserMessage sender;
  std::string_view inner;
  if (!take_in_order(body, sender, inner)) {
    return decode_user_message(body, other_) ? &other_ : nullptr;
  }
  const auto [message, is_known] = known_.place_of(inner);
  if (!is_known) {
    message.clear();
    take_inner(inner, message);
  }
  message.pid = sender.pid;
  message.auid = sender.auid;
  message.ses = sender.ses;
  return &message;
}

bool decode_login(std::string_view body, Login& out) {
  out = Login{};
  FieldReader reader(body, true);
  Field field;
  bool has_auid = false;
  while (reader.next(field)) {
    if (input::is_word(field.key, "pid") && !out.has_pid) {
      out.has_pid = parse_number(field.value, out.pid);
    } else if (input::is_word(field.key, "auid")) {
      has_auid = parse_number(field.value, out.auid) || has_auid;
    } else if (input::is_word(field.key, "ses")) {
      out.has_ses = parse_number(field.value, out.ses) || out.has_ses;
    } else if (input::is_word(field.key, "old-ses")) {
      std::uint32_t ses = 0;
      out.had_none = parse_number(field.value, ses) && ses == Login{}.ses;
    } else if (input::is_word(field.key, "res")) {
      out.accepted = field.value != "0";
    }
  }
  return out.has_pid && has_auid;
}

}  // namespace auexfil::audit
