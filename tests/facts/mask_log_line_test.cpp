#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "auexfil/facts/mask.hpp"

using auexfil::facts::mask_log_line;

TEST_CASE("raw log lines are masked in the encoding they have") {
  struct Case {
    std::string_view line;
    std::string_view wanted;
  };
  constexpr Case kCases[] = {
      {R"(type=EXECVE msg=audit(1.1:1): argc=4 a0="curl" a1="-u" a2="me:pw" a3="ftp://h/")",
       R"(type=EXECVE msg=audit(1.1:1): argc=4 a0="curl" a1="-u" a2="me:****" a3="ftp://h/")"},
      {R"(node=n type=EXECVE msg=audit(1.1:1): argc=3 a0="sshpass" a1="-p" a2=61206220)",
       R"(node=n type=EXECVE msg=audit(1.1:1): argc=3 a0="sshpass" a1="-p" a2=2A2A2A2A)"},
      {R"(type=EXECVE msg=audit(1.1:1): a0="x" a1_len=9000 a1[0]="--password=abc")",
       R"(type=EXECVE msg=audit(1.1:1): a0="x" a1_len=9000 a1[0]="--password=****")"},
      // sshpass\0-p\0pw
      {"type=PROCTITLE msg=audit(1.1:1): proctitle=73736870617373002D70007077",
       "type=PROCTITLE msg=audit(1.1:1): proctitle=73736870617373002D70002A2A2A2A"},
      {R"(type=PROCTITLE msg=audit(1.1:1): proctitle="scp")",
       R"(type=PROCTITLE msg=audit(1.1:1): proctitle="scp")"},
      // curl -u a:b
      {"type=USER_CMD msg=audit(1.1:1): pid=1 msg='cwd=\"/\" cmd=6375726C202D7520613A62 "
       "terminal=?'",
       "type=USER_CMD msg=audit(1.1:1): pid=1 msg='cwd=\"/\" cmd=6375726C202D7520613A2A2A2A2A "
       "terminal=?'"},
      {R"(type=EXECVE msg=audit(1.1:1): argc=3 a0="ssh" a1="-p" a2="22")",
       R"(type=EXECVE msg=audit(1.1:1): argc=3 a0="ssh" a1="-p" a2="22")"},
      {"type=SYSCALL msg=audit(1.1:1): a0=3 a1=7f", "type=SYSCALL msg=audit(1.1:1): a0=3 a1=7f"},
      {"type=EXECVE a0=\"cut", "type=EXECVE a0=\"cut"},
      {"type=EXECVE a0=", "type=EXECVE a0="},
      {"type=EXECVE =", "type=EXECVE ="},
      {"", ""},
  };
  for (const Case& c : kCases) {
    CHECK(mask_log_line(c.line) == c.wanted);
    CHECK(mask_log_line(c.wanted) == c.wanted);
  }
}
