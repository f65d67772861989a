#include "user_key.hpp"

#include <cstring>

namespace auexfil::policy {
namespace {

/// What a key begins with; the names follow.
struct Head {
  std::uint32_t uid{};
  std::uint32_t auid{};
  std::uint32_t uid_name_size{};
  std::uint32_t known{};  ///< Bits: uid, auid, uid_name, auid_name.
};

}  // namespace

void append_user_key(const facts::Fact& fact, std::string& key) {
  Head head;
  head.uid = fact.uid.value_or(0);
  head.auid = fact.auid.value_or(0);
  head.uid_name_size =
      fact.uid_name ? static_cast<std::uint32_t>(fact.uid_name->size()) : std::uint32_t{0};
  head.known = (fact.uid ? 1U : 0U) | (fact.auid ? 2U : 0U) | (fact.uid_name ? 4U : 0U) |
               (fact.auid_name ? 8U : 0U);
  char bytes[sizeof head];
  std::memcpy(bytes, &head, sizeof head);
  key.append(bytes, sizeof bytes);
  if (fact.uid_name) {
    key += *fact.uid_name;
  }
  if (fact.auid_name) {
    key += *fact.auid_name;
  }
}

UserFields read_user_key(std::string_view key) {
  Head head;
  std::memcpy(&head, key.data(), sizeof head);
  key.remove_prefix(sizeof head);
  UserFields fields;
  if ((head.known & 1U) != 0) {
    fields.uid = head.uid;
  }
  if ((head.known & 2U) != 0) {
    fields.auid = head.auid;
  }
  if ((head.known & 4U) != 0) {
    fields.uid_name = key.substr(0, head.uid_name_size);
  }
  if ((head.known & 8U) != 0) {
    fields.auid_name = key.substr(head.uid_name_size);
  }
  return fields;
}

}  // namespace auexfil::policy
