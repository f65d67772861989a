#include <catch2/catch.hpp>

#include "auexfil/transfer/tools.hpp"
#include "rules.hpp"

namespace auexfil::transfer {
namespace {

using Argv = std::vector<std::string>;

/// "PATH", "PATH/..." whole, "PATH~" narrowed, "glob:", "batch:", "input", "> PEER".
std::string told(const std::vector<ArgSource>& sources) {
  std::string text;
  for (const ArgSource& one : sources) {
    text += text.empty() ? "" : " ";
    text += one.kind == ArgSource::Kind::input   ? "input"
            : one.kind == ArgSource::Kind::glob  ? "glob:"
            : one.kind == ArgSource::Kind::batch ? "batch:"
                                                 : "";
    text += one.path + (one.whole ? "/..." : "") + (one.narrowed ? "~" : "");
    text += one.peer.empty() ? "" : ">" + one.peer;
  }
  return text;
}

struct Case {
  const char* tool;
  Argv argv;
  const char* expected;
};

}  // namespace

TEST_CASE("sources: what command lines name that goes out") {
  const Case cases[] = {
      {"scp", {"scp", "-q", "a", "/b/c", "u@h.example:up/"}, "a /b/c"},
      {"scp", {"scp", "-r", "-P", "22", "d", "./x:y", "h:"}, "d/... ./x:y/..."},
      {"scp", {"scp", "h:a", "b"}, ""},
      {"scp", {"scp", "-3", "h:a", "i:b"}, ""},
      {"rsync", {"rsync", "-av", "/d/", "f", "h::m/"}, "/d//... f/..."},
      {"rsync", {"rsync", "-a", "--exclude", "x", "/d", "rsync://h/m"}, "/d/...~"},
      {"rsync", {"rsync", "-a", "/d", "/e"}, ""},
      {"rclone", {"rclone", "copy", "/d", "remote:x"}, "/d/..."},
      {"rclone", {"rclone", "copyto", "/f", ":sftp,host=h:x"}, "/f/..."},
      {"curl", {"curl", "-sS", "-T", "f", "ftp://h/up/"}, "f"},
      {"curl", {"curl", "--upload-file=f", "http://h/"}, "f"},
      {"curl", {"curl", "-T", "a", "ftp://one/x", "-T", "b", "ftp://two/x"}, "a>one b>two"},
      {"curl", {"curl", "-T", "/d/{a,b}.gz", "http://h/"}, "/d/a.gz /d/b.gz"},
      {"curl", {"curl", "-T", "{a}", "http://h/"}, "{a}"},
      {"curl", {"curl", "-T", "{a,b", "http://h/"}, "{a,b"},
      {"curl", {"curl", "-T", "-", "http://h/"}, "input"},
      {"curl", {"curl", "-F", "f=@/x/y;type=a/b", "-F", "g=h", "http://h/"}, "/x/y"},
      {"curl", {"curl", "--data-binary", "@x", "http://h/"}, "x"},
      {"curl", {"curl", "-d", "mail=a@b.example", "http://h/"}, ""},
      {"curl", {"curl", "-o", "f", "http://h/"}, ""},
      {"wget", {"wget", "-q", "--post-file=/f", "http://h/"}, "/f"},
      {"ncftpput", {"ncftpput", "-u", "x", "h", "up", "a", "b"}, "a b"},
      {"ncftpput", {"ncftpput", "-R", "h", "up", "d"}, "d/..."},
      {"ftpput", {"busybox", "ftpput", "-u", "a", "h", "r", "/l"}, "/l"},
      {"ftpput", {"ftpput", "h", "/l"}, "/l"},
      {"tftp", {"tftp", "-m", "binary", "h", "-c", "put", "/a b", "r"}, "/a b"},
      {"tftp", {"tftp", "h", "-c", "get", "r"}, "input"},
      {"tftp", {"busybox", "tftp", "-p", "-l", "/f", "-r", "r", "h"}, "/f"},
      {"atftp", {"atftp", "--put", "-l", "/f", "-r", "r", "h"}, "/f"},
      {"sftp", {"sftp", "-q", "-b", "/x/put", "u@h"}, "batch:/x/put"},
      {"sftp", {"sftp", "-b", "-", "u@h"}, "input"},
      {"ftp", {"ftp", "-n", "h"}, "input"},
      {"lftp", {"lftp", "-e", "mirror -R /d up; quit", "h"}, "/d/..."},
      {"lftp",
       {"lftp", "-c", "open h; lcd /x; put a b -o c && mput *.gz"},
       "/x/a /x/b glob:/x/*.gz"},
      {"lftp", {"lftp", "-f", "/x/cmds"}, "batch:/x/cmds"},
      {"ssh", {"ssh", "h", "cat > x"}, "input"},
      {"nc", {"nc", "-N", "h", "9"}, "input"},
      {"socat", {"socat", "-u", "FILE:/f,rdonly", "TCP:h:9"}, "/f"},
      {"socat", {"socat", "-", "TCP:h:9"}, "input"},
      {"git", {"git", "push", "h:r"}, ""},
  };
  for (const Case& one : cases) {
    const Tool* const tool = test::rules().tools.find(one.tool);
    REQUIRE(tool != nullptr);
    INFO(join_argv(one.argv));
    CHECK(told(sources_of(*tool, one.argv)) == one.expected);
  }
  CHECK(sources_of(*test::rules().tools.find("scp"), {}).empty());
}

TEST_CASE("sources: what commands of a client's own name") {
  const std::pair<const char*, const char*> cases[] = {
      {"user a b\nbinary\nput /x/f up/f\nquit\n", "/x/f"},
      {"-put 'a b' c\n@put \"d e\"\nPUT f\\ g\r\n", "a b d e f g"},
      {"# put x\nput -r d\nput -p f", "d/... f"},
      {"lcd /a\nlcd b\nput c\nlcd /d\nput e", "/a/b/c /d/e"},
      {"get x\nls\nmget *\nput\n", ""},
      {"mput a b *.c", "a b glob:*.c"},
      {"!put x\nputs y\n", ""},
  };
  for (const auto& [text, expected] : cases) {
    INFO(text);
    CHECK(told(sources_in_orders(*test::rules().tools.find("sftp"), text)) == expected);
  }
  const Tool& lftp = *test::rules().tools.find("lftp");
  CHECK(told(sources_in_orders(lftp, "mirror /r /l; mirror --reverse -P 4 -x y d; queue put f")) ==
        "d/...~ f");
  CHECK(told(sources_in_orders(lftp, "mirror -Rev")) == "./...");
}

TEST_CASE("sources: their number is bounded") {
  std::string orders;
  Argv argv{"scp"};
  for (int i = 0; i < 10000; ++i) {
    orders += "put f\n";
    argv.emplace_back("f");
  }
  argv.emplace_back("h:");
  const Tools& tools = test::rules().tools;
  CHECK(sources_in_orders(*tools.find("sftp"), orders).size() == 4096);
  CHECK(sources_of(*tools.find("scp"), argv).size() == 4096);
}

}  // namespace auexfil::transfer
