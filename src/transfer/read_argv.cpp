#include <algorithm>
#include <optional>

#include "auexfil/transfer/tools.hpp"

namespace auexfil::transfer {
namespace {

/// The operands: what is neither an option nor an option's value.
std::vector<std::string> operands_of(const Tool& tool, const std::vector<std::string>& argv) {
  std::vector<std::string> operands;
  std::size_t first = 1;
  // "busybox ftpput …": the applet's name is no operand of it.
  if (argv.size() > 1 && tool.program.size() > 0 && !argv[0].empty() &&
      (argv[0].find("busybox") != std::string::npos ||
       argv[0].find("toybox") != std::string::npos)) {
    first = 2;
  }
  bool options = true;
  for (std::size_t i = first; i < argv.size(); ++i) {
    const std::string& arg = argv[i];
    if (!options || arg.size() < 2 || arg[0] != '-') {
      operands.push_back(arg);
      continue;
    }
    if (arg == "--") {
      options = false;
      continue;
    }
    if (std::find(tool.long_values.begin(), tool.long_values.end(), arg) !=
        tool.long_values.end()) {
      ++i;
      continue;
    }
    if (arg[1] == '-') {
      continue;
    }
    // A bundle of short options: the first that takes a value takes the rest, or the next word.
    for (std::size_t c = 1; c < arg.size(); ++c) {
      if (tool.values.find(arg[c]) != std::string::npos) {
        i += c + 1 == arg.size() ? 1U : 0U;
        break;
      }
    }
  }
  return operands;
}

/// "user@[2001:db8::1]:22" without user, brackets and port.
std::string bare_host(std::string_view text) {
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    text.remove_prefix(at + 1);
  }
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    return std::string(text.substr(1, close == std::string_view::npos ? close : close - 1));
  }
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
    text = text.substr(0, colon);
  }
  return std::string(text);
}

/// The host of a URL, or nothing.
std::optional<std::string> url_host(std::string_view text) {
  const std::size_t mark = text.find("://");
  if (mark == std::string_view::npos || mark == 0 || mark > 16) {
    return std::nullopt;
  }
  std::string_view rest = text.substr(mark + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  std::string host = bare_host(rest);
  if (host.empty()) {
    return std::nullopt;
  }
  return host;
}

/// The host of "[user@]host:path" (a '/' before the ':' makes it a local file), or of a URL.
std::optional<std::string> copy_host(std::string_view text) {
  if (auto host = url_host(text)) {
    return host;
  }
  std::size_t from = 0;
  if (const std::size_t bracket = text.find('['); bracket != std::string_view::npos) {
    const std::size_t slash = text.find('/');
    const std::size_t close = text.find(']', bracket);
    if (close != std::string_view::npos && (slash == std::string_view::npos || bracket < slash)) {
      from = close;
    }
  }
  const std::size_t colon = text.find(':', from);
  const std::size_t slash = text.find('/');
  if (colon == std::string_view::npos || colon == 0 ||
      (slash != std::string_view::npos && slash < colon && from == 0)) {
    return std::nullopt;
  }
  std::string host = bare_host(text.substr(0, colon));
  if (host.empty()) {
    return std::nullopt;
  }
  return host;
}

bool any_matches(const std::vector<input::Pattern>& patterns, std::string_view subject) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const input::Pattern& pattern) { return pattern.matches(subject); });
}

bool looks_like_host(std::string_view text) {
  return !text.empty() && text.size() <= 255 && text.find('/') == std::string_view::npos &&
         text.find(' ') == std::string_view::npos &&
         (text.find('.') != std::string_view::npos || text.find(':') != std::string_view::npos);
}

void add_peer(ArgReading& reading, std::string host, Direction direction) {
  for (ArgPeer& peer : reading.peers) {
    if (peer.host == host) {
      if (peer.direction != direction) {
        peer.direction = Direction::both;
      }
      return;
    }
  }
  reading.peers.push_back({std::move(host), direction});
}

}  // namespace

ArgReading read_argv(const Tool& tool, const std::vector<std::string>& argv) {
  ArgReading reading;
  const std::string text = join_argv(argv);
  const bool out = any_matches(tool.out, text);
  const bool in = any_matches(tool.in, text);
  reading.direction = out && in ? Direction::both
                      : out     ? Direction::out
                      : in      ? Direction::in
                                : tool.nature;
  const std::vector<std::string> operands = operands_of(tool, argv);
  switch (tool.grammar) {
    case Grammar::copy: {
      bool sends = false;
      bool fetches = false;
      for (std::size_t i = 0; i < operands.size(); ++i) {
        const auto host = copy_host(operands[i]);
        if (!host) {
          continue;
        }
        const bool target = i + 1 == operands.size() && operands.size() > 1;
        (target ? sends : fetches) = true;
        add_peer(reading, *host, target ? Direction::out : Direction::in);
      }
      if (sends || fetches) {
        reading.direction = sends && fetches ? Direction::both
                            : sends          ? Direction::out
                                             : Direction::in;
      }
      break;
    }
    case Grammar::host:
      if (!operands.empty()) {
        const auto url = copy_host(operands.front());
        add_peer(reading, url ? *url : bare_host(operands.front()), reading.direction);
      }
      break;
    case Grammar::first:
    case Grammar::url:
      for (const std::string& arg : argv) {  // URLs may stand as an option's value (--url, -u)
        if (const auto host = url_host(arg)) {
          add_peer(reading, *host, reading.direction);
        }
      }
      if (reading.peers.empty() && tool.grammar == Grammar::first) {
        if (!operands.empty() && !operands.front().empty()) {
          add_peer(reading, bare_host(operands.front()), reading.direction);
        }
      } else if (reading.peers.empty()) {
        for (const std::string& operand : operands) {
          if (looks_like_host(operand)) {
            add_peer(reading, bare_host(operand), reading.direction);
            break;
          }
        }
      }
      break;
    case Grammar::hostport:
      if (operands.size() >= 2) {
        add_peer(reading, bare_host(operands.front()), reading.direction);
      }
      break;
    case Grammar::tagged:
      for (const std::string& operand : operands) {
        // "TCP:host:port,options", "UDP-SENDTO:host:port"; LISTEN, FILE, EXEC name no peer.
        const std::size_t tag = operand.find(':');
        const std::string_view kind = std::string_view(operand).substr(0, tag);
        if (tag == std::string::npos || kind.find("LISTEN") != std::string_view::npos ||
            !(kind.starts_with("TCP") || kind.starts_with("UDP") || kind.starts_with("SCTP") ||
              kind.starts_with("OPENSSL") || kind.starts_with("SSL") || kind.starts_with("IP"))) {
          continue;
        }
        std::string_view rest = std::string_view(operand).substr(tag + 1);
        rest = rest.substr(0, rest.find(','));
        add_peer(reading, bare_host(rest), reading.direction);
      }
      break;
    case Grammar::none:
      break;
  }
  return reading;
}

}  // namespace auexfil::transfer
