#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "auexfil/transfer/file_trail.hpp"
#include "rules.hpp"

namespace auexfil::test {
namespace {

using Words = std::vector<std::string>;

/// What a program says that it writes; a star behind the beginning of several names.
Words written(const Words& argv) {
  const std::string program = argv.front().substr(argv.front().rfind('/') + 1);
  const transfer::Staging* const staging = rules().tools.files().staging_of(program, argv);
  Words names;
  if (staging != nullptr) {
    for (const transfer::Written& one : transfer::written_by(*staging, argv)) {
      names.push_back(one.name + (one.is_prefix ? "*" : ""));
    }
  }
  return names;
}

Words local(const std::string& tool, const Words& argv) {
  Words words;
  for (const std::string_view word : transfer::local_words(*rules().tools.find(tool), argv)) {
    words.emplace_back(word);
  }
  return words;
}

bool is_own(const std::string& path, const std::string& program = "curl") {
  return rules().tools.files().is_own(path, program);
}

}  // namespace

TEST_CASE("files: what programs say that they write") {
  CHECK(written({"tar", "czf", "/tmp/a.tgz", "/srv"}) == Words{"/tmp/a.tgz"});
  CHECK(written({"tar", "-czf", "a.tgz", "/srv"}) == Words{"a.tgz"});
  CHECK(written({"tar", "-C", "/srv", "-czf", "a.tgz", "."}) == Words{"a.tgz"});
  CHECK(written({"/bin/tar", "-c", "--file=a.tar", "x"}) == Words{"a.tar"});
  CHECK(written({"tar", "--create", "--file", "a.tar", "x"}) == Words{"a.tar"});
  CHECK(written({"tar", "-c", "-fa.tar", "x"}) == Words{"a.tar"});
  CHECK(written({"tar", "xzf", "a.tgz"}).empty());
  CHECK(written({"tar", "-tvf", "a.tgz"}).empty());
  CHECK(written({"tar", "cz", "/srv"}).empty());
  CHECK(written({"tar", "czf", "-", "/srv"}).empty());
  CHECK(written({"tar", "czf"}).empty());
  CHECK(written({"zip", "-qr", "-P", "secret", "out.zip", "d"}) == Words{"out.zip"});
  CHECK(written({"7z", "a", "-psecret", "out.7z", "d"}) == Words{"out.7z"});
  CHECK(written({"7z", "x", "in.7z"}).empty());
  CHECK(written({"gpg", "--batch", "-o", "b", "-c", "a"}) == Words{"b"});
  CHECK(written({"gpg", "--symmetric", "a"}) == Words{"a.gpg", "a.asc", "a.age", "a.pgp"});
  CHECK(written({"gpg", "-d", "a.gpg"}).empty());
  CHECK(written({"openssl", "enc", "-aes-256-cbc", "-in", "a", "-out", "b"}) == Words{"b"});
  CHECK(written({"ccrypt", "-d", "a.cpt"}).empty());
  CHECK(written({"ccrypt", "-e", "a"}) == Words{"a.cpt", "a.nc"});
  CHECK(written({"openssl", "s_client", "-connect", "h:1"}).empty());
  CHECK(written({"openssl", "enc", "-d", "-aes-256-cbc", "-in", "a", "-out", "b"}).empty());
  CHECK(written({"openssl", "aes-256-cbc", "-d", "-in", "a", "-out", "b"}).empty());
  CHECK(written({"openssl", "cms", "-decrypt", "-in", "a", "-out", "b"}).empty());
  CHECK(written({"openssl", "enc", "-des3", "-in", "a", "-out", "b"}) == Words{"b"});
  CHECK(written({"split", "-b", "1M", "a", "part."}) == Words{"part.*"});
  CHECK(written({"split", "a"}) == Words{"x*"});
  CHECK(written({"gzip", "-9", "a"}).front() == "a.gz");
  CHECK(written({"gzip", "-d", "a.gz"}).empty());
  CHECK(written({"zstd", "-o", "b.zst", "a"}) == Words{"b.zst"});
  CHECK(written({"mysqldump", "--result-file=d.sql", "db"}) == Words{"d.sql"});
  CHECK(written({"pg_dump", "-U", "me", "-f", "d.sql", "db"}) == Words{"d.sql"});
  CHECK(written({"cp", "a", "b"}).empty());
}

TEST_CASE("files: a command line with a million words is read to a bound") {
  Words argv(100'000, "a");
  argv[0] = "gzip";
  CHECK(written(argv).size() == 64);
  CHECK(transfer::plain_words(argv).size() == 64);
}

TEST_CASE("files: what of a tool's command line is local") {
  CHECK(local("scp", {"scp", "-q", "-i", "key", "a", "b", "h:c"}) == Words{"a", "b"});
  CHECK(local("rsync", {"rsync", "-a", "/srv/", "me@h:/srv/"}) == Words{"/srv/"});
  CHECK(local("ssh", {"ssh", "-i", "key", "h", "cat"}).empty());
  CHECK(local("curl", {"curl", "-T", "a", "https://h/"}) == Words{"a"});
  const Words form = local("curl", {"curl", "-F", "x=@/tmp/a;type=b", "https://h/"});
  CHECK(std::find(form.begin(), form.end(), "/tmp/a") != form.end());
}

TEST_CASE("files: what programs open for themselves") {
  CHECK(is_own("/lib/x86_64-linux-gnu/libc.so.6"));
  CHECK(is_own("/usr/lib/python3/dist-packages/x.py"));
  CHECK(is_own("/etc/ld.so.cache"));
  CHECK(is_own("/opt/tool/lib/libx.so.1"));
  CHECK(is_own("/etc/passwd"));
  CHECK(is_own("/proc/self/status"));
  CHECK(is_own("/dev/null"));
  CHECK(is_own("/home/a/.curlrc"));
  CHECK(is_own("/root/.ssh/known_hosts", "ssh"));
  CHECK_FALSE(is_own("/root/.ssh/id_rsa", "curl"));  // nothing of curl's
  CHECK_FALSE(is_own("/dev/shm/x"));
  CHECK_FALSE(is_own("/dev/sda"));
  CHECK_FALSE(is_own("/etc/shadow"));
  CHECK_FALSE(is_own("/srv/lib/x"));
}

TEST_CASE("files: programs whose arguments tell what is gone") {
  const transfer::FileRules& files = rules().tools.files();
  CHECK(files.removes("rm", {"rm", "-f", "a"}));
  CHECK(files.removes("shred", {"shred", "-zu", "a"}));
  CHECK_FALSE(files.removes("shred", {"shred", "a"}));
  CHECK_FALSE(files.removes("mv", {"mv", "a", "b"}));
}

TEST_CASE("files: mistakes in rules are told") {
  input::RuleFile file = input::parse_rule_file(
      "[own x]\nprogram = a\n[staging y]\noutputs = -o\noperand = none\nbundle = no\n[removal z]\n"
      "path = a\n",
      "f");
  std::vector<input::Mistake> mistakes;
  static_cast<void>(transfer::FileRules::load(file.sections, mistakes));
  std::string told;
  for (const input::Mistake& mistake : mistakes) {
    told += mistake.what + "\n";
  }
  CHECK(told ==
        "[own x] needs path\n"
        "unknown key 'outputs' in [staging y]; did you mean 'output'?\n"
        "operand is a number of words, 1 or more, not 'none'\n"
        "bundle is yes, not 'no'\n"
        "[staging y] needs program\n"
        "unknown key 'path' in [removal z]\n"
        "[removal z] needs program\n");
}

}  // namespace auexfil::test
