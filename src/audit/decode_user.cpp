#include "auexfil/audit/decode.hpp"
#include "auexfil/audit/fields.hpp"

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
        if (field.key == "op") {
          out.op.assign(value);
        }
        break;
      case 3:
        if (field.key == "exe") {
          if (decode_string(field, out.exe) != Decoded::text) {
            out.exe.assign(value);
          }
        } else if (field.key == "res") {
          out.success = value != "failed" && value != "0";
        } else if (field.key == "cmd") {
          static_cast<void>(decode_string(field, out.cmd));
        } else if (field.key == "cwd") {
          static_cast<void>(decode_string(field, out.cwd));
        }
        break;
      case 4:
        if (field.key == "acct") {
          decode_acct(field, out.acct);
        } else if (field.key == "addr" && value != "?") {
          out.address.assign(value);
        } else if (field.key == "unit") {
          out.unit.assign(value);
        }
        break;
      default:
        if (field.key == "terminal") {
          out.terminal.assign(value);
        } else if (field.key == "hostname" && value != "?") {
          hostname = value;
        }
        break;
    }
  }
  if (out.address.empty()) {
    out.address.assign(hostname);
  }
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
    } else if (field.key == "pid" && !has_pid) {
      has_pid = parse_number(field.value, out.pid);
    } else if (field.key == "auid" && !has_uid_fields[0]) {
      has_uid_fields[0] = parse_number(field.value, out.auid);
    } else if (field.key == "ses" && !has_uid_fields[1]) {
      has_uid_fields[1] = parse_number(field.value, out.ses);
    } else if (field.key == "msg" && field.form == Form::bare && !field.value.empty() &&
               field.value.front() == '\'') {
      take_inner(field.value.substr(1), out);
    }
  }
  return has_pid;
}

bool decode_login(std::string_view body, Login& out) {
  out = Login{};
  FieldReader reader(body, true);
  Field field;
  bool has_auid = false;
  while (reader.next(field)) {
    if (field.key == "pid" && !out.has_pid) {
      out.has_pid = parse_number(field.value, out.pid);
    } else if (field.key == "auid") {
      has_auid = parse_number(field.value, out.auid) || has_auid;
    } else if (field.key == "ses") {
      out.has_ses = parse_number(field.value, out.ses) || out.has_ses;
    } else if (field.key == "res") {
      out.accepted = field.value != "0";
    }
  }
  return out.has_pid && has_auid;
}

}  // namespace auexfil::audit
