#include "auexfil/artefacts/addresses.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

#include "lines.hpp"
#include "reader.hpp"
#include "unit_file.hpp"

namespace auexfil::artefacts {
namespace {

std::string_view plain_value(std::string_view text) {
  return trimmed(unquoted(trimmed(text)));
}

/// Takes up literals, whatever length of a prefix stands behind them.
class Addresses {
 public:
  void add(std::string_view text) {
    text = plain_value(text);
    const auto address = audit::IpAddress::parse(text.substr(0, text.find('/')));
    if (!address || address->is_loopback() || address->is_link_local() || address->is_multicast() ||
        address->is_unspecified() || all_.contains(*address)) {
      return;
    }
    if (all_.size() == OwnAddresses::kMost) {
      ++left_out_;
    } else {
      all_.insert(*address);
    }
  }

  [[nodiscard]] OwnAddresses take() const { return {{all_.begin(), all_.end()}, left_out_}; }

 private:
  std::set<audit::IpAddress> all_;
  std::size_t left_out_ = 0;
};

/// interfaces(5): "address 192.0.2.5/24" of an iface.
void read_interfaces(std::string_view text, Addresses& to) {
  each_joined_line(text, " ", [&](std::string_view line, std::uint32_t) {
    if (take_word(line) == "address") {
      to.add(take_word(line));
    }
  });
}

/// netplan(5): the lists of `addresses:`, as far as they stand on lines of their own or in one pair
/// of brackets. An interface's have a length of prefix, a name server's have none.
class Netplan {
 public:
  explicit Netplan(Addresses& to) : to_(to) {}

  void line(std::string_view text) {
    for (std::size_t at = text.find('#'); at != std::string_view::npos;
         at = text.find('#', at + 1)) {
      if (at == 0 || text[at - 1] == ' ') {
        text = text.substr(0, at);
        break;
      }
    }
    const std::size_t indent = text.find_first_not_of(' ');
    text = trimmed(text);
    if (text.empty()) {
      return;
    }
    constexpr std::string_view kKey = "addresses:";
    if (text.starts_with(kKey)) {
      indent_ = indent;
      text = trimmed(text.substr(kKey.size()));
      state_ = text.starts_with('[') ? State::in_brackets
               : text.empty()        ? State::in_list
                                     : State::outside;
    } else if (state_ == State::in_list && text.front() != '-' && indent <= indent_) {
      state_ = State::outside;
    }
    if (state_ == State::in_brackets) {
      elements(text);
    } else if (state_ == State::in_list && text.starts_with("- ")) {
      element(text.substr(2));
    }
  }

 private:
  enum class State : std::uint8_t { outside, in_list, in_brackets };

  void elements(std::string_view text) {
    const std::size_t end = text.find(']');
    state_ = end == std::string_view::npos ? state_ : State::outside;
    text = text.substr(0, end);
    text.remove_prefix(text.starts_with('[') ? 1 : 0);
    while (!text.empty()) {
      const std::size_t comma = std::min(text.find(','), text.size());
      element(text.substr(0, comma));
      text.remove_prefix(std::min(comma + 1, text.size()));
    }
  }

  /// `"192.0.2.5/24":` has settings of its own below.
  void element(std::string_view text) {
    text = trimmed(text);
    text.remove_suffix(text.ends_with(':') ? 1 : 0);
    if (text.find('/') != std::string_view::npos) {
      to_.add(text);
    }
  }

  Addresses& to_;
  State state_ = State::outside;
  std::size_t indent_ = 0;
};

void read_netplan(std::string_view text, Addresses& to) {
  Netplan netplan(to);
  each_line(text, [&](std::string_view line, std::uint32_t) { netplan.line(line); });
}

/// systemd.network(5)
void read_networkd(std::string_view text, Addresses& to) {
  UnitSettings settings;
  settings.read(text);
  for (const char* const key : {"Network.Address", "Address.Address"}) {
    for (const std::string& value : settings.all(key)) {
      to.add(value);
    }
  }
}

/// Is it `word`, or it and a number: "address1", "IPADDR0", "IPADDR_1"?
bool is_numbered(std::string_view key, std::string_view word) {
  return key.starts_with(word) &&
         key.substr(word.size()).find_first_not_of("_0123456789") == std::string_view::npos;
}

/// nm-settings-keyfile(5): "address1=192.0.2.5/24,192.0.2.1", and the older
/// "addresses=A/P,G;A/P,G;".
void read_keyfile(std::string_view text, Addresses& to) {
  bool is_ip = false;
  each_line(text, [&](std::string_view line, std::uint32_t) {
    line = trimmed(line);
    if (line.starts_with('[')) {
      is_ip = line == "[ipv4]" || line == "[ipv6]";
      return;
    }
    const std::size_t equals = line.find('=');
    const std::string_view key = trimmed(line.substr(0, equals));
    if (!is_ip || equals == std::string_view::npos ||
        (!is_numbered(key, "address") && !is_numbered(key, "addresses"))) {
      return;
    }
    for (std::string_view rest = line.substr(equals + 1); !rest.empty();) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      const std::string_view one = rest.substr(0, end);
      to.add(one.substr(0, one.find(',')));  // the gateway is another's
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  });
}

/// ifcfg-* of Red Hat's and SUSE's: shell assignments.
void read_ifcfg(std::string_view text, Addresses& to) {
  each_line(text, [&](std::string_view line, std::uint32_t) {
    line = trimmed(line);
    const std::size_t equals = line.find('=');
    const std::string_view key = line.substr(0, equals);
    if (equals == std::string_view::npos ||
        (!is_numbered(key, "IPADDR") && key != "IPV6ADDR" && key != "IPV6ADDR_SECONDARIES")) {
      return;
    }
    std::string_view rest = plain_value(line.substr(equals + 1));
    for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest)) {
      to.add(word);
    }
  });
}

struct Folder {
  std::string_view path;
  std::string_view first;  ///< that names begin with
  std::string_view end;    ///< and end with
  void (*read)(std::string_view text, Addresses& to);
};
constexpr std::array kFolders = {
    Folder{"/etc/network/interfaces.d", "", "", read_interfaces},
    Folder{"/etc/netplan", "", ".yaml", read_netplan},
    Folder{"/run/netplan", "", ".yaml", read_netplan},
    Folder{"/lib/netplan", "", ".yaml", read_netplan},
    Folder{"/etc/systemd/network", "", ".network", read_networkd},
    Folder{"/run/systemd/network", "", ".network", read_networkd},
    Folder{"/usr/lib/systemd/network", "", ".network", read_networkd},
    Folder{"/etc/NetworkManager/system-connections", "", "", read_keyfile},
    Folder{"/run/NetworkManager/system-connections", "", "", read_keyfile},
    Folder{"/etc/sysconfig/network-scripts", "ifcfg-", "", read_ifcfg},
    Folder{"/etc/sysconfig/network", "ifcfg-", "", read_ifcfg},
};

}  // namespace

OwnAddresses own_addresses(const input::Tree& image, const Bounds& bounds) {
  Inventory nothing;  // what cannot be read here is no more than one candidate less
  Reader reader(image, bounds, nothing);
  Addresses found;
  if (const auto text = reader.text("/etc/network/interfaces")) {
    read_interfaces(*text, found);
  }
  for (const Folder& place : kFolders) {
    const std::string folder(place.path);
    for (const std::string& name : reader.names(folder).value_or(std::vector<std::string>())) {
      const std::string path = folder + "/" + name;
      if (!name.starts_with(place.first) || !name.ends_with(place.end) || !reader.is_file(path)) {
        continue;
      }
      if (const auto text = reader.text(path)) {
        place.read(*text, found);
      }
    }
  }
  return found.take();
}

}  // namespace auexfil::artefacts
