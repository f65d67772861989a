#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

#include "auexfil/audit/address.hpp"
#include "auexfil/transfer/tools.hpp"
#include "words.hpp"

namespace auexfil::transfer {
namespace {

/// An invocation keeps them all, each destination a row of the report: a screen of them. Who names
/// more to hide one gets a destination without a name, which nothing approves.
constexpr std::size_t kMaxPeers = 64;

/// A host as some word names it, and the port that stands with it (0: none).
struct HostPort {
  std::string_view host;
  std::uint16_t port = 0;
};

/// Ports that a scheme means where its URL has none. Source: IANA's registries of URI schemes and
/// of service names.
constexpr std::pair<std::string_view, std::uint16_t> kSchemePorts[] = {
    {"ftp", 21},    {"ftpes", 21},     {"ftps", 990},   {"git", 9418},  {"http", 80},
    {"https", 443}, {"imap", 143},     {"imaps", 993},  {"ldap", 389},  {"ldaps", 636},
    {"mqtt", 1883}, {"rsync", 873},    {"scp", 22},     {"sftp", 22},   {"smtp", 25},
    {"smtps", 465}, {"ssh", 22},       {"svn", 3690},   {"telnet", 23}, {"tftp", 69},
    {"ws", 80},     {"wss", 443},      {"webdav", 80},  {"dav", 80},    {"davs", 443},
    {"pop3", 110},  {"webdavs", 443},  {"git+ssh", 22}, {"smb", 445},   {"svn+ssh", 22},
    {"pop3s", 995}, {"ssh+rsync", 22},
};
/// Schemes that lead to no other host.
constexpr std::string_view kLocalSchemes[] = {"file", "unix", "fd", "npipe", "data"};

std::uint16_t port_of_scheme(std::string_view scheme) {
  const auto* const hit = std::find_if(std::begin(kSchemePorts), std::end(kSchemePorts),
                                       [&](const auto& entry) { return entry.first == scheme; });
  return hit == std::end(kSchemePorts) ? std::uint16_t{0} : hit->second;
}

/// A whole word that is a port; 0 for anything else.
std::uint16_t port_from(std::string_view text) {
  std::uint16_t port = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && rest == text.data() + text.size() ? port : std::uint16_t{0};
}

/// "user@[2001:db8::1]:22": the host without user and brackets, and the port.
HostPort split_host(std::string_view text) {
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    text.remove_prefix(at + 1);
  }
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) {
      return {text.substr(1), 0};
    }
    const std::string_view rest = text.substr(close + 1);
    return {text.substr(1, close - 1),
            rest.starts_with(':') ? port_from(rest.substr(1)) : std::uint16_t{0}};
  }
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
    return {text.substr(0, colon), port_from(text.substr(colon + 1))};
  }
  return {text, 0};
}

bool is_scheme_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
}

struct Url {
  bool is_local{};
  HostPort peer;
  std::size_t end{};  ///< offset behind its authority's path
};

/// The next URL in a word, from `from` on. A URL in another's path or query is none of its own.
std::optional<Url> next_url(std::string_view text, std::size_t from) {
  constexpr std::size_t kLongestScheme = 16;
  for (std::size_t mark = text.find("://", from); mark != std::string_view::npos;
       mark = text.find("://", mark + 3)) {
    std::size_t begin = mark;
    while (begin > from && is_scheme_char(text[begin - 1])) {
      --begin;
    }
    if (begin == mark || mark - begin > kLongestScheme) {
      continue;
    }
    std::string scheme(text.substr(begin, mark - begin));
    std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    Url url;
    url.end = std::min(text.find_first_of(" \t\r\n\"'`;|<>)", mark + 3), text.size());
    const std::string_view rest = text.substr(mark + 3, url.end - mark - 3);
    url.peer = split_host(rest.substr(0, rest.find_first_of("/?#")));
    url.is_local = std::find(std::begin(kLocalSchemes), std::end(kLocalSchemes), scheme) !=
                   std::end(kLocalSchemes);
    if (url.peer.port == 0) {
      url.peer.port = port_of_scheme(scheme);
    }
    if (url.is_local || !url.peer.host.empty()) {
      return url;
    }
  }
  return std::nullopt;
}

/// The remote side of an operand: a URL, "[user@]host:path" (a '/' before the ':' makes it a local
/// file), "host::module".
struct Remote {
  HostPort peer;
  bool is_url{};
  bool is_module{};  ///< two colons: a daemon of rsync's
};

std::optional<Remote> remote_of(std::string_view text) {
  if (const std::size_t mark = text.find("://");
      mark <= 16 &&
      std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(mark), is_scheme_char)) {
    const auto url = next_url(text, 0);
    if (mark > 0) {
      return url && !url->is_local ? std::optional(Remote{url->peer, true, false}) : std::nullopt;
    }
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
  const HostPort peer = split_host(text.substr(0, colon));
  if (peer.host.empty()) {
    return std::nullopt;
  }
  return Remote{{peer.host, 0}, false, text.substr(colon).starts_with("::")};
}

/// "example.org", "example.org:8080/path", "localhost:80": what may stand for a URL without scheme.
std::optional<HostPort> bare_url(std::string_view text) {
  text = text.substr(0, text.find('/'));
  const HostPort peer = split_host(text);
  const bool looks_right =
      !peer.host.empty() && peer.host.size() <= 255 &&
      (std::isalnum(static_cast<unsigned char>(peer.host.front())) != 0 || text.front() == '[') &&
      peer.host.find(' ') == std::string_view::npos &&
      (peer.host.find_first_of(".:") != std::string_view::npos || peer.port != 0);
  return looks_right ? std::optional(peer) : std::nullopt;
}

/// Parts of an address as inet_aton(3) takes them: 127.1, 0x7f.1, 017700000001, 2130706433.
std::optional<std::array<std::uint8_t, 4>> legacy_address(std::string_view text) {
  std::array<std::uint64_t, 4> parts{};
  std::size_t count = 0;
  for (;;) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    std::string_view part = text.substr(0, dot);
    int base = 10;
    if (part.size() > 1 && part[0] == '0') {
      const bool hex = part[1] == 'x' || part[1] == 'X';
      base = hex ? 16 : 8;
      part.remove_prefix(hex ? 2 : 1);
    }
    if (count == parts.size() || part.empty()) {
      return std::nullopt;
    }
    const auto [rest, error] =
        std::from_chars(part.data(), part.data() + part.size(), parts[count++], base);
    if (error != std::errc{} || rest != part.data() + part.size()) {
      return std::nullopt;
    }
    if (dot == text.size()) {
      break;
    }
    text.remove_prefix(dot + 1);
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i + 1 < count; ++i) {
    if (parts[i] > 255) {
      return std::nullopt;
    }
    value |= parts[i] << (24 - 8 * i);
  }
  const std::uint64_t last = parts[count - 1];
  if (last >> (32 - 8 * (count - 1)) != 0) {
    return std::nullopt;
  }
  value |= last;
  return std::array<std::uint8_t, 4>{
      static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
      static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

/// Collects what a command line says.
class Reader {
 public:
  Reader(const Tool& tool, const std::vector<std::string>& argv)
      : tool_(tool), words_(split_argv(tool, argv)), text_(join_argv(argv)) {}

  ArgReading read() {
    const bool out = tool_.out.match(text_);
    const bool in = tool_.in.match(text_);
    reading_.direction = out && in ? Direction::both
                         : out     ? Direction::out
                         : in      ? Direction::in
                                   : tool_.nature;
    read_operands();
    read_named();
    read_meant();
    read_via();
    if (std::any_of(words_.options.begin(), words_.options.end(), [this](const Option& option) {
          return value_of(option, tool_.local).has_value();
        })) {
      reading_.peers.clear();
    } else if (reading_.peers.empty() && !tool_.service.empty() && is_sending()) {
      const bool named = tool_.service != "unknown";
      reading_.peers.push_back(
          {named ? tool_.service : std::string{}, reading_.direction, 0, named});
    }
    return std::move(reading_);
  }

 private:
  bool is_sending() const {
    return reading_.direction == Direction::out || reading_.direction == Direction::both;
  }

  void add(HostPort peer, Direction direction) {
    if (peer.host.empty()) {
      return;
    }
    std::string host(peer.host);
    if (const auto address = legacy_address(host)) {
      host = audit::IpAddress::v4(*address).to_string();
    }
    for (ArgPeer& known : reading_.peers) {
      if (known.host == host && (known.port == peer.port || known.port == 0 || peer.port == 0)) {
        known.port = std::max(known.port, peer.port);
        if (known.direction != direction) {
          known.direction = Direction::both;
        }
        return;
      }
    }
    if (reading_.peers.size() < kMaxPeers) {
      reading_.peers.push_back({std::move(host), direction, peer.port, false});
    } else if (reading_.peers.size() == kMaxPeers) {
      reading_.peers.push_back({{}, direction, 0, false});  // the rest
    } else if (reading_.peers.back().direction != direction) {
      reading_.peers.back().direction = Direction::both;
    }
  }

  /// With the port that an option gives, else the tool's own.
  HostPort with_port(HostPort peer) const {
    if (peer.port == 0) {
      peer.port = option_port();
    }
    return {peer.host, peer.port == 0 ? tool_.port : peer.port};
  }

  /// As in getopt(3), the last one holds.
  std::uint16_t option_port() const {
    std::uint16_t port = 0;
    for (const Option& option : words_.options) {
      if (const auto value = value_of(option, tool_.port_options)) {
        port = port_from(*value);
      }
    }
    return port;
  }

  /// -e 'ssh -p 2222 -J first': the value of an option in the command of ssh, the last one of it.
  std::string_view of_remote_shell(std::initializer_list<std::string_view> names) const {
    std::string_view found;
    for (const Option& option : words_.options) {
      const auto value = value_of(option, tool_.rsh);
      for (std::size_t at = value ? value->find(" -") : std::string_view::npos;
           at != std::string_view::npos; at = value->find(" -", at + 2)) {
        const std::string_view rest = std::string_view(*value).substr(at + 2);
        for (const std::string_view name : names) {
          if (rest.starts_with(name)) {
            std::string_view text = rest.substr(name.size());
            text.remove_prefix(std::min(text.find_first_not_of(" ="), text.size()));
            found = text.substr(0, text.find(' '));
          }
        }
      }
    }
    return found;
  }

  std::uint16_t remote_shell_port() const {
    return port_from(of_remote_shell({"p", "oPort", "o Port"}));
  }

  HostPort copy_peer(const Remote& remote) const {
    if (remote.is_url && remote.peer.port != 0 && option_port() == 0) {
      return remote.peer;
    }
    if (tool_.rsh.empty()) {
      return with_port(remote.peer);
    }
    if (remote.is_module || remote.is_url) {
      const std::uint16_t given = option_port();
      return {remote.peer.host, given != 0              ? given
                                : remote.peer.port != 0 ? remote.peer.port
                                                        : tool_.port};
    }
    return {remote.peer.host, remote_shell_port()};
  }

  void read_copy() {
    const auto& operands = words_.operands;
    bool sends = false;
    bool fetches = false;
    bool is_sure = true;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const auto remote = remote_of(operands[i]);
      if (!remote) {
        continue;
      }
      const bool target = i + 1 == operands.size() && operands.size() > 1;
      // Behind it stands perhaps the value of an option, and then it is the target.
      const bool may_be_target = i + 2 == operands.size() && i > 0 && words_.last_may_be_value;
      (target ? sends : fetches) = true;
      is_sure = is_sure && !may_be_target;
      add(copy_peer(*remote), may_be_target ? Direction::unknown
                              : target      ? Direction::out
                                            : Direction::in);
    }
    if (!is_sure) {
      reading_.direction = Direction::unknown;
    } else if (sends || fetches) {
      reading_.direction = sends && fetches ? Direction::both
                           : sends          ? Direction::out
                                            : Direction::in;
    }
  }

  /// URLs may stand as an option's value (--url, -u) or in a script (-e 'open ftp://…').
  bool read_urls() {
    bool any = false;
    for (const std::string_view word : words_.texts) {
      for (auto url = next_url(word, 0); url; url = next_url(word, url->end)) {
        any = true;
        if (!url->is_local) {
          add(url->peer, reading_.direction);
        }
      }
    }
    return any;
  }

  void read_tagged() {
    for (const std::string_view operand : words_.operands) {
      // "TCP:host:port,options", "UDP-SENDTO:host:port"; LISTEN, FILE, EXEC name no peer.
      const std::size_t tag = operand.find(':');
      std::string kind(operand.substr(0, tag));
      std::transform(kind.begin(), kind.end(), kind.begin(),
                     [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      if (tag == std::string_view::npos || kind.find("LISTEN") != std::string::npos ||
          !(kind.starts_with("TCP") || kind.starts_with("UDP") || kind.starts_with("SCTP") ||
            kind.starts_with("OPENSSL") || kind.starts_with("SSL") || kind.starts_with("IP"))) {
        continue;
      }
      const std::string_view rest = operand.substr(tag + 1);
      add(split_host(rest.substr(0, rest.find(','))), reading_.direction);
    }
  }

  void read_operands() {
    const auto& operands = words_.operands;
    switch (tool_.grammar) {
      case Grammar::copy:
        read_copy();
        break;
      case Grammar::host:
        if (!operands.empty()) {
          const auto remote = remote_of(operands.front());
          HostPort peer = remote ? remote->peer : split_host(operands.front());
          if (remote || operands.front().find("://") == std::string_view::npos) {
            add(remote && remote->is_url && peer.port != 0 && option_port() == 0 ? peer
                                                                                 : with_port(peer),
                reading_.direction);
          }
        }
        break;
      case Grammar::first:
      case Grammar::dial:
        if (!read_urls() && !operands.empty()) {
          HostPort peer = split_host(operands.front());
          if (tool_.grammar == Grammar::dial && operands.size() > 1 && peer.port == 0) {
            peer.port = port_from(operands[1]);
          }
          add(with_port(peer), reading_.direction);
        }
        break;
      case Grammar::url:
        if (!read_urls()) {
          for (const std::string_view operand : operands) {
            if (const auto peer = bare_url(operand)) {
              add(with_port(*peer), reading_.direction);
              break;
            }
          }
        }
        break;
      case Grammar::hostport:
        if (operands.size() >= 2) {
          add({split_host(operands.front()).host, port_from(operands[1])}, reading_.direction);
        }
        break;
      case Grammar::tagged:
        read_tagged();
        break;
      case Grammar::none:
        break;
    }
  }

  /// What options or expressions name stands for what the operands do.
  void read_named() {
    std::vector<ArgPeer> by_operands;
    by_operands.swap(reading_.peers);
    for (const Option& option : words_.options) {
      if (const auto value = value_of(option, tool_.peer_options)) {
        const auto url = next_url(*value, 0);
        if (!url) {
          add(with_port(split_host(*value)), reading_.direction);
        } else if (!url->is_local) {
          add(url->peer, reading_.direction);
        }
      }
    }
    for (const input::Pattern& pattern : tool_.peer_patterns) {
      for (const input::Pattern::Groups& found : pattern.find_groups(text_)) {
        HostPort peer = split_host(found.host);
        peer.port = port_from(found.port);
        if (peer.port == 0) {
          peer.port = port_of_scheme(found.scheme);
        }
        add(with_port(peer), reading_.direction);
      }
    }
    if (reading_.peers.empty()) {
      reading_.peers = std::move(by_operands);
    }
  }

  /// scp -oHostName=really, curl --connect-to named:443:really:443, ssh -oProxyCommand=…
  void read_meant() {
    bool is_told = false;  // the first holds
    for (const Option& option : words_.options) {
      if (const auto host = value_of(option, tool_.meant); host && !std::exchange(is_told, true)) {
        for (ArgPeer& peer : reading_.peers) {
          peer.host = *host;
        }
      }
      if (const auto map = value_of(option, tool_.maps)) {
        read_map(*map);
      }
      if (const auto how = value_of(option, tool_.elsewhere); how && *how != "none") {
        reading_.elsewhere = option.name;
      }
    }
  }

  /// HOST:PORT:TARGET[:PORT], where an empty HOST is any, and an empty TARGET the same.
  void read_map(std::string_view map) {
    const auto take = [&map] {
      const bool is_bracket = map.starts_with('[') && map.find(']') != std::string_view::npos;
      const std::size_t end = std::min(map.find(':', is_bracket ? map.find(']') : 0), map.size());
      std::string_view field = map.substr(0, end);
      map.remove_prefix(std::min(end + 1, map.size()));
      if (is_bracket) {
        field = field.substr(1, field.find(']') - 1);
      }
      return field;
    };
    map.remove_prefix(map.starts_with('+') ? 1 : 0);
    const std::string_view host = take();
    static_cast<void>(take());
    std::string_view target = take();
    target = target.substr(0, target.find(','));
    for (ArgPeer& peer : reading_.peers) {
      if (!target.empty() && (host.empty() || host == "*" || host == peer.host)) {
        peer.host = target;
      }
    }
  }

  /// `ssh -J alice@first:2222,second`: the last of them speaks to the peer, the first is spoken to.
  void read_via() {
    std::string_view hops = of_remote_shell({"J", "oProxyJump", "o ProxyJump"});
    for (const Option& option : words_.options) {
      if (const auto value = value_of(option, tool_.via); value && hops.empty()) {
        hops = *value;
      }
    }
    std::string_view first = hops.substr(0, hops.find(','));
    if (const std::size_t scheme = first.find("://"); scheme != std::string_view::npos) {
      first.remove_prefix(scheme + 3);  // ssh://hop, socks5h://proxy
    }
    first = first.substr(0, first.find('/'));
    if (const HostPort hop = split_host(first); first != "none") {
      reading_.via = {std::string(hop.host), reading_.direction, hop.port, false};
    }
  }

  const Tool& tool_;
  const Words words_;
  const std::string text_;
  ArgReading reading_;
};

}  // namespace

bool is_remote(std::string_view operand) {
  return remote_of(operand).has_value();
}

std::vector<ArgPeer> spoken_to(const ArgReading& reading) {
  std::vector<ArgPeer> peers = reading.peers;
  if (!reading.elsewhere.empty()) {
    for (ArgPeer& peer : peers) {
      peer.host.clear();
      peer.port = 0;
    }
  } else if (!reading.via.host.empty() && !peers.empty()) {
    ArgPeer via = reading.via;
    for (const ArgPeer& peer : peers) {
      via.direction = via.direction == peer.direction ? via.direction : Direction::both;
    }
    peers = {via};
  }
  return peers;
}

ArgReading read_argv(const Tool& tool, const std::vector<std::string>& argv, bool cut) {
  if (argv.empty()) {
    return {tool.nature, {}, {}};
  }
  ArgReading reading = Reader(tool, argv).read();
  if (cut && reading.direction == Direction::in && tool.nature != Direction::in) {
    reading.direction = Direction::unknown;
    for (ArgPeer& peer : reading.peers) {
      peer.direction = peer.direction == Direction::in ? Direction::unknown : peer.direction;
    }
  }
  return reading;
}

bool is_this_host(std::string_view host) {
  if (const auto address = audit::IpAddress::parse(host)) {
    return address->is_loopback() || address->is_unspecified();
  }
  if (host.ends_with('.')) {
    host.remove_suffix(1);  // the root of names
  }
  std::string name(host.substr(0, 256));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::string_view kNames[] = {
      "localhost",  "localhost.localdomain",   "localhost4",    "localhost4.localdomain4",
      "localhost6", "localhost6.localdomain6", "ip6-localhost", "ip6-loopback",
      "loopback"};
  return name.ends_with(".localhost") ||
         std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

}  // namespace auexfil::transfer
