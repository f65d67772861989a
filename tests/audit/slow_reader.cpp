#include "slow_reader.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <map>
#include <netinet/in.h>
#include <regex>
#include <set>
#include <sys/socket.h>

#include "auexfil/input/log_header.hpp"

namespace auexfil::audit::test::slow {
namespace {

using Strings = std::vector<std::string>;

const std::regex& stamp_form() {
  static const std::regex kForm(R"(([0-9]{1,15})\.([0-9]{1,3}):([0-9]{1,11})\))");
  return kForm;
}

/// The value behind the last `name` that begins a word.
std::size_t last_place(const std::string& before, const std::string& name) {
  std::size_t place = std::string::npos;
  for (std::size_t at = before.find(name); at != std::string::npos;
       at = before.find(name, at + 1)) {
    const bool begins = at == 0 || std::string(
                                       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789_-")
                                           .find(before[at - 1]) == std::string::npos;
    place = begins ? at : place;
  }
  return place;
}

std::string last_value(const std::string& before, const std::string& name) {
  const std::size_t at = last_place(before, name);
  if (at == std::string::npos) {
    return "";
  }
  const std::size_t start = at + name.size();
  const std::size_t end = before.find(' ', start);
  return before.substr(start, end == std::string::npos ? end : end - start);
}

const std::regex& upper_key() {
  static const std::regex kForm("[A-Z][A-Z0-9_-]{0,200}");
  return kForm;
}

bool is_upper_key(const std::string& key) {
  return key.size() <= 200 && std::regex_match(key, upper_key());
}

bool is_escaped_separator(const std::string& text, std::size_t at) {
  if (text.compare(at, 4, "#035") != 0) {
    return false;
  }
  const std::size_t equals = text.find('=', at);
  return equals != std::string::npos && is_upper_key(text.substr(at + 4, equals - at - 4));
}

int digit(char c) {
  const std::string lower = "0123456789abcdef";
  const std::string upper = "0123456789ABCDEF";
  const std::size_t at = lower.find(c) != std::string::npos ? lower.find(c) : upper.find(c);
  return at == std::string::npos ? -1 : static_cast<int>(at);
}

std::optional<std::string> from_hex(const std::string& hex) {
  std::string out;
  if (hex.size() % 2 != 0) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    if (digit(hex[i]) < 0 || digit(hex[i + 1]) < 0) {
      return std::nullopt;
    }
    out += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  }
  return out;
}

bool is_encoded(const std::string& key) {
  // audit-format 1.4, "Encoded fields".
  static const std::set<std::string> kKeys = {
      "path",        "comm",          "exe",         "file",
      "name",        "watch",         "cwd",         "cmd",
      "acct",        "dir",           "key",         "vm",
      "old-chardev", "new-chardev",   "old-disk",    "new-disk",
      "old-fs",      "new-fs",        "old-net",     "new-net",
      "old-rng",     "new-rng",       "device",      "cgroup",
      "ocomm",       "grp",           "new_group",   "invalid_context",
      "sw",          "root_dir",      "proctitle",   "data",
      "apparmor",    "operation",     "denied_mask", "info",
      "profile",     "requested_mask"};
  static const std::regex kArgument(R"(a[0-9]{1,30}(\[[0-9]{1,30}\])?)");
  return kKeys.count(key) != 0 || (key.size() < 70 && std::regex_match(key, kArgument));
}

/// One token as it stands: its text and what opened it.
struct Token {
  std::string key;
  std::string text;
  char quote = 0;
  bool closed = true;
};

/// Cuts a text into tokens. Stops at the enriched part, whose place goes to `stop`.
std::vector<Token> tokens(const std::string& text, bool message, bool login, std::size_t& stop) {
  std::vector<Token> out;
  std::size_t at = 0;
  stop = text.size();
  while (at < text.size()) {
    const char c = text[at];
    if (c == ' ' || c == '\t' || c == '\r') {
      ++at;
      continue;
    }
    if (c == '\x1d') {
      stop = at + 1;
      return out;
    }
    const std::size_t found = text.find_first_of(std::string("= \x1d"), at);
    const std::size_t end = std::min(found, text.size());
    if (end == text.size() || text[end] != '=') {
      Token word;
      word.text = text.substr(at, end - at);
      word.quote = 'w';
      out.push_back(word);
      at = end;
      continue;
    }
    Token token;
    token.key = text.substr(at, end - at);
    if (!message && is_upper_key(token.key)) {
      stop = at;
      return out;
    }
    if (!message && is_escaped_separator(text, at)) {
      stop = at + 4;
      return out;
    }
    at = end + 1;
    const std::string rest = text.substr(at);
    const std::string raw = rest.substr(0, rest.find('\x1d'));
    if (!rest.empty() && rest[0] == '"') {
      token.quote = '"';
      const std::size_t close = raw.find('"', 1);
      token.closed = close != std::string::npos;
      token.text = raw.substr(1, token.closed ? close - 1 : close);
      at += token.closed ? close + 1 : raw.size();
    } else if (!rest.empty() && rest[0] == '\'' && token.key == "msg") {
      token.quote = '\'';
      const std::size_t close = raw.rfind('\'');
      token.closed = close != 0;
      token.text = raw.substr(1, token.closed ? close - 1 : std::string::npos);
      at += token.closed ? close + 1 : raw.size();
    } else {
      std::size_t size = 0;
      while (size < raw.size() && raw[size] != ' ' && raw[size] != '\r' &&
             (message || !is_escaped_separator(raw, size))) {
        ++size;
      }
      // Words behind a label belong to it: one blank before each, no '=' in it.
      while (token.key == "subj" && size < raw.size() && raw[size] == ' ') {
        const std::string word =
            raw.substr(size + 1, raw.find_first_of(" =\r", size + 1) - size - 1);
        const std::size_t behind = size + 1 + word.size();
        if (word.empty() || (behind < raw.size() && raw[behind] == '=') ||
            (login && word == "old")) {
          break;
        }
        size = behind;
      }
      token.text = raw.substr(0, size);
      at += size;
    }
    out.push_back(token);
  }
  return out;
}

bool is_type(const std::string& token, const std::string& name, const std::string& number) {
  return token == name || token == number || token == "UNKNOWN[" + number + "]";
}

Value decode(const Token& token, const std::string& type, const std::string& prefix) {
  Value value;
  value.key = prefix + token.key;
  value.text = token.text;
  value.logged = token.text.size();
  const bool argument =
      token.key.size() > 1 && token.key[0] == 'a' && token.key[1] >= '0' && token.key[1] <= '9';
  const bool encoded = is_encoded(token.key) && !(argument && !is_type(type, "EXECVE", "1309"));
  if (token.quote != 0) {
    value.how = token.closed ? How::decoded : How::damaged;
  } else if (token.text == "(null)" || token.text == "(none)") {
    value.how = How::absent;
  } else if (encoded) {
    std::string hex = token.text;
    if (!hex.empty() && hex.back() == '"') {
      hex.pop_back();
    }
    const auto bytes = token.text.empty() || token.text[0] == '(' ? std::nullopt : from_hex(hex);
    value.how = bytes ? How::decoded : How::damaged;
    value.text = bytes.value_or(token.text);
    if (token.key == "acct") {  // text that needs no hex is text
      bool needs = false;
      for (const char c : bytes.value_or("")) {
        needs = needs || static_cast<unsigned char>(c) <= 0x20 ||
                static_cast<unsigned char>(c) >= 0x7f || c == '"';
      }
      static const std::regex kUpper("[0-9A-F]{0,400}");
      needs = needs && token.text.size() <= 400 && std::regex_match(token.text, kUpper);
      value.how = How::decoded;
      value.text = needs ? *bytes : token.text;
    }
  }
  return value;
}

/// Keys with a blank in old LOGIN records: "old auid=".
std::vector<Token> join_old(const std::vector<Token>& in) {
  std::vector<Token> out;
  bool old = false;
  for (const Token& token : in) {
    if (token.quote == 'w') {
      old = token.text == "old";
      continue;
    }
    out.push_back(token);
    if (old && (token.key == "auid" || token.key == "ses")) {
      out.back().key = "old-" + token.key;
    }
    old = false;
  }
  return out;
}

std::vector<Value> values(const std::string& text, const std::string& type,
                          const std::string& prefix, std::string& enriched) {
  std::size_t stop = 0;
  const bool message = !prefix.empty();
  const bool login = !message && is_type(type, "LOGIN", "1006");
  std::vector<Token> all = tokens(text, message, login, stop);
  enriched = stop < text.size() ? text.substr(stop) : "";
  if (login) {
    all = join_old(all);
  }
  std::vector<Value> out;
  for (const Token& token : all) {
    if (token.quote == 'w') {
      continue;
    }
    if (token.quote == '\'') {
      std::string none;
      for (Value& inner : values(token.text, type, prefix + token.key + "/", none)) {
        out.push_back(std::move(inner));
      }
      continue;
    }
    out.push_back(decode(token, type, prefix));
  }
  return out;
}

}  // namespace

std::optional<Record> read(const std::string& line) {
  // auditd's own form is taken where it stands at the start, whatever its node or type holds.
  static const std::regex kPlain(
      R"((node=([^ ]{0,300}|[^=]{0,256}) )?type=[^ ]{0,300} msg=audit\([0-9])");
  std::smatch plain;
  std::size_t first = line.find("audit(");
  std::size_t plain_at = std::string::npos;
  if (std::regex_search(line, plain, kPlain, std::regex_constants::match_continuous)) {
    const std::size_t at = static_cast<std::size_t>(plain[0].length()) - 7;
    std::smatch found;
    if (std::regex_search(line.begin() + static_cast<std::ptrdiff_t>(at) + 6, line.end(), found,
                          stamp_form(), std::regex_constants::match_continuous) &&
        std::stoull(found[3]) <= 4294967295ULL) {
      first = at;
      plain_at = at;
    }
  }
  for (std::size_t at = first; at != std::string::npos; at = line.find("audit(", at + 1)) {
    std::smatch found;
    const auto from = line.begin() + static_cast<std::ptrdiff_t>(at) + 6;
    if (!std::regex_search(from, line.end(), found, stamp_form(),
                           std::regex_constants::match_continuous)) {
      const std::string inside = line.substr(at + 6, line.find(')', at + 6) - at - 6);
      if (inside.size() < 80 && inside.find(':') != std::string::npos &&
          inside.find_first_of("/ -") != std::string::npos) {
        return std::nullopt;
      }
      continue;
    }
    const std::uint64_t serial = std::stoull(found[3]);
    if (serial > 4294967295ULL) {
      continue;
    }
    const std::string before = line.substr(0, at);
    const bool is_plain = at == plain_at;
    const std::size_t node = last_place(before, "node=");
    const std::size_t type = last_place(before, "type=");
    const std::size_t token = node != std::string::npos   ? node
                              : type != std::string::npos ? type
                                                          : at;
    static const std::regex kWrapped(R"([ \t]*(\{|\[[ \t]*[{"]|"[^"]*" *[:,]))");
    if (!is_plain &&
        ((token > 0 && std::string("\"'\\").find(line[token - 1]) != std::string::npos) ||
         std::regex_search(line, kWrapped, std::regex_constants::match_continuous))) {
      return std::nullopt;
    }
    if (!is_plain && input::is_spoken_text(before.substr(0, token))) {
      return std::nullopt;
    }
    Record record;
    record.node = last_value(line.substr(0, at), "node=");
    if (node != std::string::npos) {
      std::smatch name;
      static const std::regex kName("[^=]{0,256}? type=");
      const std::string behind = before.substr(node + 5);
      if (std::regex_search(behind, name, kName, std::regex_constants::match_continuous)) {
        record.node = name[0].str().substr(0, static_cast<std::size_t>(name[0].length()) - 6);
      }
    }
    record.type = last_value(line.substr(0, at), "type=");
    record.ms = std::stoll(found[1]) * 1000 + std::stoll(found[2]);
    record.serial = static_cast<std::uint32_t>(serial);
    std::string body(found[0].second, line.end());
    if (!body.empty() && body[0] == ':') {
      body.erase(0, 1);
    }
    body.erase(0, body.find_first_not_of(' '));
    record.values = values(body, record.type, "", record.enriched);
    return record;
  }
  return std::nullopt;
}

std::optional<Exec> exec(const Record& record) {
  static const std::regex kKey(R"(a([0-9]{1,4})(\[([0-9]{1,6})\]|(_len))?)");
  std::map<unsigned long, std::map<unsigned long, Value>> pieces;
  std::map<unsigned long, std::map<unsigned long, std::size_t>> sizes;
  std::map<unsigned long, unsigned long> lengths;
  std::optional<unsigned long> argc;
  static const std::regex kNumber("[0-9]{1,9}");
  for (const Value& value : record.values) {
    std::smatch found;
    if (value.key == "argc" && value.text.size() > 9) {
      return std::nullopt;
    }
    if (value.key == "argc" && !argc && std::regex_match(value.text, kNumber)) {
      argc = std::stoul(value.text);
    }
    if (value.key.size() > 20) {
      if (value.key[0] == 'a') {
        return std::nullopt;
      }
      continue;
    }
    if (!std::regex_match(value.key, found, kKey)) {
      if (value.key[0] == 'a' && value.key.size() > 1 && value.key[1] >= '0' &&
          value.key[1] <= '9') {
        return std::nullopt;  // out of the bounds of this reader
      }
      continue;
    }
    const unsigned long index = std::stoul(found[1]);
    if (index >= 4096) {
      return std::nullopt;
    }
    if (found[4].matched) {
      if (std::regex_match(value.text, kNumber)) {
        lengths[index] = std::max(lengths[index], std::stoul(value.text));
      } else if (value.text.size() > 9) {
        return std::nullopt;
      }
      continue;
    }
    const unsigned long chunk = found[3].matched ? std::stoul(found[3]) : 0;
    pieces[index].emplace(chunk, value);
  }
  Exec out;
  std::size_t bytes = 0;
  for (const auto& [index, chunks] : pieces) {
    out.args.resize(index);
    std::string arg;
    std::size_t logged = 0;
    for (const auto& [chunk, value] : chunks) {
      out.cut = out.cut || value.how == How::damaged;
      logged += value.logged;
      arg += value.how == How::absent ? "" : value.text;
    }
    out.cut = out.cut || (lengths.count(index) != 0 && logged < lengths[index]);
    bytes += arg.size();
    out.args.push_back(arg);
  }
  if (bytes > 65000 || argc.value_or(0) > 4096) {
    return std::nullopt;
  }
  if (argc && !pieces.empty() && *argc > out.args.size()) {
    if (*argc - out.args.size() <= 64) {
      out.args.resize(*argc);
    }
  }
  return out;
}

std::string address(const std::string& hex, bool big_endian) {
  const auto bytes = from_hex(hex);
  if (!bytes || bytes->size() < 2 || bytes->size() > 128) {
    return "";
  }
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>((*bytes)[i]); };
  const int family = big_endian ? byte(0) * 256 + byte(1) : byte(1) * 256 + byte(0);
  char text[INET6_ADDRSTRLEN] = {};
  const std::string port =
      bytes->size() >= 4 ? std::to_string(byte(2) * 256 + byte(3)) : std::string();
  switch (family) {
    case AF_UNSPEC:
      return "unspec";
    case AF_UNIX:
      if (bytes->size() > 2 && byte(2) == 0) {
        return "unix @" + bytes->substr(3);
      }
      return "unix " + std::string(bytes->substr(2).c_str());
    case AF_INET:
      if (bytes->size() < 8) {
        return "";
      }
      inet_ntop(AF_INET, bytes->data() + 4, text, sizeof text);
      return std::string("inet ") + text + " " + port;
    case AF_INET6: {
      if (bytes->size() < 24) {
        return "";
      }
      in6_addr six{};
      std::copy(bytes->begin() + 8, bytes->begin() + 24, reinterpret_cast<char*>(&six));
      if (IN6_IS_ADDR_V4MAPPED(&six)) {
        inet_ntop(AF_INET, bytes->data() + 20, text, sizeof text);
      } else {
        inet_ntop(AF_INET6, &six, text, sizeof text);
      }
      return std::string("inet6 ") + text + " " + port;
    }
    case AF_NETLINK:
      return "netlink";
    default:
      return "family " + std::to_string(family);
  }
}

}  // namespace auexfil::audit::test::slow
