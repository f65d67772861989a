#include "auexfil/artefacts/registered.hpp"

#include <catch2/catch.hpp>

#include "../transfer/rules.hpp"
#include "image.hpp"

namespace auexfil::artefacts::test {
namespace {

/// "WHERE[ in SCRIPT]: TOOL DIRECTION PEER…".
Lines told(const std::vector<Registered>& registered) {
  Lines lines;
  for (const Registered& one : registered) {
    std::string line = one.artefact->where();
    line.append(one.script.empty() ? "" : " in " + one.script).append(": ").append(one.tool);
    line.append(" ").append(transfer::to_word(one.direction));
    for (const transfer::ArgPeer& peer : one.peers) {
      line.append(" ").append(peer.host.empty() ? "?" : peer.host);
    }
    lines.push_back(line);
  }
  return lines;
}

}  // namespace

TEST_CASE("registered: what artefacts and their scripts would send") {
  const Image image(Files{
      {"/etc/crontab",
       "0 2 * * * root scp -q /a b@192.0.2.1:x\n"
       "0 3 * * * root cd / && /opt/night.sh\n"
       "0 4 * * * root timeout 60 curl -T f ftp://192.0.2.3/up/\n"
       "0 5 * * * root scp /a $HOST:x\n"
       "0 6 * * * root curl -o f http://192.0.2.4/f\n"
       "0 7 * * * root echo scp; curl http://localhost/\n"
       "0 8 * * * root python3 /opt/x.py\n"
       "0 9 * * * root /tmp/agent -s -T /a ftp://192.0.2.5/up/b\n"
       "0 10 * * * root /opt/y.py\n"
       "0 11 * * * root python3 -u /opt/bare\n"
       "0 12 * * * root echo scp a b@192.0.2.12:; logger scp a b@192.0.2.12:; : scp a "
       "b@192.0.2.12:\n"},
      {"/opt/night.sh",
       "#!/bin/sh\nfor i in 1 2; do\n  ftp -n 192.0.2.2 <<END\nput x\nEND\ndone\n/opt/deeper.sh\n"},
      {"/opt/deeper.sh", "#!/bin/sh\nscp a b@192.0.2.9:\n/opt/deepest.sh\n"},
      {"/opt/deepest.sh", "#!/bin/sh\nscp a b@192.0.2.10:\n"},
      {"/opt/x.py", "#!/usr/bin/python3\nimport os\nscp = 1\n"},
      {"/opt/y.py", "#!/usr/bin/env python3\nrun(['scp', path, 'b@192.0.2.11:x'])\n"},
      {"/opt/bare", "os.system('/opt/deepest.sh')\n"},
      {"/etc/systemd/system/a.service",
       "[Service]\nExecStart=/usr/bin/rsync -a /a b@192.0.2.6:c\n"},
      {"/root/.ssh/rc", "curl -T k http://192.0.2.7/\n"},
      {"/srv/r.git/hooks/post-receive", "#!/bin/sh\nrsync -a . b@192.0.2.8:c\n"},
      {"/etc/systemd/system/d.service", "[Service]\nExecStart=/usr/bin/rsync --daemon\n"},
  });
  const Inventory inventory = collect(image);
  const auto found = find_registered(inventory, image, auexfil::test::rules().tools);
  CHECK(told(found) ==
        Lines{"/etc/crontab:1: scp out 192.0.2.1",
              "/etc/crontab:2 in /opt/night.sh: ftp unknown 192.0.2.2",
              "/etc/crontab:2 in /opt/deeper.sh: scp out 192.0.2.9",
              "/etc/crontab:3: curl out 192.0.2.3", "/etc/crontab:4: scp out ?",
              "/etc/crontab:5: curl in 192.0.2.4", "/etc/crontab:8: curl out 192.0.2.5",
              "/etc/crontab:9 in /opt/y.py: scp out 192.0.2.11",
              "/etc/crontab:10 in /opt/deepest.sh: scp out 192.0.2.10",
              "/etc/systemd/system/a.service: rsync out 192.0.2.6",
              "/root/.ssh/rc in /root/.ssh/rc: curl out 192.0.2.7",
              std::string("/srv/r.git/hooks/post-receive in /srv/r.git/hooks/post-receive: ") +
                  "rsync out 192.0.2.8"});
}

TEST_CASE("registered: a host is where ssh's configuration in the image says that it is") {
  const Image image(Files{
      {"/etc/passwd", "al:x:7:7::/home/al:/bin/sh\nbob:x:8:8::/home/bob:/bin/sh\n"},
      {"/etc/crontab",
       "0 1 * * * al scp /a backup:\n"
       "0 2 * * * bob scp /a backup:\n"
       "0 3 * * * al rsync -a /a x@web1:b\n"
       "0 4 * * * al rsync -a /a web1::b\n"
       "0 5 * * * al scp /a deep:\n"
       "0 6 * * * al scp /a odd:\n"
       "0 7 * * * al scp -P 22 /a far:\n"
       "0 8 * * * al curl -T /a https://backup/\n"},
      {"/home/al/.ssh/config",
       "# of al\nHost backup\n  HostName = 203.0.113.5\n  Port 2222\nHost web* !web2\n"
       "\tHostName %h.example\nHost deep\nProxyJump j@192.0.2.1:22,192.0.2.2\n"
       "Host odd\nProxyCommand nc p 22\nMatch user al\nHostName 192.0.2.66\n"
       "Host far\nPort 99\nHostName 192.0.2.9\n"},
      {"/etc/ssh/ssh_config",
       "Host *\n  HostName \"192.0.2.%h\"\nhost backup\nhostname 192.0.2.7\n"},
  });
  const Inventory inventory = collect(image);
  const auto found = find_registered(inventory, image, auexfil::test::rules().tools);
  Lines lines;
  for (const Registered& one : found) {
    lines.push_back(one.peers.at(0).host + ":" + std::to_string(one.peers.at(0).port));
  }
  CHECK(lines == Lines{"203.0.113.5:2222", "192.0.2.backup:0", "web1.example:0", "web1:873",
                       "192.0.2.1:22", ":0", "far:22", "backup:443"});
}

TEST_CASE("registered: which files say where a host is, and which do not tell") {
  struct Case {
    const char* command;
    const char* config;  ///< of al
    const char* to;      ///< host:port, as far as it is told
  };
  constexpr const char* kOwn = "Host a\nHostName 203.0.113.10\nPort 2210\n";
  const auto one = GENERATE_COPY(values<Case>({
      // -F stands for both files
      {"scp -F /etc/bk/conf /f a:/in", kOwn, "203.0.113.30:0"},
      {"scp -qF/etc/bk/conf /f a:/in", kOwn, "203.0.113.30:0"},
      {"sftp -F /etc/bk/conf -b /b a", kOwn, "203.0.113.30:0"},
      {"scp -F none /f a:/in", kOwn, "a:0"},
      {"scp -F /etc/none /f a:/in", kOwn, "a:0"},
      {"scp -F $X /f a:/in", kOwn, "a:0"},
      {"scp -F $X /f 192.0.2.7:/in", kOwn, "?:0"},
      {"cd /etc/bk && scp -F conf /f a:/in", kOwn, "203.0.113.30:0"},
      {"rsync -e 'ssh -F /etc/bk/conf' -a /srv a:/in", kOwn, "203.0.113.30:0"},
      {"rsync -ae 'ssh -F /etc/bk/conf' /srv a:/in", kOwn, "203.0.113.30:0"},
      {"rsync --rsh='ssh -F /etc/bk/conf -p 22' /srv a:/in", kOwn, "203.0.113.30:22"},
      {"RSYNC_RSH='ssh -F /etc/bk/conf' rsync -a /srv a:/in", kOwn, "203.0.113.30:0"},
      {"export RSYNC_RSH='ssh -F /etc/bk/conf'; rsync -a /srv a:/in", kOwn, "203.0.113.30:0"},
      {"GIT_SSH_COMMAND='ssh -F /etc/bk/conf' git push a:r.git", kOwn, "203.0.113.30:0"},
      {"git push a:r.git", kOwn, "203.0.113.10:2210"},
      {"git push https://a/r.git", kOwn, "a:443"},
      {"borg create a:r::x /srv", kOwn, "203.0.113.10:2210"},
      // -oHostName is where it is; the port is that of the name
      {"scp -o HostName=203.0.113.20 /f a:/in", kOwn, "203.0.113.20:2210"},
      {"scp -oHostName=203.0.113.20 /f a:/in", "Host *\nHostName 203.0.113.16\n", "203.0.113.20:0"},
      {"sftp -b /b -ohostname=203.0.113.20 a", kOwn, "203.0.113.20:2210"},
      {"rsync -e 'ssh -o HostName=203.0.113.20' -a /srv a:/in", kOwn, "203.0.113.20:2210"},
      // files that are included, of the user's folder and the machine's
      {"scp /f e:/in", "Include conf.d/*\nHost *\nHostName 203.0.113.16\n", "203.0.113.14:0"},
      {"scp /f e:/in", "Include ~/.ssh/conf.d/x\n", "203.0.113.14:0"},
      {"scp /f e:/in", "Host f\nInclude conf.d/*\nHost *\nPort 7\n", "e:7"},
      {"scp /f e:/in", "Include conf.d/none* /etc/none \"conf.d/[w-y]\"\n", "203.0.113.14:0"},
      {"scp /f m:/in", "", "203.0.113.32:0"},
      {"scp /f e:/in", "Include %d/x\nHost e\nHostName 203.0.113.16\n", "e:0"},
      {"scp /f 192.0.2.7:/in", "Include ${X}\n", "?:0"},
      {"scp /f loop:/in", "Include config\nHost loop\nHostName 203.0.113.16\n", "loop:0"},
      // Match
      {"scp /f c:/in", "Match host c\nHostName 203.0.113.12\nHost *\nHostName 203.0.113.16\n",
       "203.0.113.12:0"},
      {"scp /f c:/in", "Match host d,e\nHostName 203.0.113.12\nMatch !host d\nPort 7\n", "c:7"},
      {"scp /f c:/in",
       "Match exec \"test 1\" host c\nHostName 203.0.113.12\nHost *\n"
       "HostName 203.0.113.16\n",
       "c:0"},
      {"scp /f c:/in",
       "Match host d exec x\nHostName 203.0.113.12\nHost *\n"
       "HostName 203.0.113.16\n",
       "203.0.113.16:0"},
      {"scp /f c:/in", "Host c\nHostName 203.0.113.16\nMatch user al\nHostName 203.0.113.12\n",
       "203.0.113.16:0"},
      {"scp /f c:/in", "Match localuser al\nHostName 203.0.113.12\n", "203.0.113.12:0"},
      {"scp /f c:/in", "Match final all\nHostName 203.0.113.12\n", "c:0"},
      {"scp /f c:/in", "Match exec x\nCompression yes\nHost *\nHostName 203.0.113.16\n",
       "203.0.113.16:0"},
      {"scp /f 192.0.2.7:/in", "Match exec x\nProxyJump j\n", "?:0"},
  }));
  CAPTURE(one.command, one.config);
  const Image image(Files{
      {"/etc/passwd", "al:x:7:7::/home/al:/bin/sh\n"},
      {"/etc/crontab", std::string("0 1 * * * al ") + one.command + "\n"},
      {"/home/al/.ssh/config", one.config},
      {"/home/al/.ssh/conf.d/x", "Host e\nHostName 203.0.113.14\n"},
      {"/etc/bk/conf", "Host a\nHostName 203.0.113.30\n"},
      {"/etc/ssh/ssh_config", "Include ssh_config.d/*.conf\n"},
      {"/etc/ssh/ssh_config.d/1.conf", "Host m\nHostName 203.0.113.32\n"},
  });
  const Inventory inventory = collect(image);
  const auto found = find_registered(inventory, image, auexfil::test::rules().tools);
  REQUIRE(found.size() == 1);
  const transfer::ArgPeer& peer = found.front().peers.at(0);
  CHECK((peer.host.empty() ? "?" : peer.host) + ":" + std::to_string(peer.port) == one.to);
}

TEST_CASE("registered: what find starts goes out as find would have it") {
  const Image image(Files{
      {"/etc/crontab",
       "0 2 * * * root find /a -name '*.csv' -exec scp {} u@192.0.2.1: \\;\n"
       "0 3 * * * root nice find /a -exec rsync -a {} u@192.0.2.2:/b ';' -exec rm {} +\n"
       "0 4 * * * root find /a -type f | xargs -I{} scp {} u@192.0.2.3:\n"},
      {"/etc/systemd/system/a.service",
       "[Service]\nExecStart=/usr/bin/find /a -exec curl -sT {} ftp://192.0.2.4/ \\;\n"},
  });
  const Inventory inventory = collect(image);
  const auto found = find_registered(inventory, image, auexfil::test::rules().tools);
  CHECK(told(found) == Lines{"/etc/crontab:1: scp out 192.0.2.1",
                             "/etc/crontab:2: rsync out 192.0.2.2",
                             "/etc/crontab:3: scp out 192.0.2.3",
                             "/etc/systemd/system/a.service: curl out 192.0.2.4"});
  CHECK(found.at(0).command == "scp $ u@192.0.2.1:");
}

TEST_CASE("registered: scripts are found as what starts them finds them") {
  struct Case {
    const char* line;
    const char* script;  // empty: none
  };
  const auto c = GENERATE(values<Case>({
      {"root cd /home/al/bin && ./x.sh", "/home/al/bin/x.sh"},
      {"al ~/bin/x.sh", "/home/al/bin/x.sh"},
      {"root ~al/bin/x.sh", "/home/al/bin/x.sh"},
      {"root ~/bin/x.sh", ""},
      {"al $HOME/bin/x.sh", "/home/al/bin/x.sh"},
      {"al ${HOME}/bin/x.sh", "/home/al/bin/x.sh"},
      {"al bin/x.sh", "/home/al/bin/x.sh"},
      {"root bin/x.sh", ""},
      {"root usual", "/usr/bin/usual"},
      {"root push-it", ""},
      {"root nice -n 5 usual", "/usr/bin/usual"},
      {"root echo usual", ""},
      {"root test -x /usr/bin/usual", ""},
      {"root PATH=/usr/local/bin; push-it", "/usr/local/bin/push-it"},
      {"root PATH=/usr/local/bin push-it", "/usr/local/bin/push-it"},
      {"root PATH=/usr/local/bin usual; push-it", ""},
      {"root env A=1 usual", "/usr/bin/usual"},
      {"root PATH=/usr/local/bin; /opt/of-path", "/usr/local/bin/push-it"},
      {"root /usr/bin/env bash /home/al/bin/x.sh", "/home/al/bin/x.sh"},
      {"root sh /opt/bare", "/opt/bare"},
      {"root bash -e /opt/bare", "/opt/bare"},
      {"root . /opt/bare", "/opt/bare"},
      {"root /opt/bare", ""},
      {"root cat /opt/bare", ""},
      {"al sudo -u root /home/al/bin/x.sh", "/home/al/bin/x.sh"},
      {"root su - al -c bin/x.sh", "/home/al/bin/x.sh"},
      {"root su - al -c 'cd bin; ./x.sh'", "/home/al/bin/x.sh"},
  }));
  CAPTURE(c.line);
  const std::string text = "scp a b@192.0.2.1:\n";
  const std::string script = "#!/bin/sh\n" + text;
  const Image image(
      Files{{"/etc/passwd", "root:x:0:0::/root:/bin/sh\nal:x:7:7::/home/al:/bin/sh\n"},
            {"/etc/crontab", std::string("1 1 * * * ") + c.line + "\n"},
            {"/home/al/bin/x.sh", script},
            {"/usr/bin/usual", script},
            {"/usr/local/bin/push-it", script},
            {"/opt/of-path", "#!/bin/sh\npush-it\n"},
            {"/opt/bare", text}});
  const Inventory inventory = collect(image);
  const auto found = find_registered(inventory, image, auexfil::test::rules().tools);
  REQUIRE(found.size() == (*c.script == '\0' ? 0 : 1));
  for (const Registered& one : found) {
    CHECK(one.script == c.script);
  }
}

TEST_CASE("registered: scripts by the table's PATH, of user units, of sshd, in other scripts") {
  const std::string script = "#!/bin/sh\nscp a b@192.0.2.1:\n";
  const Image image(Files{
      {"/etc/passwd", "al:x:7:7::/home/al:/bin/sh\n"},
      {"/etc/crontab", "PATH=/usr/bin:/usr/local/bin\n1 1 * * * root push-it\n"},
      {"/etc/cron.daily/nightly", "#!/bin/sh\n/usr/local/bin/push-it\n"},
      {"/etc/rc.local", "#!/bin/sh\ncd /opt\n./ship.sh\n"},
      {"/etc/ssh/sshrc", "scp k b@192.0.2.1:\n"},
      {"/home/al/.config/systemd/user/a.service", "[Service]\nExecStart=%h/bin/x\n"},
      {"/home/al/.config/systemd/user/b.service", "[Service]\nExecStart=/bin/bash %h/bin/x\n"},
      {"/etc/systemd/system/c.service", "[Service]\nUser=al\nExecStart=%h/bin/x\n"},
      {"/home/al/bin/x", script},
      {"/opt/ship.sh", script},
      {"/usr/local/bin/push-it", script},
  });
  const Inventory inventory = collect(image);
  CHECK(told(find_registered(inventory, image, auexfil::test::rules().tools)) ==
        Lines{"/etc/crontab:2 in /usr/local/bin/push-it: scp out 192.0.2.1",
              "/etc/cron.daily/nightly in /usr/local/bin/push-it: scp out 192.0.2.1",
              "/home/al/.config/systemd/user/a.service in /home/al/bin/x: scp out 192.0.2.1",
              "/home/al/.config/systemd/user/b.service in /home/al/bin/x: scp out 192.0.2.1",
              "/etc/ssh/sshrc in /etc/ssh/sshrc: scp out 192.0.2.1",
              "/etc/rc.local in /opt/ship.sh: scp out 192.0.2.1"});
}

TEST_CASE("registered: as whom a line has its commands run") {
  struct Case {
    const char* line;
    Lines users;
  };
  const auto c = GENERATE(values<Case>({
      {"scp a b@h:", {"root"}},
      {"sudo -u al scp a b@h:", {"al"}},
      {"nice -n 5 sudo -n -ual -- scp a b@h:", {"al"}},
      {"sudo --user=al -H scp a b@h:", {"al"}},
      {"sudo scp a b@h:", {"root"}},
      {"runuser -l al -c 'scp a b@h:'; scp c b@h:", {"al", "root"}},
      {"runuser -u al -- scp a b@h:", {"al"}},
      {"su - al -c 'cd /; scp a b@h:; scp c b@h:'; scp d b@h:", {"al", "al", "root"}},
      {"su al -s /bin/sh -c 'scp a b@h:'", {"al"}},
      {"su - al -c /opt/x; scp a b@h:", {"al", "root"}},
      {"sudo -u al sh -c 'scp a b@h: && scp c b@h:'; scp d b@h:", {"al", "al", "root"}},
      {"sudo -u $WHO scp a b@h:", {""}},
      {"sudo -u$WHO scp a b@h:", {""}},
      {"su $WHO -c 'scp a b@h:'", {""}},
      {"WHO=al; sudo -u $WHO scp a b@h:", {"al"}},
  }));
  CAPTURE(c.line);
  const Image image(
      Files{{"/etc/passwd", "root:x:0:0::/root:/bin/sh\nal:x:7:7::/home/al:/bin/sh\n"},
            {"/etc/crontab", std::string("1 1 * * * root ") + c.line + "\n"},
            {"/opt/x", "#!/bin/sh\nscp x b@h:\n"}});
  const Inventory inventory = collect(image);
  Lines users;
  for (const Registered& one : find_registered(inventory, image, auexfil::test::rules().tools)) {
    users.push_back(one.user);
    CHECK(one.uid == (one.user == "al"     ? std::optional(7U)
                      : one.user == "root" ? std::optional(0U)
                                           : std::nullopt));
  }
  CHECK(users == c.users);
}

TEST_CASE("registered: what tables, units and scripts set as it stands is told") {
  struct Case {
    const char* text;  // of a script
    const char* command;
  };
  const auto c = GENERATE(values<Case>({
      {"H=192.0.2.1\nscp a \"b@$H:x\"", "scp a b@192.0.2.1:x"},
      {"H=192.0.2.1; P=/up\nT=b@${H}:$P\nscp a $T", "scp a b@192.0.2.1:/up"},
      {"export H='192.0.2.1'\nscp a b@$H:", "scp a b@192.0.2.1:"},
      {"O=\"-q -p\"\nscp $O a b@h:", "scp -q -p a b@h:"},
      {"O=\"-q -p\"\nscp \"$O\" a b@h:", "scp -q -p a b@h:"},
      {"scp a b@$H:\nH=192.0.2.1", "scp a b@$:"},
      {"H=192.0.2.1\nH=192.0.2.2\nscp a b@$H:", "scp a b@$:"},
      {"if x; then H=192.0.2.1; fi\nscp a b@$H:", "scp a b@$:"},
      {"case $1 in a) H=192.0.2.1;; esac\nscp a b@$H:", "scp a b@$:"},
      {"x && H=192.0.2.1\nscp a b@$H:", "scp a b@$:"},
      {"(H=192.0.2.1)\nscp a b@$H:", "scp a b@$:"},
      {"f() { H=192.0.2.1; }\nscp a b@$H:", "scp a b@$:"},
      {"H=192.0.2.1\n. /etc/x\nscp a b@$H:", "scp a b@$:"},
      {"H=192.0.2.1\nread H\nscp a b@$H:", "scp a b@$:"},
      {"H=192.0.2.1\n. /etc/bk\nscp a b@$H:", "scp a b@192.0.2.7:"},
      {". /etc/bk\nscp a $T", "scp a b@192.0.2.8:x"},
      {"D=/etc; source \"$D/bk\"\nscp a $T", "scp a b@192.0.2.8:x"},
      {"cd /etc; . ./bk\nscp a $T", "scp a b@192.0.2.8:x"},
      {". /etc/bk\nH=192.0.2.3\nscp a b@$H:", "scp a b@192.0.2.3:"},
      {". /etc/more\nscp a b@$H:$U", "scp a b@192.0.2.7:y"},
      {". /etc/bk\n/opt/in", "scp a b@$:"},
      {". /etc/bk; . /etc/none\nscp a b@$H:", "scp a b@$:"},
      {"x && . /etc/bk\nscp a b@$H:", "scp a b@$:"},
      {"x && . /etc/bk\nscp a $T", "scp a $"},
      {". /etc/self\nscp a b@$H:", "scp a b@$:"},
      {"H=192.0.2.1\n. /opt/use", "scp a b@192.0.2.1:"},
      {"for H in one two; do scp a b@$H:; done", "scp a b@$:"},
      {"H=192.0.2.1 x\nscp a b@$H:", "scp a b@$:"},
      {"H=$(cat h)\nscp a b@$H:", "scp a b@$:"},
      {"F='*.gz'\nscp $F b@h:", "scp $ b@h:"},
      {"scp a b@$OUT:", "scp a b@192.0.2.9:"},
      {"OUT=$1\nscp a b@$OUT:", "scp a b@$:"},
      {"scp a b@${H:-192.0.2.1}:", "scp a b@$:"},
  }));
  CAPTURE(c.text);
  const Image image(Files{{"/etc/crontab", "OUT = 192.0.2.9\n1 1 * * * root /opt/x\nOUT=late\n"},
                          {"/etc/bk", "# x\nH=192.0.2.7\nT=b@192.0.2.8:x\n"},
                          {"/etc/more", ". /etc/bk\nU=y\n"},
                          {"/etc/self", "H=192.0.2.7\n. /etc/self\n"},
                          {"/opt/in", "#!/bin/sh\nscp a b@$H:\n"},
                          {"/opt/use", "scp a b@$H:\n"},
                          {"/opt/x", std::string("#!/bin/sh\n") + c.text + "\n"}});
  const Inventory inventory = collect(image);
  const auto found = find_registered(inventory, image, auexfil::test::rules().tools);
  REQUIRE(found.size() == 1);
  CHECK(found.front().command == c.command);
}

TEST_CASE("registered: the environment of units") {
  const Image image(Files{
      {"/etc/systemd/system/a@.service",
       "[Service]\nEnvironment=D=192.0.2.7 \"O=-a -z\" X=$Y\nEnvironmentFile=-/etc/default/a\n"
       "EnvironmentFile=-/etc/none\nExecStart=/usr/bin/rsync $O /srv/%i/ ${D}:/b/%i\n"},
      {"/etc/default/a", "# D=no\nD=\"192.0.2.8\"\n"},
      {"/etc/systemd/system/b.service",
       "[Service]\nEnvironment=D=192.0.2.7\nExecStart=/usr/bin/scp /a ${D}:$E\n"},
  });
  const Inventory inventory = collect(image);
  const auto found = find_registered(inventory, image, auexfil::test::rules().tools);
  REQUIRE(found.size() == 2);
  CHECK(found[0].command == "/usr/bin/rsync -a -z /srv/$/ 192.0.2.8:/b/$");
  CHECK(found[1].command == "/usr/bin/scp /a 192.0.2.7:$");
}

TEST_CASE(
    "registered: what a line of a crontab gives to be read, and where it stands, is weighed") {
  const Image image(Files{{"/etc/passwd", "al:x:7:7::/home/al:/bin/sh\n"},
                          {"/etc/crontab",
                           "1 1 * * * al sftp -b - u@192.0.2.1%put x%put 100\\%%bye\n"
                           "2 1 * * * al cd /srv && scp x u@192.0.2.1:\n"
                           "3 1 * * * al find . -exec scp {} u@192.0.2.1: \\;\n"},
                          {"/home/al/x", "1"},
                          {"/home/al/100%", "22"},
                          {"/srv/x", "333"}});
  const Inventory inventory = collect(image);
  auto found = find_registered(inventory, image, auexfil::test::rules().tools);
  weigh(found, image, auexfil::test::rules().tools);
  REQUIRE(found.size() == 3);
  CHECK(found[0].volume.bytes() == 3);
  CHECK(found[1].volume.bytes() == 3);
  CHECK(found[2].volume.describe({}) == "what it sends only the run knows");
}

TEST_CASE("registered: lftp's file of commands names the peer") {
  const Image image(Files{
      {"/etc/crontab", "1 1 * * * root lftp -f /etc/l\n2 1 * * * root lftp -f /etc/none\n"},
      {"/etc/l", "set x y\nopen -u a,b 192.0.2.1\nput /a\n"},
  });
  const Inventory inventory = collect(image);
  CHECK(told(find_registered(inventory, image, auexfil::test::rules().tools)) ==
        Lines{"/etc/crontab:1: lftp out 192.0.2.1"});
}

TEST_CASE("registered: a script that may not be executed is left out, where modes are kept") {
  const std::string script = "#!/bin/sh\nscp /a b@192.0.2.1:x\n";
  Image image(Files{{"/etc/cron.daily/a", script},
                    {"/etc/init.d/b", script},
                    {"/etc/NetworkManager/dispatcher.d/c", script},
                    {"/srv/r.git/hooks/post-receive", script}});
  const auto found = [&] {
    const Inventory inventory = collect(image);
    return find_registered(inventory, image, auexfil::test::rules().tools).size();
  };
  CHECK(found() == 4);
  image.modes = {{"/etc/cron.daily/a", 0600}, {"/etc/init.d/b", 0600}};
  CHECK(found() == 4);
  image.modes["/etc/init.d/b"] = 0755;
  CHECK(found() == 1);
  // What is given a script runs it all the same.
  image.files["/etc/crontab"] = "1 1 * * * root sh /etc/cron.daily/a\n";
  CHECK(found() == 2);
}

TEST_CASE("registered: one script is one, by how many names it may be reached") {
  const std::string script = "#!/bin/sh\nscp /a b@192.0.2.1:x\n";
  Image image(Files{{"/etc/passwd", "git:x:7:7::/srv/git:/bin/sh\n"},
                    {"/etc/rc.d/rc.local", script},
                    {"/etc/init.d/after.local", script},
                    {"/srv/git/r.git/hooks/post-receive", script}});
  image.links["/etc/rc.local"] = "/etc/rc.d/rc.local";
  const Matcher matcher(collect(image));
  const auto found = find_registered(matcher.inventory(), image, auexfil::test::rules().tools);
  CHECK(told(found) ==
        Lines{"/etc/rc.local in /etc/rc.local: scp out 192.0.2.1",
              "/etc/init.d/after.local in /etc/init.d/after.local: scp out 192.0.2.1",
              "/srv/git/r.git/hooks/post-receive in /srv/git/r.git/hooks/post-receive: scp out "
              "192.0.2.1"});
  for (const std::string_view name : {"/etc/rc.local", "/etc/rc.d/rc.local"}) {
    Start start;
    start.job_kind = "service";
    start.programs = {{9, "/bin/sh", name, {"/bin/sh", name}, false}, {1, "init", {}, {}, false}};
    const auto starts = matcher.candidates(start);
    REQUIRE(starts.size() == 1);
    CHECK(starts.front()->where() == "/etc/rc.local");
  }
}

TEST_CASE("registered: what speaks to nobody is no transfer") {
  struct Case {
    const char* command;
    std::size_t found;
  };
  const auto c = GENERATE(values<Case>({
      {"git push -q backup main", 1},
      {"git -C /r fetch", 1},
      {"git archive --remote=backup main", 1},
      {"git archive main", 0},
      {"git describe", 0},
      {"git stash push", 0},
      {"git commit -qam x", 0},
      {"openssl enc -in a -out b", 0},
      {"openssl s_client -connect 192.0.2.1:443", 1},
      {"smbclient -L", 0},
      {"restic backup /a", 1},
      {"restic snapshots", 0},
  }));
  CAPTURE(c.command);
  const Image image(Files{{"/etc/crontab", std::string("1 1 * * * root ") + c.command + "\n"}});
  const Inventory inventory = collect(image);
  CHECK(find_registered(inventory, image, auexfil::test::rules().tools).size() == c.found);
}

TEST_CASE(
    "registered: a host that only the run knows, what is given as input, and who is not told") {
  struct Case {
    const char* line;
    const char* found;  ///< empty: none is
    std::size_t untold;
  };
  const auto c = GENERATE(values<Case>({
      {"scp /a \"$T\"", "scp out ?", 0},
      {"scp /a up@$T", "scp out ?", 0},
      {"scp \"$T\" /a", "scp in ?", 0},
      {"rsync -a $OPTS $SRC $DST", "rsync unknown ?", 0},
      {"rsync -a /srv/ ${DST}/x", "rsync out ?", 0},
      {"rsync -a --bwlimit=$B /srv /backup/$DAY", "", 0},
      {"rsync -a --bwlimit $B /srv /backup", "", 1},
      {"rsync -a /srv /backup", "", 0},
      {"curl -T /a $URL", "curl out ?", 0},
      {"curl -sS $OPTS \"$URL\"", "curl in ?", 0},
      {"rclone copy /srv \"$RC\"", "rclone out ?", 0},
      {"curl -K /etc/curlrc", "", 1},
      {"curl --version", "", 0},
      {"ftp -n < /etc/ftp.script", "ftp out 192.0.2.54", 0},
      {"ftp -n < /etc/none", "", 1},
      {"F=/etc/ftp.script; ftp -n < $F", "ftp out 192.0.2.54", 0},
      {"cat /etc/ftp.script | ftp -n", "", 1},
      {"ftp -n%open 192.0.2.55%put /a", "ftp out 192.0.2.55", 0},
      {"/opt/here", "ftp out 192.0.2.56", 0},
      {"lftp < /etc/lftp.script", "lftp out 192.0.2.57", 0},
      {"sftp -b /etc/b 192.0.2.58 < /dev/null", "sftp unknown 192.0.2.58", 0},
      {"ftp", "", 0},
      {". /etc/bk.conf; rsync -a /srv/ \"$TARGET\"", "rsync out 192.0.2.75", 0},
      {"borgmatic --syslog-verbosity 1", "borg out", 0},
      {"/usr/bin/borgmatic", "borg out", 0},
      {"borgmatic create --stats", "borg out", 0},
      {"borgmatic list", "", 0},
      {"borgmatic --version", "", 0},
  }));
  CAPTURE(c.line);
  const Image image(Files{
      {"/etc/crontab", std::string("1 1 * * * root ") + c.line + "\n"},
      {"/etc/bk.conf", "TARGET=up@192.0.2.75:/in\n"},
      {"/etc/ftp.script", "open 192.0.2.54\nuser a b\nput /srv/d.bin\nbye\n"},
      {"/etc/lftp.script", "open -u a,b sftp://192.0.2.57\nput /srv/d.bin\n"},
      {"/etc/b", "put /srv/d.bin\n"},
      {"/opt/here", "#!/bin/sh\nftp -n <<END\nopen 192.0.2.56\nput x\nEND\n"},
  });
  const Inventory inventory = collect(image);
  Unfollowed unfollowed;
  const auto found = find_registered(inventory, image, auexfil::test::rules().tools, &unfollowed);
  const Lines lines = told(found);
  REQUIRE(lines.size() == (*c.found == '\0' ? 0 : 1));
  CHECK((lines.empty() || lines.front().ends_with(std::string(": ") + c.found)));
  CHECK(unfollowed.untold == c.untold);
}

TEST_CASE("registered: what a tool's configuration calls a host") {
  struct Case {
    const char* command;
    const char* to;  ///< host:port; ? of what only the run knows
  };
  const auto c = GENERATE(values<Case>({
      {"rclone sync /srv sftpr:in", "203.0.113.5:2222"},
      {"rclone sync /srv dav:in", "dav.example:8443"},
      {"rclone sync /srv secret:", "203.0.113.5:2222"},
      {"rclone sync /srv loop:", "loop:0"},
      {"rclone sync /srv drive:in", "drive:0"},
      {"rclone --config /etc/rc.conf sync /srv sftpr:in", "203.0.113.6:0"},
      {"cd /repo && git push origin main", "203.0.113.7:0"},
      {"cd /repo && git push", "203.0.113.7:0"},
      {"git -C /repo fetch up", "git.example:443"},
      {"git -C /repo push up", "203.0.113.8:0"},
      {"git -C /bare push", "203.0.113.9:22"},
      {"ls | xargs -I{} scp F up@{}:/in", "?:0"},
      {"ls | xargs -n 1 -I X scp F up@X:/in", "?:0"},
      {"ls | xargs -i scp F up@{}:/in", "?:0"},
      {"ls | xargs -I{} scp {} up@192.0.2.1:/in", "192.0.2.1:0"},
      {"parallel scp F up@{}:/in", "?:0"},
  }));
  CAPTURE(c.command);
  const std::string rclone =
      "[sftpr]\ntype = sftp\nhost = 203.0.113.5\nport = 2222\n[dav]\ntype = webdav\n"
      "url = https://u@dav.example:8443/x\n[secret]\ntype = crypt\nremote = sftpr:x\n"
      "[loop]\ntype = alias\nremote = loop:\n[drive]\ntype = drive\n";
  const Image image(Files{
      {"/etc/passwd", "al:x:7:7::/home/al:/bin/sh\n"},
      {"/etc/cron.d/x", std::string("1 1 * * * al ") + c.command + "\n"},
      {"/home/al/.config/rclone/rclone.conf", rclone},
      {"/etc/rc.conf", "[sftpr]\nhost=203.0.113.6\n"},
      {"/repo/.git/config",
       "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = u@203.0.113.7:r.git\n"
       "[remote \"up\"]\n\turl = https://git.example/r\n\tpushurl = u@203.0.113.8:r\n"},
      {"/bare/config", "[remote \"origin\"]\n\turl = ssh://u@203.0.113.9/r.git\n"},
  });
  const Inventory inventory = collect(image);
  const auto found = find_registered(inventory, image, auexfil::test::rules().tools);
  REQUIRE(found.size() == 1);
  const transfer::ArgPeer& peer = found.front().peers.at(0);
  CHECK((peer.host.empty() ? "?" : peer.host) + ":" + std::to_string(peer.port) == c.to);
}

TEST_CASE("registered: one job is told once") {
  struct Case {
    Files files;
    Lines found;
  };
  const auto c = GENERATE(values<Case>({
      {{{"/etc/crontab", "1 1 * * * root trap 'curl -T /a http://192.0.2.1/' EXIT; true\n"}},
       {"/etc/crontab:1: curl out 192.0.2.1"}},
      {{{"/etc/crontab", "1 1 * * * root sh -c 'curl -T /a http://192.0.2.1/'\n"}},
       {"/etc/crontab:1: curl out 192.0.2.1"}},
      {{{"/etc/crontab", "1 1 * * * root tmux new -d 'curl -T /a http://192.0.2.1/'\n"}},
       {"/etc/crontab:1: curl out 192.0.2.1"}},
      {{{"/etc/systemd/system/a@.service",
         "[Service]\nExecStart=/usr/bin/scp /srv/%i b@192.0.2.1:%I\n"}},
       {"/etc/systemd/system/a@.service: scp out 192.0.2.1"}},
      {{{"/etc/systemd/system/a@.service",
         "[Service]\nExecStart=/usr/bin/scp /srv/%i b@192.0.2.1:%I\n"},
        {"/etc/systemd/system/b@.service", "[Service]\nExecStart=/usr/bin/scp /b b@192.0.2.2:\n"},
        {"/etc/systemd/system/b@y.service.d/1.conf", "[Service]\nNice=1\n"},
        {"/etc/systemd/system/a@.timer", "[Timer]\nOnCalendar=daily\n"},
        {"/etc/systemd/system/timers.target.wants/a@x.timer", ""}},
       {"/etc/systemd/system/a@.service: scp out 192.0.2.1",
        "/etc/systemd/system/b@.service: scp out 192.0.2.2",
        "/etc/systemd/system/b@y.service.d: scp out 192.0.2.2"}},
  }));
  const Image image(c.files);
  const Inventory inventory = collect(image);
  CHECK(told(find_registered(inventory, image, auexfil::test::rules().tools)) == c.found);
}

TEST_CASE("registered: what lies where hooks do, and whose jobs are not in the image") {
  const Image image(Files{
      {"/etc/network/interfaces", "iface e inet dhcp\n post-up scp /a b@192.0.2.1:x\n"},
      {"/etc/apt/apt.conf.d/9x", "DPkg::Post-Invoke {\"scp /a b@192.0.2.2:x\";};\n"},
      {"/etc/pam.d/sshd", "session optional pam_exec.so /opt/x\n"},
      {"/opt/x", "#!/bin/sh\nscp /a b@192.0.2.3:x\n"},
      {"/var/spool/fcron/root.orig", "1 1 * * * scp /a b@192.0.2.4:x\n"},
      {"/etc/local.d/a.start", "#!/bin/sh\nscp /a b@192.0.2.5:x\n"},
      {"/etc/local.d/README", "#!/bin/sh\nscp /a b@192.0.2.6:x\n"},
      {"/etc/buildkite-agent/buildkite-agent.cfg", "x=1\n"},
      {"/etc/buildkite-agent/hooks/post-command", "#!/bin/bash\nscp /a b@192.0.2.7:x\n"},
      {"/etc/buildkite-agent/hooks/a.sample", "#!/bin/bash\nscp /a b@192.0.2.8:x\n"},
  });
  const Inventory inventory = collect(image);
  Unfollowed unfollowed;
  CHECK(told(find_registered(inventory, image, auexfil::test::rules().tools, &unfollowed)) ==
        Lines{"/var/spool/fcron/root.orig:1: scp out 192.0.2.4",
              "/etc/buildkite-agent/hooks/post-command in /etc/buildkite-agent/hooks/post-command: "
              "scp out 192.0.2.7",
              "/etc/local.d/a.start in /etc/local.d/a.start: scp out 192.0.2.5",
              "/etc/network/interfaces:2: scp out 192.0.2.1",
              "/etc/apt/apt.conf.d/9x:1: scp out 192.0.2.2",
              "/etc/pam.d/sshd:1 in /opt/x: scp out 192.0.2.3"});
  CHECK(unfollowed.runners == 1);
  CHECK(unfollowed.first_runner == "/etc/buildkite-agent/buildkite-agent.cfg");
}

TEST_CASE("registered: when each ran last") {
  const Image image(Files{
      {"/etc/debian_version", "12\n"},
      {"/etc/timezone", "Etc/UTC\n"},
      {"/etc/crontab",
       "2 1 * * * root scp /a b@192.0.2.1:x\n2 5 * * * root scp /c b@192.0.2.1:x\n"},
      {"/etc/cron.daily/push", "#!/bin/sh\nscp /d b@192.0.2.1:x\n"},
      {"/var/spool/anacron/cron.daily", "20261201\n"},
      {"/etc/systemd/system/a.service", "[Service]\nExecStart=/usr/bin/scp /e b@192.0.2.1:x\n"},
  });
  const Matcher matcher(collect(image));
  auto found = find_registered(matcher.inventory(), image, auexfil::test::rules().tools);
  REQUIRE(found.size() == 4);
  coverage::SeenJob session;
  session.kind = "cron";
  session.user = "root";
  session.times = {1796173321000, 1796173381000};  // 01:02:01 and 01:03:01
  coverage::SeenJob unit;
  unit.kind = "unit";
  unit.name = "a";
  unit.starts = 1;
  unit.vouched = true;
  unit.last = 1796173400000;
  const std::vector jobs{session, unit};
  find_last_runs(found, matcher, image, {jobs, 0, 0, nullptr, {}});
  CHECK(found[0].last_run == 1796173321000);
  CHECK(found[0].last_run_by == "session of cron");
  CHECK_FALSE(found[1].last_run);
  CHECK(found[2].last_run == 1796083200000);
  CHECK(found[2].last_run_by == "day of anacron's stamp");
  CHECK(found[3].last_run == 1796173400000);
  CHECK(found[3].last_run_by == "unit's records");
}

TEST_CASE("registered: a line of a crontab ran last when its newest session began") {
  const Image image(Files{
      {"/etc/debian_version", "12\n"},
      {"/etc/timezone", "Etc/UTC\n"},
      {"/etc/crontab",
       "*/5 * * * * root scp /a b@192.0.2.1:x\n2 1 * * * root scp /c b@192.0.2.1:x\n"},
  });
  constexpr audit::TimeMs kMinute = 60'000;
  constexpr audit::TimeMs kBegin = 1796173261000;  // 01:01:01: a session each minute
  const Matcher matcher(collect(image));
  const auto ran = [&](int starts, int newest) {
    coverage::SeenJob session;
    session.kind = "cron";
    session.user = "root";
    session.starts = static_cast<std::uint64_t>(starts);
    for (int i = 0; i < std::min(starts, 64); ++i) {
      session.times.push_back(kBegin + i * kMinute);
    }
    for (int i = std::max(64, starts - newest); i < starts; ++i) {
      session.newest.push_back(kBegin + i * kMinute);
    }
    session.last = kBegin + (starts - 1) * kMinute;
    const std::vector jobs{session};
    auto found = find_registered(matcher.inventory(), image, auexfil::test::rules().tools);
    find_last_runs(found, matcher, image, {jobs, 0, 0, nullptr, {}});
    std::vector<audit::TimeMs> minutes;
    minutes.reserve(found.size());
    for (const Registered& one : found) {
      minutes.push_back(one.last_run ? (*one.last_run - kBegin) / kMinute : -1);
    }
    return minutes;
  };
  using Minutes = std::vector<audit::TimeMs>;
  CHECK(ran(60, 0) == Minutes{59, 1});
  CHECK(ran(102, 1536) == Minutes{99, 1});
  CHECK(ran(3000, 1536) == Minutes{2999, 1441 + 1440});
  CHECK(ran(3000, 64) == Minutes{2999, -1});  // the second day's is not kept, the first is not it
  CHECK(ran(3000, 0) == Minutes{2999, -1});
  CHECK(ran(1400, 64) == Minutes{1399, 1});  // it was not due again
}

TEST_CASE("registered: sessions tell of a line where each that was due had one") {
  const Image image(Files{
      {"/etc/debian_version", "12\n"},
      {"/etc/timezone", "Etc/UTC\n"},
      {"/etc/crontab",
       "* * * * * root true\n2 1 * * * root scp /a b@192.0.2.1:x\n"
       "2 1 * * * al scp /b b@192.0.2.1:x\n"},
  });
  const Matcher matcher(collect(image));
  const auto ran = [&](std::vector<audit::TimeMs> times) {
    coverage::SeenJob session;
    session.kind = "cron";
    session.user = "root";
    session.starts = times.size();
    session.last = times.back();
    session.times = std::move(times);
    const std::vector jobs{session};
    auto found = find_registered(matcher.inventory(), image, auexfil::test::rules().tools);
    find_last_runs(found, matcher, image, {jobs, 0, 0, nullptr, {}});
    CHECK_FALSE(found.at(1).last_run);
    return found.at(0).last_run.value_or(0);
  };
  constexpr audit::TimeMs kDue = 1796173320000;  // 01:02:00
  CHECK(ran({kDue - 59000, kDue + 1000, kDue + 61000}) == 0);
  CHECK(ran({kDue - 59000, kDue + 1000, kDue + 1001, kDue + 61000}) == kDue + 1000);
}

TEST_CASE("registered: a session whose program is in the log is of the line that sent then") {
  const Image image(Files{{"/etc/debian_version", "12\n"},
                          {"/etc/timezone", "Etc/UTC\n"},
                          {"/etc/crontab", "2 1 * * * root scp /a b@192.0.2.1:x\n"}});
  const Matcher matcher(collect(image));
  constexpr audit::TimeMs kDay = 86'400'000;
  constexpr audit::TimeMs kDue = 1796173320000;  // 01:02:00
  coverage::SeenJob session;
  session.kind = "cron";
  session.user = "root";
  session.starts = 2;
  session.times = {kDue, kDue + kDay};
  session.last = kDue + kDay;
  const std::vector jobs{session};
  const auto ran = [&](bool has_programs, std::map<std::string, audit::TimeMs> transfers) {
    auto found = find_registered(matcher.inventory(), image, auexfil::test::rules().tools);
    find_last_runs(found, matcher, image,
                   {jobs, 0, 0, nullptr, {}, has_programs, std::move(transfers)});
    return found.at(0).last_run.value_or(0);
  };
  CHECK(ran(false, {}) == kDue + kDay);
  CHECK(ran(true, {}) == 0);
  CHECK(ran(true, {{"/etc/cron.d/y:1", kDue + kDay + 9000}}) == 0);
  CHECK(ran(true, {{"/etc/crontab:1", kDue + kDay + 9000}}) == kDue + kDay);
  CHECK(ran(true, {{"/etc/crontab:1", kDue + 9000}}) == kDue);
}

TEST_CASE("registered: what is said of a unit by others than process 1 is not heard") {
  const Image image(Files{
      {"/etc/systemd/system/a.service", "[Service]\nExecStart=/usr/bin/scp /e b@192.0.2.1:x\n"}});
  const Matcher matcher(collect(image));
  auto found = find_registered(matcher.inventory(), image, auexfil::test::rules().tools);
  coverage::SeenJob unit;
  unit.kind = "unit";
  unit.name = "a";
  unit.starts = 1;
  unit.last = 1796173400000;
  const std::vector jobs{unit};
  find_last_runs(found, matcher, image, {jobs, 0, 0, nullptr, {}});
  CHECK_FALSE(found.at(0).last_run);
}

TEST_CASE("registered: what tells of an instance tells of its template, or of its own entry") {
  const auto image = std::make_shared<Image>(Files{
      {"/etc/systemd/system/a@.service", "[Service]\nExecStart=/usr/bin/scp /%i b@192.0.2.1:x\n"},
      {"/etc/systemd/system/a@.timer", "[Timer]\nOnCalendar=daily\nPersistent=true\n"},
      {"/etc/systemd/system/a@y.service.d/1.conf", "[Service]\nUser=eve\n"},
      {"/var/lib/systemd/timers/stamp-a@x.timer", ""},
      {"/var/lib/systemd/timers/stamp-a@y.timer", ""},
      {"/var/log/syslog",
       "2026-12-02T03:00:00Z h systemd[1]: Starting a@x.service - Push...\n"
       "2026-12-02T04:00:00Z h systemd[1]: Starting a@y.service - Push...\n"},
  });
  const Matcher matcher(collect(*image));
  const auto ran = [&](const RunLogs& logs) {
    auto found = find_registered(matcher.inventory(), *image, auexfil::test::rules().tools);
    find_last_runs(found, matcher, *image, logs);
    Lines told;
    for (const Registered& one : found) {
      told.push_back(one.artefact->unit + " " + std::to_string(one.last_run.value_or(0) / 1000));
    }
    return told;
  };
  CHECK(ran({}) == Lines{"a@.service 0", "a@y.service 0"});
  const SystemLogs others({image, "/", true});
  CHECK(ran({{}, 0, 0, &others, "h"}) == Lines{"a@.service 1796180400", "a@y.service 1796184000"});
  coverage::SeenJob unit;
  unit.kind = "unit";
  unit.name = "a@x";
  unit.starts = 1;
  unit.vouched = true;
  unit.last = 1796173400000;
  const std::vector jobs{unit};
  CHECK(ran({jobs, 0, 0, nullptr, {}}) == Lines{"a@.service 1796173400", "a@y.service 0"});
  image->changed = {{"/var/lib/systemd/timers/stamp-a@x.timer", 11},
                    {"/var/lib/systemd/timers/stamp-a@y.timer", 22}};
  CHECK(ran({}) == Lines{"a@.service 11", "a@y.service 22"});
}

TEST_CASE("registered: what starters wrote to syslog tells when each ran last") {
  const auto image = std::make_shared<Image>(Files{
      {"/etc/debian_version", "12\n"},
      {"/etc/timezone", "Etc/UTC\n"},
      {"/etc/crontab",
       "2 1 * * * root scp /a b@192.0.2.1:x\n2 5 * * * al scp /c b@192.0.2.1:x\n"
       "3 6 * * * root scp /s b@192.0.2.1:x\n4 7 * * * root scp /s b@192.0.2.1:x\n"},
      {"/etc/cron.daily/push", "#!/bin/sh\nscp /d b@192.0.2.1:x\n"},
      {"/etc/systemd/system/a.service", "[Service]\nExecStart=/usr/bin/scp /e b@192.0.2.1:x\n"},
      {"/var/log/syslog.1",
       "2026-12-01T01:02:01Z h CRON[7]: (root) CMD (scp /a b@192.0.2.1:x)\n"
       "2026-12-01T05:02:01Z h CRON[7]: (root) CMD (scp /c b@192.0.2.1:x)\n"
       "2026-12-01T05:02:01Z other CRON[7]: (al) CMD (scp /c b@192.0.2.1:x)\n"
       "2026-12-01T06:03:01Z h CRON[7]: (root) CMD (scp /s b@192.0.2.1:x)\n"
       "2026-12-01T06:30:00Z h anacron[7]: Job `cron.daily' started\n"},
      {"/var/log/syslog",
       "2026-12-02T01:02:01Z h CRON[7]: (root) CMD (scp /a b@192.0.2.1:x)\n"
       "2026-12-02T03:00:00Z h systemd[1]: Starting a.service - Push...\n"
       "2026-12-02T04:00:00Z h logger: (root) CMD (scp /a b@192.0.2.1:x)\n"},
  });
  const Matcher matcher(collect(*image));
  auto found = find_registered(matcher.inventory(), *image, auexfil::test::rules().tools);
  const SystemLogs others({image, "/", true});
  find_last_runs(found, matcher, *image, {{}, 0, 0, &others, "h"});
  Lines told;
  for (const Registered& one : found) {
    told.push_back(one.artefact->where() + " " +
                   (one.last_run ? audit::format_rfc3339(*one.last_run) : "-") + " " +
                   one.last_run_by);
  }
  CHECK(told == Lines{"/etc/crontab:1 2026-12-02T01:02:01.000Z cron's line /var/log/syslog:1",
                      "/etc/crontab:2 - ",
                      "/etc/crontab:3 2026-12-01T06:03:01.000Z cron's line /var/log/syslog.1:4",
                      "/etc/crontab:4 - ",
                      std::string("/etc/cron.daily/push 2026-12-01T06:30:00.000Z anacron's line ") +
                          "/var/log/syslog.1:5",
                      std::string("/etc/systemd/system/a.service 2026-12-02T03:00:00.000Z ") +
                          "systemd's line /var/log/syslog:2"});
}

}  // namespace auexfil::artefacts::test
