#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace auexfil::input {

/// Names of users and groups, from a passwd and a group file. Never asks NSS or the network.
struct Names {
  std::unordered_map<std::uint32_t, std::string>
      users;  ///< uid -> name; the first line of a uid wins.
  std::unordered_map<std::uint32_t, std::string> groups;  ///< gid -> name

  [[nodiscard]] std::string_view user(std::uint32_t uid) const;  ///< Empty when unknown.
};

}  // namespace auexfil::input
