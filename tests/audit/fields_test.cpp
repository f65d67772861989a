#include "auexfil/audit/fields.hpp"

#include <catch2/catch.hpp>

#include "lines.hpp"

using namespace auexfil::audit;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::audit::test;  // NOLINT(google-build-using-namespace): a test

namespace {

/// "key=value" of each field: value bare, "quoted", 'message', and ! where it is not closed.
std::vector<std::string> walk(FieldReader reader) {
  std::vector<std::string> all;
  Field field;
  while (reader.next(field)) {
    const char* const mark = field.form == Form::quoted    ? "\""
                             : field.form == Form::message ? "'"
                                                           : "";
    all.push_back(std::string(field.key) + "=" + mark + std::string(field.value) +
                  (field.closed ? mark : "!"));
  }
  return all;
}

struct Case {
  std::string body;
  std::vector<std::string> fields;
  std::string enriched = {};
};

}  // namespace

TEST_CASE("fields: the grammar of a body") {
  const std::vector<Case> cases = {
      {"", {}},
      {"   ", {}},
      {"word", {}},
      {"a=1 b=2", {"a=1", "b=2"}},
      {"a=1  b=2 ", {"a=1", "b=2"}},
      {"a=", {"a="}},
      {"a= b=1", {"a=", "b=1"}},
      {"=1", {"=1"}},
      {"a==1", {"a==1"}},
      {"a=1\r", {"a=1"}},
      {"a=\"1\"\r", {"a=\"1\""}},
      {"old-auid=1 new_group=2", {"old-auid=1", "new_group=2"}},
      {"login pid=1 uid=0", {"pid=1", "uid=0"}},
      {"config changed, auid=0", {"auid=0"}},
      {"auditd start, ver=2 res=success", {"ver=2", "res=success"}},
      {"avc:  denied  { read write } for  pid=1 x=2", {"pid=1", "x=2"}},
      {"a=\"x y\" b=1", {"a=\"x y\"", "b=1"}},
      {"a=\"x=y\" b=1", {"a=\"x=y\"", "b=1"}},
      {"a=\"\" b=\"'\"", {"a=\"\"", "b=\"'\""}},
      {"a=\"x\\\" b=1", {"a=\"x\\\"", "b=1"}},  // nothing is escaped
      {"a=\"b\"c\" d=\"e\"", {"a=\"b\"", "d=\"e\""}},
      {"a=\"cut", {"a=\"cut!"}},
      {"a=\"", {"a=\"!"}},
      {"a='x y'", {"a='x"}},  // only msg= has this quote
      {"msg='op=x acct=\"a\" res=success'", {"msg='op=x acct=\"a\" res=success'"}},
      {"pid=1 msg='it's' b=1", {"pid=1", "msg='it's'", "b=1"}},
      {"msg='cut acct=\"a", {"msg='cut acct=\"a!"}},
      {"msg='", {"msg='!"}},
      {"msg=' comm=\"x\" res=1'", {"msg=' comm=\"x\" res=1'"}},
      {"msg=bare b=1", {"msg=bare", "b=1"}},
      {"subj=a (enforce) key=1", {"subj=a (enforce)", "key=1"}},
      {"subj=a b c (enforce)", {"subj=a b c (enforce)"}},
      {"subj==conky (enforce) key=1", {"subj==conky (enforce)", "key=1"}},
      {"subj=unconfined  res=success", {"subj=unconfined", "res=success"}},
      {"subj=a (enforce) KEY=1", {"subj=a (enforce)"}, "KEY=1"},
      {"subj=a (enforce)\x1d"
       "KEY=1",
       {"subj=a (enforce)"},
       "KEY=1"},
      {"uid=0 uid=1", {"uid=0", "uid=1"}},
      // The enriched part.
      {"a=1\x1d"
       "A=\"x\" B=2",
       {"a=1"},
       "A=\"x\" B=2"},
      {"a=\"1\"\x1d"
       "A=\"x\"",
       {"a=\"1\""},
       "A=\"x\""},
      {"a=1 \x1d"
       "A=1",
       {"a=1"},
       "A=1"},
      {"\x1d"
       "A=1",
       {},
       "A=1"},
      {"a=1 word\x1d"
       "A=1",
       {"a=1"},
       "A=1"},
      {"a=1\x1d", {"a=1"}},
      {"a=1 ARCH=x86_64 b=2", {"a=1"}, "ARCH=x86_64 b=2"},
      {"a=1 OLD-AUID=\"x\"", {"a=1"}, "OLD-AUID=\"x\""},
      {"a=1#035ARCH=x86_64", {"a=1"}, "ARCH=x86_64"},
      {"a=\"1\"#035ARCH=x86_64", {"a=\"1\""}, "ARCH=x86_64"},
      {"msg='x'#035UID=\"root\"", {"msg='x'"}, "UID=\"root\""},
      {"a=1#035 b=2", {"a=1#035", "b=2"}},  // nothing upper-case behind it
      {"a=#035x=1", {"a=#035x=1"}},
      {"a=\"x#035ARCH=1\" b=2", {"a=\"x#035ARCH=1\"", "b=2"}},
      // A quote that was cut by auditd's limit does not reach into the enriched part.
      {"a=\"cut\x1d"
       "UID=\"root\"",
       {"a=\"cut!"},
       "UID=\"root\""},
      {"msg='op=x acct=\"a\x1d"
       "UID=\"o'brien\"",
       {"msg='op=x acct=\"a!"},
       "UID=\"o'brien\""},
      {"msg='op=x'\x1d"
       "UID=\"o'brien\"",
       {"msg='op=x'"},
       "UID=\"o'brien\""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.body);
    CHECK(walk(FieldReader(c.body)) == c.fields);
    FieldReader reader(c.body);
    Field field;
    while (reader.next(field)) {
    }
    CHECK(reader.enriched() == c.enriched);
    CHECK_FALSE(reader.next(field));
  }
}

TEST_CASE("fields: keys with a blank in LOGIN records before 3.14") {
  const std::vector<Case> cases = {
      {"login pid=1 uid=0 old auid=4 new auid=0", {"pid=1", "uid=0", "old-auid=4", "auid=0"}},
      {"pid=1 old auid=4 new auid=0 old ses=5 new ses=6 res=1",
       {"pid=1", "old-auid=4", "auid=0", "old-ses=5", "ses=6", "res=1"}},
      {"pid=1 subj=u:r:t:s0 old auid=4 new auid=0",
       {"pid=1", "subj=u:r:t:s0", "old-auid=4", "auid=0"}},
      {"pid=1 subj=x (enforce) old auid=4 new auid=0",
       {"pid=1", "subj=x (enforce)", "old-auid=4", "auid=0"}},
      {"pid=1 old-auid=4 auid=0 old-ses=5 ses=6",
       {"pid=1", "old-auid=4", "auid=0", "old-ses=5", "ses=6"}},
      {"old auid=4 uid=0 auid=5", {"old-auid=4", "uid=0", "auid=5"}},
  };
  for (const Case& c : cases) {
    CAPTURE(c.body);
    CHECK(walk(FieldReader(c.body, true)) == c.fields);
  }
}

TEST_CASE("fields: inside a message an upper-case key is a key like any other") {
  CHECK(walk(FieldReader::of_message("op=x A=1 res=failed")) ==
        std::vector<std::string>{"op=x", "A=1", "res=failed"});
  UserMessage out;
  REQUIRE(decode_user_message("pid=1 uid=0 msg='op=x A=1 acct=\"root\" res=failed'", out));
  CHECK(out.acct == "root");
  CHECK_FALSE(out.success);
}

TEST_CASE("fields: the enriched part") {
  const auto all = [](std::string_view text) {
    std::vector<std::string> out;
    EnrichedReader reader(text);
    Field field;
    while (reader.next(field)) {
      out.push_back(std::string(field.key) + "=" + std::string(field.value) +
                    (field.closed ? "" : "!"));
    }
    return out;
  };
  using Out = std::vector<std::string>;
  CHECK(all("").empty());
  CHECK(all("ARCH=x86_64 SYSCALL=execve AUID=\"a b\" UID=\"root\"") ==
        Out{"ARCH=x86_64", "SYSCALL=execve", "AUID=a b", "UID=root"});
  CHECK(all("SADDR={ saddr_fam=inet laddr=192.0.2.1 lport=80 } UID=\"x\"") ==
        Out{"SADDR={ saddr_fam=inet laddr=192.0.2.1 lport=80 }", "UID=x"});
  CHECK(all("UID=\"root\"\r") == Out{"UID=root"});
  CHECK(all("SYSCALL=execve\r") == Out{"SYSCALL=execve"});
  CHECK(all("UID=\"cut") == Out{"UID=cut!"});
  CHECK(all("SADDR={ cut") == Out{"SADDR={ cut!"});
  CHECK(all("A= B=1") == Out{"A=", "B=1"});
}

TEST_CASE("fields: find_field takes the first outside of the message") {
  const std::string_view body = "pid=1 uid=0 msg='pid=2 res=success'";
  CHECK(raw(body, "pid") == "1");
  CHECK_FALSE(raw(body, "res"));
  CHECK_FALSE(
      raw("a=1\x1d"
          "UID=\"x\"",
          "UID"));
}

TEST_CASE("fields: decode_string goes by the first byte") {
  struct Text {
    const char* body;
    Decoded how;
    std::string out;
  };
  const std::vector<Text> cases = {
      {"x=\"a\"", Decoded::text, "a"},
      {"x=\"\"", Decoded::text, ""},
      {"x=\"(null)\"", Decoded::text, "(null)"},
      {"x=\"6162\"", Decoded::text, "6162"},
      {"x=6162", Decoded::text, "ab"},
      {"x=C3a4", Decoded::text, "\xc3\xa4"},
      {"x=00", Decoded::text, std::string(1, '\0')},
      {"x=6162\"", Decoded::text, "ab"},
      {"x=(null)", Decoded::absent, ""},
      {"x=(none)", Decoded::absent, ""},
      {"x=(nul", Decoded::damaged, "(nul"},
      {"x=616", Decoded::damaged, "616"},
      {"x=61g2", Decoded::damaged, "61g2"},
      {"x=root", Decoded::damaged, "root"},
      {"x=?", Decoded::damaged, "?"},
      {"x=", Decoded::damaged, ""},
      {"x=\"cut", Decoded::damaged, "cut"},
  };
  for (const Text& c : cases) {
    CAPTURE(c.body);
    Field field;
    REQUIRE(find_field(c.body, "x", field));
    std::string out = "before";
    CHECK(decode_string(field, out) == c.how);
    CHECK(out == c.out);
  }
}

TEST_CASE("fields: every byte comes back from hex") {
  std::string bytes;
  std::string upper;
  std::string lower;
  for (int i = 0; i < 256; ++i) {
    bytes.push_back(static_cast<char>(i));
    upper += "0123456789ABCDEF"[i / 16];
    upper += "0123456789ABCDEF"[i % 16];
    lower += "0123456789abcdef"[i / 16];
    lower += "0123456789abcdef"[i % 16];
  }
  std::string out;
  REQUIRE(unhex(upper, out));
  CHECK(out == bytes);
  REQUIRE(unhex(lower, out));
  CHECK(out == bytes);
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    const bool digit = std::string_view("0123456789abcdefABCDEF").find(c) != std::string_view::npos;
    CHECK(unhex(std::string{c, '0'}, out) == digit);
    CHECK(unhex(std::string{'0', c}, out) == digit);
  }
}

TEST_CASE("fields: which keys are encoded") {
  for (const char* const key : {"path",        "comm",
                                "exe",         "file",
                                "name",        "watch",
                                "cwd",         "cmd",
                                "acct",        "dir",
                                "key",         "vm",
                                "old-chardev", "new-chardev",
                                "old-disk",    "new-disk",
                                "old-fs",      "new-fs",
                                "old-net",     "new-net",
                                "old-rng",     "new-rng",
                                "device",      "cgroup",
                                "ocomm",       "grp",
                                "new_group",   "invalid_context",
                                "sw",          "root_dir",
                                "proctitle",   "data",
                                "apparmor",    "operation",
                                "denied_mask", "info",
                                "profile",     "requested_mask",
                                "a0",          "a9",
                                "a10",         "a4095",
                                "a1[0]",       "a12[345]"}) {
    CAPTURE(key);
    CHECK(is_encoded_key(key));
  }
  for (const char* const key :
       {"subj",     "obj",  "scontext", "tcontext", "tty",     "hostname", "addr",
        "terminal", "op",   "node",     "unit",     "pid",     "exit",     "arch",
        "argc",     "a",    "auid",     "a1_len",   "a12_len", "ab",       "a1x",
        "a1[",      "a1[]", "a1[2",     "a1[2]x",   "a[1]",    ""}) {
    CAPTURE(key);
    CHECK_FALSE(is_encoded_key(key));
  }
}

TEST_CASE("fields: numbers are whole or nothing") {
  std::uint32_t small = 7;
  CHECK(parse_number("4294967295", small));
  CHECK(small == 4294967295U);
  CHECK(parse_number("0", small));
  for (const char* const bad : {"", "-1", "+1", "4294967296", "1x", " 1", "1 ", "0x1", "x"}) {
    CAPTURE(bad);
    small = 7;
    CHECK_FALSE(parse_number(bad, small));
    CHECK(small == 7);
  }
  std::int64_t wide = 7;
  CHECK(parse_number("-9223372036854775808", wide));
  CHECK(wide == INT64_MIN);
  CHECK(parse_number("9223372036854775807", wide));
  for (const char* const bad : {"", "-", "9223372036854775808", "1-", "--1"}) {
    CAPTURE(bad);
    wide = 7;
    CHECK_FALSE(parse_number(bad, wide));
    CHECK(wide == 7);
  }
  std::uint64_t hex = 7;
  CHECK(parse_hex("ffffffffffffffff", hex));
  CHECK(hex == UINT64_MAX);
  CHECK(parse_hex("C000003E", hex));
  CHECK(hex == 0xc000003e);
  CHECK(parse_hex("00000000000000000001", hex));
  for (const char* const bad : {"", "0x1", "g", "10000000000000000", "-1", "1 "}) {
    CAPTURE(bad);
    hex = 7;
    CHECK_FALSE(parse_hex(bad, hex));
    CHECK(hex == 7);
  }
}
