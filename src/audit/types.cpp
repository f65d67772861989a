#include <algorithm>
#include <array>
#include <charconv>

#include "auexfil/audit/record.hpp"

namespace auexfil::audit {
namespace {

struct TypeName {
  std::uint16_t number;
  std::string_view name;
};

// libaudit's lib/msg_typetab.h, in the order of the numbers. A name that is missing here is kept as
// text and has number 0.
constexpr std::array kTypes = {TypeName{1005, "USER"},
                               TypeName{1006, "LOGIN"},
                               TypeName{1100, "USER_AUTH"},
                               TypeName{1101, "USER_ACCT"},
                               TypeName{1102, "USER_MGMT"},
                               TypeName{1103, "CRED_ACQ"},
                               TypeName{1104, "CRED_DISP"},
                               TypeName{1105, "USER_START"},
                               TypeName{1106, "USER_END"},
                               TypeName{1107, "USER_AVC"},
                               TypeName{1108, "USER_CHAUTHTOK"},
                               TypeName{1109, "USER_ERR"},
                               TypeName{1110, "CRED_REFR"},
                               TypeName{1111, "USYS_CONFIG"},
                               TypeName{1112, "USER_LOGIN"},
                               TypeName{1113, "USER_LOGOUT"},
                               TypeName{1114, "ADD_USER"},
                               TypeName{1115, "DEL_USER"},
                               TypeName{1116, "ADD_GROUP"},
                               TypeName{1117, "DEL_GROUP"},
                               TypeName{1118, "DAC_CHECK"},
                               TypeName{1119, "CHGRP_ID"},
                               TypeName{1120, "TEST"},
                               TypeName{1121, "TRUSTED_APP"},
                               TypeName{1122, "USER_SELINUX_ERR"},
                               TypeName{1123, "USER_CMD"},
                               TypeName{1124, "USER_TTY"},
                               TypeName{1125, "CHUSER_ID"},
                               TypeName{1126, "GRP_AUTH"},
                               TypeName{1127, "SYSTEM_BOOT"},
                               TypeName{1128, "SYSTEM_SHUTDOWN"},
                               TypeName{1129, "SYSTEM_RUNLEVEL"},
                               TypeName{1130, "SERVICE_START"},
                               TypeName{1131, "SERVICE_STOP"},
                               TypeName{1132, "GRP_MGMT"},
                               TypeName{1133, "GRP_CHAUTHTOK"},
                               TypeName{1134, "MAC_CHECK"},
                               TypeName{1135, "ACCT_LOCK"},
                               TypeName{1136, "ACCT_UNLOCK"},
                               TypeName{1137, "USER_DEVICE"},
                               TypeName{1138, "SOFTWARE_UPDATE"},
                               TypeName{1200, "DAEMON_START"},
                               TypeName{1201, "DAEMON_END"},
                               TypeName{1202, "DAEMON_ABORT"},
                               TypeName{1203, "DAEMON_CONFIG"},
                               TypeName{1204, "DAEMON_RECONFIG"},
                               TypeName{1205, "DAEMON_ROTATE"},
                               TypeName{1206, "DAEMON_RESUME"},
                               TypeName{1207, "DAEMON_ACCEPT"},
                               TypeName{1208, "DAEMON_CLOSE"},
                               TypeName{1209, "DAEMON_ERR"},
                               TypeName{1300, "SYSCALL"},
                               TypeName{1302, "PATH"},
                               TypeName{1303, "IPC"},
                               TypeName{1304, "SOCKETCALL"},
                               TypeName{1305, "CONFIG_CHANGE"},
                               TypeName{1306, "SOCKADDR"},
                               TypeName{1307, "CWD"},
                               TypeName{1309, "EXECVE"},
                               TypeName{1311, "IPC_SET_PERM"},
                               TypeName{1312, "MQ_OPEN"},
                               TypeName{1313, "MQ_SENDRECV"},
                               TypeName{1314, "MQ_NOTIFY"},
                               TypeName{1315, "MQ_GETSETATTR"},
                               TypeName{1316, "KERNEL_OTHER"},
                               TypeName{1317, "FD_PAIR"},
                               TypeName{1318, "OBJ_PID"},
                               TypeName{1319, "TTY"},
                               TypeName{1320, "EOE"},
                               TypeName{1321, "BPRM_FCAPS"},
                               TypeName{1322, "CAPSET"},
                               TypeName{1323, "MMAP"},
                               TypeName{1324, "NETFILTER_PKT"},
                               TypeName{1325, "NETFILTER_CFG"},
                               TypeName{1326, "SECCOMP"},
                               TypeName{1327, "PROCTITLE"},
                               TypeName{1328, "FEATURE_CHANGE"},
                               TypeName{1329, "REPLACE"},
                               TypeName{1330, "KERN_MODULE"},
                               TypeName{1331, "FANOTIFY"},
                               TypeName{1332, "TIME_INJOFFSET"},
                               TypeName{1333, "TIME_ADJNTPVAL"},
                               TypeName{1334, "BPF"},
                               TypeName{1335, "EVENT_LISTENER"},
                               TypeName{1336, "URINGOP"},
                               TypeName{1337, "OPENAT2"},
                               TypeName{1338, "DM_CTRL"},
                               TypeName{1339, "DM_EVENT"},
                               TypeName{1400, "AVC"},
                               TypeName{1401, "SELINUX_ERR"},
                               TypeName{1402, "AVC_PATH"},
                               TypeName{1403, "MAC_POLICY_LOAD"},
                               TypeName{1404, "MAC_STATUS"},
                               TypeName{1405, "MAC_CONFIG_CHANGE"},
                               TypeName{1406, "MAC_UNLBL_ALLOW"},
                               TypeName{1407, "MAC_CIPSOV4_ADD"},
                               TypeName{1408, "MAC_CIPSOV4_DEL"},
                               TypeName{1409, "MAC_MAP_ADD"},
                               TypeName{1410, "MAC_MAP_DEL"},
                               TypeName{1411, "MAC_IPSEC_ADDSA"},
                               TypeName{1412, "MAC_IPSEC_DELSA"},
                               TypeName{1413, "MAC_IPSEC_ADDSPD"},
                               TypeName{1414, "MAC_IPSEC_DELSPD"},
                               TypeName{1415, "MAC_IPSEC_EVENT"},
                               TypeName{1416, "MAC_UNLBL_STCADD"},
                               TypeName{1417, "MAC_UNLBL_STCDEL"},
                               TypeName{1418, "MAC_CALIPSO_ADD"},
                               TypeName{1419, "MAC_CALIPSO_DEL"},
                               TypeName{1425, "MAC_TASK_CONTEXTS"},
                               TypeName{1426, "MAC_OBJ_CONTEXTS"},
                               TypeName{1500, "APPARMOR"},
                               TypeName{1501, "APPARMOR_AUDIT"},
                               TypeName{1502, "APPARMOR_ALLOWED"},
                               TypeName{1503, "APPARMOR_DENIED"},
                               TypeName{1504, "APPARMOR_HINT"},
                               TypeName{1505, "APPARMOR_STATUS"},
                               TypeName{1506, "APPARMOR_ERROR"},
                               TypeName{1507, "APPARMOR_KILL"},
                               TypeName{1700, "ANOM_PROMISCUOUS"},
                               TypeName{1701, "ANOM_ABEND"},
                               TypeName{1702, "ANOM_LINK"},
                               TypeName{1703, "ANOM_CREAT"},
                               TypeName{1800, "INTEGRITY_DATA"},
                               TypeName{1801, "INTEGRITY_METADATA"},
                               TypeName{1802, "INTEGRITY_STATUS"},
                               TypeName{1803, "INTEGRITY_HASH"},
                               TypeName{1804, "INTEGRITY_PCR"},
                               TypeName{1805, "INTEGRITY_RULE"},
                               TypeName{1806, "INTEGRITY_EVM_XATTR"},
                               TypeName{1807, "INTEGRITY_POLICY_RULE"},
                               TypeName{2000, "KERNEL"},
                               TypeName{2100, "ANOM_LOGIN_FAILURES"},
                               TypeName{2101, "ANOM_LOGIN_TIME"},
                               TypeName{2102, "ANOM_LOGIN_SESSIONS"},
                               TypeName{2103, "ANOM_LOGIN_ACCT"},
                               TypeName{2104, "ANOM_LOGIN_LOCATION"},
                               TypeName{2105, "ANOM_MAX_DAC"},
                               TypeName{2106, "ANOM_MAX_MAC"},
                               TypeName{2107, "ANOM_AMTU_FAIL"},
                               TypeName{2108, "ANOM_RBAC_FAIL"},
                               TypeName{2109, "ANOM_RBAC_INTEGRITY_FAIL"},
                               TypeName{2110, "ANOM_CRYPTO_FAIL"},
                               TypeName{2111, "ANOM_ACCESS_FS"},
                               TypeName{2112, "ANOM_EXEC"},
                               TypeName{2113, "ANOM_MK_EXEC"},
                               TypeName{2114, "ANOM_ADD_ACCT"},
                               TypeName{2115, "ANOM_DEL_ACCT"},
                               TypeName{2116, "ANOM_MOD_ACCT"},
                               TypeName{2117, "ANOM_ROOT_TRANS"},
                               TypeName{2118, "ANOM_LOGIN_SERVICE"},
                               TypeName{2119, "ANOM_LOGIN_ROOT"},
                               TypeName{2120, "ANOM_ORIGIN_FAILURES"},
                               TypeName{2121, "ANOM_SESSION"},
                               TypeName{2200, "RESP_ANOMALY"},
                               TypeName{2201, "RESP_ALERT"},
                               TypeName{2202, "RESP_KILL_PROC"},
                               TypeName{2203, "RESP_TERM_ACCESS"},
                               TypeName{2204, "RESP_ACCT_REMOTE"},
                               TypeName{2205, "RESP_ACCT_LOCK_TIMED"},
                               TypeName{2206, "RESP_ACCT_UNLOCK_TIMED"},
                               TypeName{2207, "RESP_ACCT_LOCK"},
                               TypeName{2208, "RESP_TERM_LOCK"},
                               TypeName{2209, "RESP_SEBOOL"},
                               TypeName{2210, "RESP_EXEC"},
                               TypeName{2211, "RESP_SINGLE"},
                               TypeName{2212, "RESP_HALT"},
                               TypeName{2213, "RESP_ORIGIN_BLOCK"},
                               TypeName{2214, "RESP_ORIGIN_BLOCK_TIMED"},
                               TypeName{2215, "RESP_ORIGIN_UNBLOCK_TIMED"},
                               TypeName{2300, "USER_ROLE_CHANGE"},
                               TypeName{2301, "ROLE_ASSIGN"},
                               TypeName{2302, "ROLE_REMOVE"},
                               TypeName{2303, "LABEL_OVERRIDE"},
                               TypeName{2304, "LABEL_LEVEL_CHANGE"},
                               TypeName{2305, "USER_LABELED_EXPORT"},
                               TypeName{2306, "USER_UNLABELED_EXPORT"},
                               TypeName{2307, "DEV_ALLOC"},
                               TypeName{2308, "DEV_DEALLOC"},
                               TypeName{2309, "FS_RELABEL"},
                               TypeName{2310, "USER_MAC_POLICY_LOAD"},
                               TypeName{2311, "ROLE_MODIFY"},
                               TypeName{2312, "USER_MAC_CONFIG_CHANGE"},
                               TypeName{2313, "USER_MAC_STATUS"},
                               TypeName{2400, "CRYPTO_TEST_USER"},
                               TypeName{2401, "CRYPTO_PARAM_CHANGE_USER"},
                               TypeName{2402, "CRYPTO_LOGIN"},
                               TypeName{2403, "CRYPTO_LOGOUT"},
                               TypeName{2404, "CRYPTO_KEY_USER"},
                               TypeName{2405, "CRYPTO_FAILURE_USER"},
                               TypeName{2406, "CRYPTO_REPLAY_USER"},
                               TypeName{2407, "CRYPTO_SESSION"},
                               TypeName{2408, "CRYPTO_IKE_SA"},
                               TypeName{2409, "CRYPTO_IPSEC_SA"},
                               TypeName{2500, "VIRT_CONTROL"},
                               TypeName{2501, "VIRT_RESOURCE"},
                               TypeName{2502, "VIRT_MACHINE_ID"},
                               TypeName{2503, "VIRT_INTEGRITY_CHECK"},
                               TypeName{2504, "VIRT_CREATE"},
                               TypeName{2505, "VIRT_DESTROY"},
                               TypeName{2506, "VIRT_MIGRATE_IN"},
                               TypeName{2507, "VIRT_MIGRATE_OUT"}};

constexpr std::size_t kSlots = 1024;
static_assert(kTypes.size() < kSlots / 2 && kTypes.size() < 256);

/// Where the search for a name begins.
constexpr std::size_t slot_of(std::string_view name) {
  if (name.empty()) {
    return 0;
  }
  const auto at = [&](std::size_t i) { return std::size_t{static_cast<unsigned char>(name[i])}; };
  return (name.size() * 131 + at(0) * 7 + at(name.size() / 2) * 37 + at(name.size() - 1) * 211 +
          at(name.size() * 3 / 4) * 89) %
         kSlots;
}

/// The types by their names: places in kTypes, kTypes.size() where there is none.
constexpr auto kIndex = [] {
  std::array<std::uint8_t, kSlots> index{};
  index.fill(static_cast<std::uint8_t>(kTypes.size()));
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    std::size_t slot = slot_of(kTypes[i].name);
    while (index[slot] != kTypes.size()) {
      slot = (slot + 1) % kSlots;
    }
    index[slot] = static_cast<std::uint8_t>(i);
  }
  return index;
}();

}  // namespace

std::uint16_t type_number(std::string_view token) {
  constexpr std::string_view kUnknownPrefix = "UNKNOWN[";
  if (token.substr(0, kUnknownPrefix.size()) == kUnknownPrefix && token.back() == ']') {
    token = token.substr(kUnknownPrefix.size(), token.size() - kUnknownPrefix.size() - 1);
  }
  if (!token.empty() && token.front() >= '0' && token.front() <= '9') {
    std::uint16_t number = 0;
    const char* const end = token.data() + token.size();
    const auto [rest, error] = std::from_chars(token.data(), end, number);
    return error == std::errc{} && rest == end ? number : type::kUnknown;
  }
  for (std::size_t slot = slot_of(token);; slot = (slot + 1) % kSlots) {
    const std::uint8_t place = kIndex[slot];
    if (place == kTypes.size()) {
      return type::kUnknown;
    }
    if (kTypes[place].name == token) {
      return kTypes[place].number;
    }
  }
}

std::string_view type_name(std::uint16_t number) {
  const auto* const found =
      std::lower_bound(kTypes.begin(), kTypes.end(), number,
                       [](const TypeName& known, std::uint16_t n) { return known.number < n; });
  return found != kTypes.end() && found->number == number ? found->name : std::string_view{};
}

const char* to_word(Malformed kind) {
  switch (kind) {
    case Malformed::no_stamp:
      return "no_stamp";
    case Malformed::interpreted:
      return "interpreted";
    case Malformed::overlong:
      return "overlong";
    case Malformed::nul_bytes:
      return "nul_bytes";
    case Malformed::cut:
      return "cut";
    case Malformed::damaged_syscall:
      return "damaged_syscall";
    case Malformed::bad_sockaddr:
      return "bad_sockaddr";
    case Malformed::bad_execve:
      return "bad_execve";
    case Malformed::late_record:
      return "late_record";
    case Malformed::duplicate:
      return "duplicate";
    case Malformed::wrapped:
      return "wrapped";
    case Malformed::count_:
      break;
  }
  return "?";
}

}  // namespace auexfil::audit
