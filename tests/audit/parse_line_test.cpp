#include <catch2/catch.hpp>

#include "lines.hpp"

using namespace auexfil::audit;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::audit::test;  // NOLINT(google-build-using-namespace): a test

namespace {
const std::string kNul(1, '\0');
}

TEST_CASE("lines: headers that carry a stamp") {
  struct Case {
    std::string line;
    std::uint16_t type;
    const char* node;
    TimeMs time;
    std::uint32_t serial;
    const char* body;
  };
  const std::vector<Case> cases = {
      {"type=CWD msg=audit(1.002:3): cwd=\"/\"", type::kCwd, "", 1002, 3, "cwd=\"/\""},
      {"type=CWD msg=audit(1.2:3): a=1", type::kCwd, "", 1002, 3, "a=1"},
      {"type=CWD msg=audit(1.02:3): a=1", type::kCwd, "", 1002, 3, "a=1"},
      {"type=CWD msg=audit(0.000:0):", type::kCwd, "", 0, 0, ""},
      {"type=CWD msg=audit(999999999999999.999:4294967295): a=1", type::kCwd, "",
       999999999999999999, 4294967295U, "a=1"},
      {"node=h type=1307 msg=audit(1.002:3): a=1", type::kCwd, "h", 1002, 3, "a=1"},
      {"node= type=CWD msg=audit(1.002:3): a=1", type::kCwd, "", 1002, 3, "a=1"},
      {"type=NEW_TYPE msg=audit(1.002:3): a=1", type::kUnknown, "", 1002, 3, "a=1"},
      {"type=UNKNOWN[9999] msg=audit(1.002:3): a=1", 9999, "", 1002, 3, "a=1"},
      {"type=99999 msg=audit(1.002:3): a=1", type::kUnknown, "", 1002, 3, "a=1"},
      {"<13>Dec  2 01:02:03 h audisp-syslog: node=n1 type=CWD msg=audit(1.002:3): a=1", type::kCwd,
       "n1", 1002, 3, "a=1"},
      {"Dec  2 01:02:03 h audit: type=1307 audit(1.002:3): a=1", type::kCwd, "", 1002, 3, "a=1"},
      {"subtype=x type=CWD audit(1.002:3): a=1", type::kCwd, "", 1002, 3, "a=1"},
      {"subtype=CWD audit(1.002:3): a=1", type::kUnknown, "", 1002, 3, "a=1"},
      // A crash's zeros or a Windows editor's mark before the record that came next.
      {std::string(5, '\0') + "type=CWD msg=audit(1.002:3): a=1", type::kCwd, "", 1002, 3, "a=1"},
      {std::string(5, '\0') + "node=h type=CWD msg=audit(1.002:3): a=1", type::kCwd, "h", 1002, 3,
       "a=1"},
      {"\xef\xbb\xbftype=CWD msg=audit(1.002:3): a=1", type::kCwd, "", 1002, 3, "a=1"},
      {"\xef\xbb\xbfnode=h type=CWD msg=audit(1.002:3): a=1", type::kCwd, "h", 1002, 3, "a=1"},
      {"node=App Srv 01 type=CWD msg=audit(1.002:3): a=1", type::kCwd, "App Srv 01", 1002, 3,
       "a=1"},
      {"node=CentOS 7.7 type=CWD msg=audit(1.002:3): type=9 a=1", type::kCwd, "CentOS 7.7", 1002, 3,
       "type=9 a=1"},
      {"<13>Dec  2 01:02:03 h audispd: node=App Srv 01 type=CWD msg=audit(1.002:3): a=1",
       type::kCwd, "App Srv 01", 1002, 3, "a=1"},
      // A name never reaches over another field.
      {"node=h x=1 type=CWD msg=audit(1.002:3): a=1", type::kCwd, "h", 1002, 3, "a=1"},
      {"[   12.345] audit: type=1307 audit(1.002:3): a=1", type::kCwd, "", 1002, 3, "a=1"},
      // What stands behind the stamp is no header.
      {"type=CWD msg=audit(1.002:3): x=\"type=PATH msg=audit(4.005:6):\"", type::kCwd, "", 1002, 3,
       "x=\"type=PATH msg=audit(4.005:6):\""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.line);
    const Line line(c.line);
    REQUIRE(line.is_record());
    CHECK(line.record().type == c.type);
    CHECK(line.record().node == c.node);
    CHECK(line.record().time == c.time);
    CHECK(line.record().serial == c.serial);
    CHECK(line.body() == c.body);
  }
}

TEST_CASE("lines: what is no record, and why") {
  struct Case {
    std::string line;
    LineKind kind;
    Malformed malformed;
  };
  const std::vector<Case> cases = {
      {"type=CWD msg=audit(1.002:4294967296): a=1", LineKind::malformed, Malformed::no_stamp},
      {"type=CWD msg=audit(1.0002:3): a=1", LineKind::malformed, Malformed::no_stamp},
      {"type=CWD msg=audit(.002:3): a=1", LineKind::malformed, Malformed::no_stamp},
      {"type=CWD msg=audit(1.:3): a=1", LineKind::malformed, Malformed::no_stamp},
      {"type=CWD msg=audit(1.002:): a=1", LineKind::malformed, Malformed::no_stamp},
      {"type=CWD msg=audit(1.002:3", LineKind::malformed, Malformed::no_stamp},
      {"type=CWD msg=audit(1.00", LineKind::malformed, Malformed::no_stamp},
      {"type=CWD msg=audit(", LineKind::malformed, Malformed::no_stamp},
      {"type=SYSCALL msg=lost", LineKind::malformed, Malformed::no_stamp},
      {"node=", LineKind::malformed, Malformed::no_stamp},
      {"Dec  2 01:02:03 h cron[1]: (root) CMD (x)", LineKind::malformed, Malformed::no_stamp},
      {std::string(300, '\0'), LineKind::malformed, Malformed::nul_bytes},
      {kNul, LineKind::malformed, Malformed::nul_bytes},
      {"type=CWD msg=audit(2024-03-20 10:11:12.123:456) : a=1", LineKind::malformed,
       Malformed::interpreted},
      {"type=CWD msg=audit(20.03.2024 10:11:12.123:456) : a=1", LineKind::malformed,
       Malformed::interpreted},
      {"node=h type=CWD msg=audit(03/20/2024 10:11:12.123:456) : a=1", LineKind::malformed,
       Malformed::interpreted},
      {R"x({"message":"type=CWD msg=audit(1.002:3): cwd=\"/\""})x", LineKind::malformed,
       Malformed::wrapped},
      {R"x(  "MESSAGE" : "node=h type=CWD msg=audit(1.002:3): cwd=\"/\"",)x", LineKind::malformed,
       Malformed::wrapped},
      {R"x([{"log":"Dec  2 01:02:03 h audispd: type=CWD msg=audit(1.002:3): a=1\n"}])x",
       LineKind::malformed, Malformed::wrapped},
      {R"x({"type":"CWD","msg":"audit(1.002:3)","cwd":"/"})x", LineKind::malformed,
       Malformed::wrapped},
      {R"x("2026-12-02","h","type=CWD msg=audit(1.002:3): cwd=""/""")x", LineKind::malformed,
       Malformed::wrapped},
      {R"x(2026-12-02,h,"type=CWD msg=audit(1.002:3): cwd=""/""")x", LineKind::malformed,
       Malformed::wrapped},
      {R"x(level=info msg="type=CWD msg=audit(1.002:3): cwd=\"/\"")x", LineKind::malformed,
       Malformed::wrapped},
      {R"x(['type=CWD msg=audit(1.002:3): cwd="/"'])x", LineKind::malformed, Malformed::wrapped},
      {"\r", LineKind::ignored, {}},
      {"time->Wed Mar 20 10:11:14 2024\r", LineKind::ignored, {}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.line);
    const Line line(c.line);
    CHECK(line.kind() == c.kind);
    if (c.kind == LineKind::malformed) {
      CHECK(std::string(to_word(line.malformed())) == to_word(c.malformed));
    }
  }
}

TEST_CASE("lines: any cut of a line is read or refused") {
  const std::string whole =
      "node=h type=SYSCALL msg=audit(1710929472.123:456): arch=c000003e syscall=42 success=no "
      "exit=-115 a0=3 a1=7ffe a2=10 a3=0 items=0 ppid=1 pid=900 auid=0 comm=\"a b\" key=(null)\x1d"
      "ARCH=x86_64";
  const std::size_t stamp_end = whole.find(')') + 1;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const Line line(whole.substr(0, size));
    CAPTURE(size);
    CHECK(line.is_record() == (size >= stamp_end));
    if (line.is_record()) {
      CHECK(line.record().serial == 456);
      CHECK(keys(line.body()).size() <= 14);
    }
  }
}

TEST_CASE("types: names and numbers") {
  struct Case {
    const char* name;
    std::uint16_t number;
  };
  // include/uapi/linux/audit.h and libaudit's lib/msg_typetab.h.
  const std::vector<Case> cases = {
      {"USER", 1005},
      {"LOGIN", 1006},
      {"USER_AUTH", 1100},
      {"USER_ACCT", 1101},
      {"USER_MGMT", 1102},
      {"CRED_ACQ", 1103},
      {"CRED_DISP", 1104},
      {"USER_START", 1105},
      {"USER_END", 1106},
      {"USER_AVC", 1107},
      {"USER_CHAUTHTOK", 1108},
      {"USER_ERR", 1109},
      {"CRED_REFR", 1110},
      {"USYS_CONFIG", 1111},
      {"USER_LOGIN", 1112},
      {"USER_LOGOUT", 1113},
      {"ADD_USER", 1114},
      {"DEL_USER", 1115},
      {"ADD_GROUP", 1116},
      {"DEL_GROUP", 1117},
      {"DAC_CHECK", 1118},
      {"CHGRP_ID", 1119},
      {"USER_CMD", 1123},
      {"USER_TTY", 1124},
      {"CHUSER_ID", 1125},
      {"GRP_AUTH", 1126},
      {"SYSTEM_BOOT", 1127},
      {"SYSTEM_SHUTDOWN", 1128},
      {"SYSTEM_RUNLEVEL", 1129},
      {"SERVICE_START", 1130},
      {"SERVICE_STOP", 1131},
      {"GRP_MGMT", 1132},
      {"GRP_CHAUTHTOK", 1133},
      {"MAC_CHECK", 1134},
      {"ACCT_LOCK", 1135},
      {"ACCT_UNLOCK", 1136},
      {"USER_DEVICE", 1137},
      {"SOFTWARE_UPDATE", 1138},
      {"DAEMON_START", 1200},
      {"DAEMON_END", 1201},
      {"DAEMON_ABORT", 1202},
      {"DAEMON_CONFIG", 1203},
      {"DAEMON_ROTATE", 1205},
      {"DAEMON_RESUME", 1206},
      {"DAEMON_ACCEPT", 1207},
      {"DAEMON_CLOSE", 1208},
      {"DAEMON_ERR", 1209},
      {"SYSCALL", 1300},
      {"PATH", 1302},
      {"IPC", 1303},
      {"SOCKETCALL", 1304},
      {"CONFIG_CHANGE", 1305},
      {"SOCKADDR", 1306},
      {"CWD", 1307},
      {"EXECVE", 1309},
      {"IPC_SET_PERM", 1311},
      {"MQ_OPEN", 1312},
      {"MQ_SENDRECV", 1313},
      {"MQ_NOTIFY", 1314},
      {"MQ_GETSETATTR", 1315},
      {"KERNEL_OTHER", 1316},
      {"FD_PAIR", 1317},
      {"OBJ_PID", 1318},
      {"TTY", 1319},
      {"EOE", 1320},
      {"BPRM_FCAPS", 1321},
      {"CAPSET", 1322},
      {"MMAP", 1323},
      {"NETFILTER_PKT", 1324},
      {"NETFILTER_CFG", 1325},
      {"SECCOMP", 1326},
      {"PROCTITLE", 1327},
      {"FEATURE_CHANGE", 1328},
      {"KERN_MODULE", 1330},
      {"FANOTIFY", 1331},
      {"TIME_INJOFFSET", 1332},
      {"TIME_ADJNTPVAL", 1333},
      {"BPF", 1334},
      {"EVENT_LISTENER", 1335},
      {"URINGOP", 1336},
      {"OPENAT2", 1337},
      {"DM_CTRL", 1338},
      {"DM_EVENT", 1339},
      {"AVC", 1400},
      {"SELINUX_ERR", 1401},
      {"AVC_PATH", 1402},
      {"MAC_POLICY_LOAD", 1403},
      {"MAC_STATUS", 1404},
      {"MAC_CONFIG_CHANGE", 1405},
      {"MAC_UNLBL_ALLOW", 1406},
      {"MAC_CIPSOV4_ADD", 1407},
      {"MAC_CIPSOV4_DEL", 1408},
      {"MAC_MAP_ADD", 1409},
      {"MAC_MAP_DEL", 1410},
      {"MAC_IPSEC_EVENT", 1415},
      {"MAC_UNLBL_STCADD", 1416},
      {"MAC_UNLBL_STCDEL", 1417},
      {"MAC_CALIPSO_ADD", 1418},
      {"MAC_CALIPSO_DEL", 1419},
      {"ANOM_PROMISCUOUS", 1700},
      {"ANOM_ABEND", 1701},
      {"ANOM_LINK", 1702},
      {"ANOM_CREAT", 1703},
      {"INTEGRITY_DATA", 1800},
      {"INTEGRITY_METADATA", 1801},
      {"INTEGRITY_STATUS", 1802},
      {"INTEGRITY_HASH", 1803},
      {"INTEGRITY_PCR", 1804},
      {"INTEGRITY_RULE", 1805},
      {"KERNEL", 2000},
      {"ANOM_LOGIN_FAILURES", 2100},
      {"CRYPTO_KEY_USER", 2404},
      {"CRYPTO_SESSION", 2407},
      {"CRYPTO_IPSEC_SA", 2409},
      {"CRYPTO_IKE_SA", 2408},
      {"VIRT_CONTROL", 2500},
      {"VIRT_RESOURCE", 2501},
      {"VIRT_MACHINE_ID", 2502},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    CHECK(type_number(c.name) == c.number);
    CHECK(type_name(c.number) == c.name);
    CHECK(type_number(std::to_string(c.number)) == c.number);
    CHECK(type_number("UNKNOWN[" + std::to_string(c.number) + "]") == c.number);
  }
  for (const char* const none :
       {"", "syscall", "SYSCALLS", "SYSCAL", "UNKNOWN", "UNKNOWN[", "UNKNOWN[]", "UNKNOWN[x]",
        "UNKNOWN[1300", "1300x", "65536", "99999999999999999999", "-1"}) {
    CAPTURE(none);
    CHECK(type_number(none) == type::kUnknown);
  }
  CHECK(type_name(0).empty());
  CHECK(type_name(65535).empty());
}

TEST_CASE("types: every name goes to its number and back") {
  int named = 0;
  for (unsigned number = 1; number < 65536; ++number) {
    const std::string_view name = type_name(static_cast<std::uint16_t>(number));
    if (!name.empty()) {
      ++named;
      CAPTURE(number);
      CHECK(type_number(name) == number);
    }
  }
  CHECK(named >= 190);
}
