#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auexfil/facts/fact.hpp"

namespace auexfil::policy {

/// Who a transfer ran as, in one piece of bytes: equal users have equal keys.
void append_user_key(const facts::Fact& fact, std::string& key);

struct UserFields {
  std::optional<std::string> uid_name;
  std::optional<std::uint32_t> uid;
  std::optional<std::string> auid_name;
  std::optional<std::uint32_t> auid;
};
[[nodiscard]] UserFields read_user_key(std::string_view key);

}  // namespace auexfil::policy
