#include <sstream>

#include <catch2/catch.hpp>

#include "lines.hpp"

using namespace auexfil::audit;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::audit::test;  // NOLINT(google-build-using-namespace): a test

namespace {

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) {
    parts.push_back(part);
  }
  return parts;
}

}  // namespace

TEST_CASE("A026 string: quoted text is itself") {
  CHECK(text("exe=\"/usr/bin/curl\"", "exe") == "/usr/bin/curl");
}

TEST_CASE("A027 string: quoted text that looks like hex is text") {
  CHECK(text("name=\"DEADBEEF\"", "name") == "DEADBEEF");
}

TEST_CASE("A028 string: bare hex is bytes") {
  CHECK(text("name=DEADBEEF", "name") == "\xde\xad\xbe\xef");
}

TEST_CASE("A029 string: a quoted number is text") {
  CHECK(text("a2=\"3005\"", "a2") == "3005");
  CHECK(argv_of({"argc=3 a0=\"x\" a1=\"y\" a2=\"3005\""}).args[2] == "3005");
}

TEST_CASE("A030 string: a comm with a blank is hex") {
  CHECK(text("comm=6D792070726F67", "comm") == "my prog");
}

TEST_CASE("A031 string: a deleted program") {
  CHECK(text("exe=2F7573722F62696E2F6375726C202864656C6574656429", "exe") ==
        "/usr/bin/curl (deleted)");
}

TEST_CASE("A032 string: a program replaced by an update") {
  CHECK(text("exe=2F7573722F62696E2F707974686F6E322E373B3538643163636662202864656C6574656429",
             "exe") == "/usr/bin/python2.7;58d1ccfb (deleted)");
}

TEST_CASE("A033 string: bare (null) is absent") {
  CHECK(decoded("exe=(null)", "exe") == Decoded::absent);
}

TEST_CASE("A034 string: quoted (null) is text") {
  CHECK(text("proctitle=\"(null)\"", "proctitle") == "(null)");
}

TEST_CASE("A035 string: no rule key") {
  CHECK(decoded("key=(null)", "key") == Decoded::absent);
}

TEST_CASE("A036 string: one rule key") {
  CHECK(text("key=\"user_commands\"", "key") == "user_commands");
}

TEST_CASE("A037 string: two rule keys, parted by 0x01") {
  CHECK(split(text("key=6E657401657866", "key").value(), '\x01') ==
        std::vector<std::string>{"net", "exf"});
}

TEST_CASE("A038 string: a stray quote behind a hex key") {
  CHECK(split(text("ses=1 key=65786563013634626974\"", "key").value(), '\x01') ==
        std::vector<std::string>{"exec", "64bit"});
}

TEST_CASE("A039 string: a cwd with blanks") {
  CHECK(text("cwd=2F746D702F6120622063", "cwd") == "/tmp/a b c");
}

TEST_CASE("A040 string: a proctitle's arguments are parted by NUL") {
  const auto title = text(
      "proctitle=6375726C002D54002F746D702F6100687474703A2F2F3139322E302E322E312F", "proctitle");
  REQUIRE(title);
  CHECK(split(*title, '\0') ==
        std::vector<std::string>{"curl", "-T", "/tmp/a", "http://192.0.2.1/"});
}

TEST_CASE("A041 string: lower-case hex is read in encoded fields") {
  CHECK(text("proctitle=536f6d6552616e646f6d50726f63657373", "proctitle") == "SomeRandomProcess");
}

TEST_CASE("A042 string: an odd number of digits keeps the raw text and says so") {
  Field field;
  REQUIRE(find_field("name=2F746D702F61206", "name", field));
  std::string out;
  CHECK(decode_string(field, out) == Decoded::damaged);
  CHECK(out == "2F746D702F61206");
}

TEST_CASE("A043 string: a quote ends at the next quote, what follows is passed over") {
  const std::string_view body = "comm=\"a\"b\" exe=\"/x\"";
  CHECK(text(body, "comm") == "a");
  CHECK(text(body, "exe") == "/x");
  CHECK(keys(body) == std::vector<std::string>{"comm", "exe"});
}

namespace {

std::string account(std::string_view body) {
  Field field;
  REQUIRE(find_field(body, "acct", field));
  std::string out;
  decode_acct(field, out);
  return out;
}

}  // namespace

TEST_CASE("A044 string: a quoted acct") {
  CHECK(account("acct=\"root\"") == "root");
}

TEST_CASE("A045 string: a hex acct") {
  CHECK(account("acct=28696E76616C6964207573657229") == "(invalid user)");
}

TEST_CASE("A046 string: a bare acct of old PAM") {
  CHECK(account("acct=root") == "root");
  CHECK(account("acct=DEAD99") == "\xde\xad\x99");  // a byte over 0x7e: must be hex
  CHECK(account("acct=6162") == "6162");            // "ab" would have been quoted: a name of digits
}

TEST_CASE("A047 string: quotes around what the kernel leaves bare") {
  const std::string_view body =
      "arch=c000003e syscall=59 success=\"yes\" exit=0 a0=1 a1=2 a2=3 a3=4 items=2 ppid=1 pid=2 "
      "tty=\"(none)\" subj=\"docker-default\" key=(null)";
  CHECK(raw(body, "success") == "yes");
  CHECK(raw(body, "tty") == "(none)");
  CHECK(raw(body, "subj") == "docker-default");
  const Syscall call = syscall_of(body);
  CHECK(call.success);
  CHECK(call.pid == 2);
}

TEST_CASE("A048 string: a label with blanks ends before the next key") {
  const std::string_view body = "exe=\"/x\" subj=cri-containerd.apparmor.d (enforce) key=(null)";
  CHECK(raw(body, "subj") == "cri-containerd.apparmor.d (enforce)");
  CHECK(decoded(body, "key") == Decoded::absent);
}

TEST_CASE("A049 string: a label with an equals sign in front") {
  const std::string_view body = "exe=\"/x\" subj==unconfined key=\"fork\"";
  CHECK(raw(body, "subj") == "=unconfined");
  CHECK(text(body, "key") == "fork");
  CHECK(raw("subj==conky (enforce) key=\"a\"", "subj") == "=conky (enforce)");
}

TEST_CASE("A050 string: a PATH without a name") {
  const std::string_view body = "item=0 name=(null) inode=584779 dev=fd:00 nametype=NORMAL";
  CHECK(decoded(body, "name") == Decoded::absent);
  CHECK(raw(body, "inode") == "584779");
}

TEST_CASE("A051 string: an empty name is a name") {
  CHECK(text("item=0 name=\"\" nametype=NORMAL", "name") == "");
}
