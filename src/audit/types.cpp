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

// The types that occur in host logs and that forwarders may write as numbers. libaudit knows more
// (lib/msg_typetab.h); a name that is missing here is kept as text and has number 0.
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
                               TypeName{1425, "MAC_TASK_CONTEXTS"},
                               TypeName{1426, "MAC_OBJ_CONTEXTS"},
                               TypeName{1700, "ANOM_PROMISCUOUS"},
                               TypeName{1701, "ANOM_ABEND"},
                               TypeName{1702, "ANOM_LINK"},
                               TypeName{1703, "ANOM_CREAT"},
                               TypeName{1800, "INTEGRITY_DATA"},
                               TypeName{1805, "INTEGRITY_RULE"},
                               TypeName{2000, "KERNEL"},
                               TypeName{2100, "ANOM_LOGIN_FAILURES"},
                               TypeName{2404, "CRYPTO_KEY_USER"},
                               TypeName{2407, "CRYPTO_SESSION"},
                               TypeName{2408, "CRYPTO_IPSEC_SA"}};

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
  // The five that make nearly all of a log, before the search through the table.
  if (token == "SYSCALL") {
    return type::kSyscall;
  }
  if (token == "PROCTITLE") {
    return type::kProctitle;
  }
  if (token == "SOCKADDR") {
    return type::kSockaddr;
  }
  if (token == "PATH") {
    return type::kPath;
  }
  if (token == "CWD") {
    return type::kCwd;
  }
  for (const TypeName& known : kTypes) {
    if (known.name == token) {
      return known.number;
    }
  }
  return type::kUnknown;
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
    case Malformed::bad_field:
      return "bad_field";
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
    case Malformed::count_:
      break;
  }
  return "?";
}

}  // namespace auexfil::audit
