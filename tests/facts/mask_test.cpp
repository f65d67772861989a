#include "auexfil/facts/mask.hpp"

#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "sample.hpp"

using auexfil::facts::mask_argv;
using auexfil::facts::mask_text;
using auexfil::facts::masked;
using auexfil::facts::Masker;

namespace {

using Argv = std::vector<std::string>;

struct ArgvCase {
  Argv given;
  Argv wanted;
};

struct TextCase {
  std::string given;
  std::string wanted;
};

const std::vector<ArgvCase> kMasked = {
    {{"sshpass", "-p", "hunter2", "scp", "-p", "f", "h:"},
     {"sshpass", "-p", "****", "scp", "-p", "f", "h:"}},
    {{"/usr/bin/sshpass", "-phunter2", "ssh", "-p", "22", "h"},
     {"/usr/bin/sshpass", "-p****", "ssh", "-p", "22", "h"}},
    {{"sudo", "-u", "bob", "sshpass", "-v", "-p", "x", "rsync", "-p", "a", "h:"},
     {"sudo", "-u", "bob", "sshpass", "-v", "-p", "****", "rsync", "-p", "a", "h:"}},
    {{"x", "--password=a b", "y"}, {"x", "--password=****", "y"}},
    {{"x", "--password", "secret", "y"}, {"x", "--password", "****", "y"}},
    {{"x", "--passwd", "secret"}, {"x", "--passwd", "****"}},
    {{"x", "--pass=secret"}, {"x", "--pass=****"}},
    {{"x", "--token", "t0k"}, {"x", "--token", "****"}},
    {{"x", "--api-key", "t0k"}, {"x", "--api-key", "****"}},
    {{"curl", "-u", "me:se:cret", "ftp://h/"}, {"curl", "-u", "me:****", "ftp://h/"}},
    {{"curl", "-ume:secret"}, {"curl", "-ume:****"}},
    {{"curl", "-sSu", "me:secret", "-T", "f"}, {"curl", "-sSu", "me:****", "-T", "f"}},
    {{"curl", "--user", "me:secret"}, {"curl", "--user", "me:****"}},
    {{"curl", "--user=me:secret"}, {"curl", "--user=me:****"}},
    {{"curl", "--proxy-user", "me:secret"}, {"curl", "--proxy-user", "me:****"}},
    {{"curl", "-U", "me:secret"}, {"curl", "-U", "me:****"}},
    {{"curl", "-T", "f", "me:secret@h/up/"}, {"curl", "-T", "f", "me:****@h/up/"}},
    {{"curl", "ftp://me:s@cret@h/x"}, {"curl", "ftp://me:****@h/x"}},
    {{"wget", "sftp://me:s@h:22/x?a=b"}, {"wget", "sftp://me:****@h:22/x?a=b"}},
    {{"ftp", "-u", "ftp://u:pw@198.51.100.7/r", "f"},
     {"ftp", "-u", "ftp://u:****@198.51.100.7/r", "f"}},
    {{"lftp", "-u", "me,secret", "h"}, {"lftp", "-u", "me,****", "h"}},
    {{"lftp", "-e", "open -u me,secret h; put f; bye"},
     {"lftp", "-e", "open -u me,**** h; put f; bye"}},
    {{"lftp", "-c", "open ftp://me:secret@h && put f"},
     {"lftp", "-c", "open ftp://me:****@h && put f"}},
    {{"lftp", "-c", "open h; user me secret; put f"},
     {"lftp", "-c", "open h; user me ****; put f"}},
    {{"ncftpput", "-u", "me", "-p", "secret", "h", "d", "f"},
     {"ncftpput", "-u", "me", "-p", "****", "h", "d", "f"}},
    {{"busybox", "ftpput", "-u", "me", "-p", "secret", "h", "r", "l"},
     {"busybox", "ftpput", "-u", "me", "-p", "****", "h", "r", "l"}},
    {{"ftpget", "-v", "-psecret", "h"}, {"ftpget", "-v", "-p****", "h"}},
    {{"mysqldump", "-uroot", "-psecret", "db"}, {"mysqldump", "-uroot", "-p****", "db"}},
    {{"pscp", "-pw", "secret", "f", "u@h:"}, {"pscp", "-pw", "****", "f", "u@h:"}},
    {{"wget", "--password=secret", "--user=me"}, {"wget", "--password=****", "--user=me"}},
    {{"wget", "--ftp-password", "-secret"}, {"wget", "--ftp-password", "****"}},
    {{"wget", "--http-password=secret"}, {"wget", "--http-password=****"}},
    {{"wget", "--header=Authorization: Basic YTpi"},
     {"wget", "--header=Authorization: Basic ****"}},
    {{"curl", "-H", "Authorization: Bearer abc.def", "u"},
     {"curl", "-H", "Authorization: Bearer ****", "u"}},
    {{"curl", "-H", "X-Api-Key:abc"}, {"curl", "-H", "X-Api-Key:****"}},
    {{"curl", "-HCookie: a=b; c=d"}, {"curl", "-HCookie: ****"}},
    {{"env", "AWS_SECRET_ACCESS_KEY=ab/c+d=", "aws", "s3"},
     {"env", "AWS_SECRET_ACCESS_KEY=****", "aws", "s3"}},
    {{"env", "DB_PASSWORD=a b c", "x"}, {"env", "DB_PASSWORD=****", "x"}},
    {{"x", "STORAGE_KEY=abc"}, {"x", "STORAGE_KEY=****"}},
    {{"x", "MY_SECRET_VALUE=abc"}, {"x", "MY_SECRET_VALUE=****"}},
    {{"x", "SSHPASS=abc"}, {"x", "SSHPASS=****"}},
    {{"x", "BORG_PASSPHRASE=abc"}, {"x", "BORG_PASSPHRASE=****"}},
    {{"x", "MYSQL_PWD=abc"}, {"x", "MYSQL_PWD=****"}},
    {{"x", "RCLONE_CONFIG_X_PASS=abc"}, {"x", "RCLONE_CONFIG_X_PASS=****"}},
    {{"x", "PASSWORD=abc"}, {"x", "PASSWORD=****"}},
    {{"x", "--dbpass", "abc"}, {"x", "--dbpass", "****"}},
    {{"x", "--smb-passphrase=abc"}, {"x", "--smb-passphrase=****"}},
    {{"curl", "--pass", "x", "h"}, {"curl", "--pass", "****", "h"}},
    {{"iodine", "-f", "-P", "abc", "t.example"}, {"iodine", "-f", "-P", "****", "t.example"}},
    {{"ncat", "--proxy-auth", "u:abc", "h", "9"}, {"ncat", "--proxy-auth", "u:****", "h", "9"}},
    {{"twine", "upload", "-p", "abc", "f"}, {"twine", "upload", "-p", "****", "f"}},
    {{"swaks", "-ap", "abc", "-t", "u@h"}, {"swaks", "-ap", "****", "-t", "u@h"}},
    {{"swift", "-K", "abc", "upload", "c"}, {"swift", "-K", "****", "upload", "c"}},
    {{"rclone", "copyto", "f", ":ftp,host=h,user=u,pass=OBSC,port=21:up/f"},
     {"rclone", "copyto", "f", ":ftp,host=h,user=u,pass=****,port=21:up/f"}},
    {{"rclone", "copyto", "f", ":ftp,pass=OBSC:up/f"},
     {"rclone", "copyto", "f", ":ftp,pass=****:up/f"}},
    {{"rclone", "--sftp-pass", "OBSC", "x"}, {"rclone", "--sftp-pass", "****", "x"}},
    {{"smbclient", "//h/s", "-U", "me%secret"}, {"smbclient", "//h/s", "-U", "me%****"}},
    {{"openssl", "enc", "-pass", "pass:secret", "-in", "f"},
     {"openssl", "enc", "-pass", "pass:****", "-in", "f"}},
    {{"curl", "-d", "user=a&password=b&c=d"}, {"curl", "-d", "user=a&password=****&c=d"}},
    {{"curl", "-d", R"({"user":"a","password":"b c"})"},
     {"curl", "-d", R"({"user":"a","password":"****"})"}},
    {{"curl", "https://h/u?sig=abc&x=1"}, {"curl", "https://h/u?sig=****&x=1"}},
    {{"sh", "-c", "curl -u 'me:my secret' -T f ftp://h/"},
     {"sh", "-c", "curl -u 'me:****' -T f ftp://h/"}},
    {{"sh", "-c", "curl -u me:\"a b\" h"}, {"sh", "-c", "curl -u me:\"****\" h"}},
    {{"sh", "-c", "PGPASSWORD=x pg_dump db | curl -T - ftp://u:p@h/"},
     {"sh", "-c", "PGPASSWORD=**** pg_dump db | curl -T - ftp://u:****@h/"}},
    {{"sh", "-c", "cd /x;mysqldump -psecret db; mkdir -pv d"},
     {"sh", "-c", "cd /x;mysqldump -p**** db; mkdir -pv d"}},
    {{"bash", "-c", "sshpass -p 'a b' scp -P 22 f h:"},
     {"bash", "-c", "sshpass -p '****' scp -P 22 f h:"}},
    {{"sh", "-c", "ssh h \"sh -c 'lftp -u me,secret h2'\""},
     {"sh", "-c", "ssh h \"sh -c 'lftp -u me,**** h2'\""}},
    {{"sh", "-c", "ftp -n h <<EOF\nuser me secret\nput f\nEOF"},
     {"sh", "-c", "ftp -n h <<EOF\nuser me ****\nput f\nEOF"}},
    {{"sh", "-c", "(echo open h; echo user me secret; echo put f) | ftp -n"},
     {"sh", "-c", "(echo open h; echo user me ****; echo put f) | ftp -n"}},
    {{"sh", "-c", "echo machine h login me password secret > ~/.netrc"},
     {"sh", "-c", "echo machine h login me password **** > ~/.netrc"}},
    {{"expect", "-c", "spawn scp f h:; expect \"*assword:\"; send \"secret\\r\"; interact"},
     {"expect", "-c", "spawn scp f h:; expect \"*assword:\"; send \"****\"; interact"}},
    {{"sh", "-c", "curl -u me:pa\"s s\"x h"}, {"sh", "-c", "curl -u me:**** h"}},
    {{"sh", "-c", "curl -u me:pa'ss' h"}, {"sh", "-c", "curl -u me:****'' h"}},
    {{"sh", "-c", "curl -u 'me:pa'ss -T 'f g' h"}, {"sh", "-c", "curl -u 'me:****' -T 'f g' h"}},
};

const std::vector<Argv> kKept = {
    {"ssh", "-p", "2222", "host"},
    {"scp", "-p", "f", "host:f"},
    {"scp", "-oPasswordAuthentication=no", "-o", "NumberOfPasswordPrompts=1", "f", "h:"},
    {"mkdir", "-p", "/srv/x"},
    {"sftp", "-P", "22", "h"},
    {"rsync", "-e", "ssh -p 2222", "f", "u@h:x"},
    {"rsync", "a", "host:file@2x.png"},
    {"rsync", "--password-file=/etc/rs.pw", "a", "h::m"},
    {"docker", "run", "-p", "8080:80", "--user", "1000:1000", "img"},
    {"curl", "-u", "me", "-T", "f", "ftp://h:21/up"},
    {"curl", "http://h:80?to=me@example.org"},
    {"curl", "-T", "f", "--ftp-pasv", "ftp://me@h/"},
    {"mysql", "-p", "db"},
    {"mysql", "--password", "db"},
    {"wget", "--user=me", "--no-passive-ftp", "http://h/"},
    {"ftp", "-p", "-n", "h"},
    {"ftp", "-inv", "h"},
    {"nc", "-N", "h", "443"},
    {"env", "PWD=/root", "TOKEN_FILE=/x", "PASSWORD_STORE_DIR=/y", "x"},
    {"x", "--no-password", "y"},
    {"x", "--ask-pass", "y"},
    {"x", "--bypass", "y"},
    {"ansible", "--become-password-file", "f"},
    {"ssh", "-o", "ProxyUseFdpass=yes", "-oProxyUseFdpass=yes", "h"},
    {"x", "--passive", "on"},
    {"x", "--passphrase-file", "/etc/key"},
    {"x", "--password-file=/etc/key", "--password-command", "pass show x"},
    {"x", "--pass-filter", "abc"},
    {"x", "--pass-through", "abc"},
    {"x", "--compass", "north"},
    {"x264", "--pass", "2", "f"},
    {"ffmpeg", "-pass", "1", "-af", "highpass=f=200", "f"},
    {"x", "--use-password=no"},
    {"env", "SSH_ASKPASS=/usr/bin/x", "GIT_ASKPASS=/usr/bin/y", "x"},
    {"env", "RESTIC_PASSWORD_COMMAND=pass show x", "RESTIC_PASSWORD_FILE=/x", "restic"},
    {"env", "BORG_PASSCOMMAND=pass show x", "borg"},
    {"x", "--keepass", "f.kdbx"},
    {"tar", "cpf", "-", "user data"},
    {"sh", "-c", "echo it's a user's data"},
    {"sshd: drop [priv]"},
    {"pscp", "-pwfile", "f", "-P", "22"},
    {},
    {""},
    {"", "", "-", "--", "=", "://", "@", ":"},
};

const std::vector<TextCase> kTexts = {
    {"started by cron (pid 311)", "started by cron (pid 311)"},
    {"cron job: /bin/sh -c curl -u me:secret -T f ftp://h/",
     "cron job: /bin/sh -c curl -u me:**** -T f ftp://h/"},
    {"/bin/sh -c sshpass -p hunter2 scp -p f h:", "/bin/sh -c sshpass -p **** scp -p f h:"},
    {"curl -H Authorization: Bearer abc https://h/",
     "curl -H Authorization: Bearer **** https://h/"},
    {"curl -H Authorization: abc https://h/", "curl -H Authorization: **** https://h/"},
    {"vsftpd's data, the user root did it", "vsftpd's data, the user root did it"},
    {"user root logged in", "user root logged in"},
    {"mysqldump -psecret; mkdir -p x", "mysqldump -p****; mkdir -p x"},
    {"ftp://u:p@h and http://v:q@i", "ftp://u:****@h and http://v:****@i"},
    {"", ""},
    {"'", "'"},
    {"\"", "\""},
    {"\\", "\\"},
};

}  // namespace

TEST_CASE("credentials in an argv are masked, the rest stays") {
  for (const ArgvCase& c : kMasked) {
    CHECK(mask_argv(c.given) == c.wanted);
  }
}

TEST_CASE("what only looks like a credential stays") {
  for (const Argv& argv : kKept) {
    CHECK(mask_argv(argv) == argv);
  }
}

TEST_CASE("credentials in sentences and joined command lines are masked") {
  for (const TextCase& c : kTexts) {
    CHECK(mask_text(c.given) == c.wanted);
  }
}

TEST_CASE("masking what is masked changes nothing") {
  for (const ArgvCase& c : kMasked) {
    CHECK(mask_argv(c.wanted) == c.wanted);
  }
  for (const TextCase& c : kTexts) {
    CHECK(mask_text(c.wanted) == c.wanted);
  }
}

TEST_CASE("a masker that remembers masks as one that does not") {
  Masker masker;
  const auto redact = [&masker](auexfil::facts::Fact& fact) {
    masker.redact(fact.process.argv);
    masker.redact(fact.lineage.front().argv);
    for (std::string* const text :
         {&fact.job->what, &*fact.script, &fact.notes.front(), &fact.notes.back(),
          &fact.reasons.front().text, &*fact.destinations.front().name}) {
      masker.redact(*text);
    }
  };
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < kMasked.size() + kTexts.size(); ++i) {
      auexfil::facts::Fact fact = sample::fact();
      fact.process.argv = kMasked[i % kMasked.size()].given;
      fact.lineage.front().argv = kMasked[(i + 1) % kMasked.size()].given;
      fact.job->what = kTexts[i % kTexts.size()].given;
      fact.script = kTexts[(i + 1) % kTexts.size()].given;
      fact.notes = {std::string(20'000, 'x') + std::to_string(i), kTexts[i % kTexts.size()].given};
      fact.reasons.front().text = kTexts[i % kTexts.size()].given;
      fact.destinations.front().name = kTexts[i % kTexts.size()].given;
      const auexfil::facts::Fact wanted = masked(fact);
      redact(fact);
      CHECK(fact.process == wanted.process);
      CHECK(fact.lineage.front() == wanted.lineage.front());
      CHECK(fact.job == wanted.job);
      CHECK(fact.script == wanted.script);
      CHECK(fact.notes == wanted.notes);
      CHECK(fact.reasons.front() == wanted.reasons.front());
      CHECK(fact.destinations.front() == wanted.destinations.front());
    }
  }
  // Words that are the same one behind the other, in other words.
  auexfil::facts::Fact one = sample::fact();
  auexfil::facts::Fact other = one;
  one.process.argv = {"mysql", "-p", "a b"};
  other.process.argv = {"mysql", "-pa", " b"};
  const auto masked_one = masked(one);
  const auto masked_other = masked(other);
  masker.redact(one.process.argv);
  masker.redact(other.process.argv);
  CHECK(one.process == masked_one.process);
  CHECK(other.process == masked_other.process);
}

TEST_CASE("masking is idempotent and keeps the number of words, on any mixture of pieces") {
  const std::vector<std::string> pieces = {"curl",
                                           "mysql",
                                           "sshpass",
                                           "lftp",
                                           "expect",
                                           "-p",
                                           "-u",
                                           "-pX",
                                           "--password",
                                           "--password=",
                                           "a:b",
                                           "u,v",
                                           "ftp://u:p@h",
                                           "://",
                                           "@",
                                           ":",
                                           "=",
                                           ",",
                                           "&",
                                           ";",
                                           "|",
                                           "'",
                                           "\"",
                                           "\\",
                                           " ",
                                           " ",
                                           "\n",
                                           "x",
                                           "PASS=",
                                           "pass=",
                                           "{\"password\": \"",
                                           "Authorization:",
                                           "Bearer",
                                           "user",
                                           "echo",
                                           "send",
                                           "assword",
                                           "-H",
                                           "****",
                                           "\xff",
                                           "-e",
                                           "/",
                                           "login",
                                           "password"};
  std::mt19937 random(7);
  const auto pick = [&random](std::size_t n) { return random() % n; };
  for (int round = 0; round < 20000; ++round) {
    Argv argv(1 + pick(4));
    for (std::string& word : argv) {
      for (std::size_t i = pick(9); i > 0; --i) {
        word += pieces[pick(pieces.size())];
      }
    }
    const Argv once = mask_argv(argv);
    REQUIRE(once.size() == argv.size());
    REQUIRE(mask_argv(once) == once);
    const std::string line = mask_text(argv[0]);
    REQUIRE(mask_text(line) == line);
  }
}
