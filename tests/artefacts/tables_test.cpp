#include "tables.hpp"

#include <catch2/catch.hpp>

#include "authorized_keys.hpp"
#include "crontab.hpp"
#include "image.hpp"

namespace auexfil::artefacts::test {

TEST_CASE("authorized_keys: the commands that keys are bound to") {
  struct Case {
    const char* line;
    const char* command;  // empty: none
  };
  const auto c = GENERATE(values<Case>({
      {"ssh-ed25519 AAAA me@x", ""},
      {"command=\"dump /home\" ssh-rsa AAAA", "dump /home"},
      {"restrict,COMMAND=\"a b\",from=\"1.2.3.4\" ssh-rsa AAAA", "a b"},
      {"from=\"*,!x\",command=\"say \\\"hi\\\", all\" ssh-rsa AAAA", "say \"hi\", all"},
      {"  command=\"x\" ssh-rsa AAAA", "x"},
      {"# command=\"x\" ssh-rsa AAAA", ""},
      {"environment=\"A=,command=\\\"x\\\"\" ssh-rsa AAAA", ""},
      {"no-command=\"x\" ssh-rsa AAAA", ""},
      {"ssh-rsa AAAA ,command=\"x\"", ""},
      {"command=\"\" ssh-rsa AAAA", ""},
      {"command=\"open", "open"},
      {"command=", ""},
  }));
  CAPTURE(c.line);
  const auto found = parse_authorized_keys(std::string("\n") + c.line + "\n", "/k");
  CHECK(found.size() == (*c.command == '\0' ? 0 : 1));
  for (const Artefact& one : found) {
    CHECK(one.command == c.command);
    CHECK(one.where() == "/k:2");
  }
}

TEST_CASE("incrontab: what is watched, for what, and what is run") {
  const auto found = parse_incrontab(
      "# x\n/in IN_CLOSE_WRITE scp $@/$# h:\n/a\\ b IN_CREATE,IN_MODIFY /opt/x $$HOME $%\n/only\n",
      "/etc/incron.d/x", {});
  CHECK(told(found) ==
        Lines{"incron /etc/incron.d/x:2 root [/in IN_CLOSE_WRITE] scp $@/$# h:",
              "incron /etc/incron.d/x:3 root [/a b IN_CREATE,IN_MODIFY] /opt/x $$HOME $%"});
  CHECK(told(found.at(0).commands) == "scp */*... h:");
  CHECK(told(found.at(1).commands) == "/opt/x $HOME *...");
}

TEST_CASE("logrotate: scripts, each to its endscript") {
  const auto found = parse_logrotate(
      "weekly\n/var/log/x {\n  postrotate\n    scp /var/log/x.1 h:\n    true\n  endscript\n"
      "  prerotate\n  endscript\n  lastaction\n cut off\n",
      "/etc/logrotate.d/x");
  CHECK(told(found) == Lines{"logrotate /etc/logrotate.d/x:3 root [postrotate] "
                             "scp /var/log/x.1 h:\n    true"});
}

TEST_CASE("ifupdown: what interfaces have run") {
  CHECK(told(parse_interfaces("auto eth0\niface eth0 inet dhcp\n  post-up scp /a h: || \\\n true\n"
                              "  up\n  # down x\n  pre-down /opt/x $IFACE\n",
                              "/i")) == Lines{"dispatcher /i:3 root [post-up] scp /a h: ||  true",
                                              "dispatcher /i:7 root [pre-down] /opt/x $IFACE"});
}

TEST_CASE("apt: what is run before and behind its work") {
  struct Case {
    const char* text;
    Lines found;
  };
  const auto c = GENERATE(values<Case>({
      {"DPkg::Post-Invoke {\"scp /a h:\"; \"b\";};\nDPkg::Options {\"--x\";};",
       {"apt-hook /a:1 root [] scp /a h:", "apt-hook /a:1 root [] b"}},
      {"// DPkg::Post-Invoke {\"c\";};\nDPkg {\n Post-Invoke { \"a\"; };\n Tools \"t\"; };\nX "
       "\"y\";",
       {"apt-hook /a:3 root [] a"}},
      {"APT::Update::Pre-Invoke:: \"a b\";", {"apt-hook /a:1 root [] a b"}},
      {"/* DPkg::Post-Invoke {\"c\";}; */ DPkg::Pre-Install-Pkgs {\"d\"",
       {"apt-hook /a:1 root [] d"}},
      {"DPkg::Post-Invoke \"open", {"apt-hook /a:1 root [] open"}},
      {"APT::Periodic::Enable \"1\"; }}} {", {}},
  }));
  CAPTURE(c.text);
  CHECK(told(parse_apt_conf(c.text, "/a")) == c.found);
}

TEST_CASE("pam: what pam_exec runs") {
  CHECK(told(parse_pam("session optional pam_exec.so quiet stdout /opt/x a\n"
                       "# session optional pam_exec.so /opt/y\nauth required pam_unix.so\n"
                       "session optional pam_exec.so\n",
                       "/p")) == Lines{"pam /p:1 root [] /opt/x a"});
}

TEST_CASE("fcron: lines at times, and each so often") {
  CHECK(told(parse_fcrontab("!mailto(x)\nPATH=/x\n0 1 * * * scp /a h:$(date +%F)\n"
                            "&bootrun,nice(5) 5 4 * * * b\n@ 2h30 c\n@nolog(true) 1d d\n"
                            "%daily * 4 e\n@hourly f\n7 8 g\n",
                            "/var/spool/fcron/al.orig", "al")) ==
        Lines{"cron /var/spool/fcron/al.orig:3 al [0 1 * * *] scp /a h:$(date +%F)",
              "cron /var/spool/fcron/al.orig:4 al [5 4 * * *] b",
              "cron /var/spool/fcron/al.orig:5 al [@ 2h30] c",
              "cron /var/spool/fcron/al.orig:6 al [@ 1d] d",
              "cron /var/spool/fcron/al.orig:8 al [@hourly] f"});
}

TEST_CASE("udev: what rules run") {
  const auto found = parse_udev_rules(
      "# RUN+=\"no\"\nACTION==\"add\", SUBSYSTEM==\"block\", \\\n  RUN+=\"/opt/copy %k '$env{X} y' "
      "5%%\"\n"
      "KERNEL==\"sd*\", PROGRAM=\"/bin/id %E{A} z\", RUN{builtin}+=\"kmod\", "
      "IMPORT{program}=\"p\"\n"
      "LABEL=\"end\"\nRUN+=\"say \\\"x\\\"\", RUN\n",
      "/r");
  CHECK(told(found) == Lines{"udev /r:2 root [] /opt/copy %k '$env{X} y' 5%%",
                             "udev /r:4 root [] /bin/id %E{A} z", "udev /r:4 root [] p",
                             "udev /r:6 root [] say \"x\""});
  CHECK(told(found.at(0).commands) == "/opt/copy *... $env{X} y 5%");
  CHECK(told(found.at(1).commands) == "/bin/id *... z");
}

TEST_CASE("supervisord: programs and listeners, as their users") {
  const auto found = parse_supervisor(
      "[supervisord]\ncommand=no\n[program:a]\ncommand=/bin/a %(ENV_X)s -p 5%% ; note\nuser=bob\n"
      "[eventlistener:b]\ncommand = b\n;command=c\n[group:x]\ncommand=no\n",
      "/s");
  CHECK(told(found) ==
        Lines{"supervisor /s:4 bob [] /bin/a %(ENV_X)s -p 5%%", "supervisor /s:7 root [] b"});
  CHECK(told(found.at(0).commands) == "/bin/a *... -p 5%");
}

TEST_CASE("monit: programs that it starts") {
  CHECK(told(parse_monit("check process x with pidfile \"/run/x\"\n"
                         "  start program = \"/etc/init.d/x start\" as uid \"bob\"\n"
                         "  Stop program  \"/bin/x stop\"\n"
                         "check program y with path \"/opt/y a\"\n"
                         "  if status != 0 then exec \"/bin/mail z\" as uid eve and gid eve\n"
                         "check file f with path \"/etc/f\"\n"
                         "# exec \"no\"\n",
                         "/m")) ==
        Lines{"monit /m:2 bob [] /etc/init.d/x start", "monit /m:3 root [] /bin/x stop",
              "monit /m:4 root [] /opt/y a", "monit /m:5 eve [] /bin/mail z"});
}

TEST_CASE("jenkins: the steps of a job") {
  const auto found = parse_jenkins_job(
      "<project>\n <hudson.tasks.Shell>\n  <command>a &lt;x &amp;&amp; scp b&#xd;\nc:</command>\n"
      " <command></command><command>cut &bogus;",
      "/j");
  CHECK(told(found) ==
        Lines{"ci-job /j:3 - [] a <x && scp b\r\nc:", "ci-job /j:5 - [] cut &bogus;"});
}

TEST_CASE("starters: where an image has them") {
  const std::string key = "command=\"c\" ssh-rsa AAAA\n";
  Image image(Files{
      {"/etc/passwd", "bob:x:7:7::/home/bob:/bin/sh\n"},
      {"/etc/ssh/sshd_config",
       "Port 22\nAuthorizedKeysFile /etc/keys/%u %h/k x%%\nMatch User y\n ForceCommand /opt/f a\n"
       "Match Group z User a,b\n ForceCommand /opt/g\nMatch user bob address *\n ForceCommand "
       "/opt/h\n"},
      {"/etc/ssh/sshd_config.d/a.conf", "ForceCommand internal-sftp\n"},
      {"/etc/keys/bob", key},
      {"/home/bob/k", key},
      {"/home/bob/x%", key},
      {"/home/bob/.ssh/authorized_keys", key},
      {"/home/bob/.ssh/rc", ""},
      {"/etc/ssh/sshrc", ""},
      {"/home/bob/runner/.runner", "{}"},
      {"/etc/gitlab-runner/config.toml", ""},
      {"/var/lib/jenkins/jobs/j/config.xml", "<command>a</command>"},
      {"/etc/rc.local", "#!/bin/sh\n"},
      {"/etc/init.d/x", "#!/bin/sh\n"},
      {"/var/spool/incron/bob", "/in IN_CREATE a\n"},
      {"/etc/logrotate.d/x", "postrotate\na\nendscript\n"},
      {"/etc/logrotate.d/x.rpmsave", "postrotate\na\nendscript\n"},
      {"/etc/NetworkManager/dispatcher.d/pre-up.d/x", ""},
      {"/etc/network/if-up.d/x", ""},
      {"/etc/udev/rules.d/1.rules", "RUN+=\"a\"\n"},
      {"/usr/lib/udev/rules.d/1.rules", "RUN+=\"hidden\"\n"},
      {"/usr/lib/udev/rules.d/2.rules", "RUN+=\"masked\"\n"},
      {"/etc/supervisor/conf.d/x.conf", "[program:a]\ncommand=a\n"},
      {"/etc/monit/conf.d/x", "exec \"a\"\n"},
      {"/home/bob/repo/.git/hooks/pre-push", ""},
      {"/home/bob/repo/.git/hooks/pre-push.sample", ""},
      {"/srv/git/r.git/hooks/post-receive", ""},
  });
  image.links["/etc/udev/rules.d/2.rules"] = "/dev/null";
  CHECK(told(collect(image).artefacts) ==
        Lines{"key-command /etc/ssh/sshd_config:4 y [] /opt/f a",
              "key-command /etc/ssh/sshd_config:6 - [] /opt/g",
              "key-command /etc/ssh/sshd_config:8 bob [] /opt/h",
              "key-command /etc/keys/bob:1 bob [] c",
              "key-command /home/bob/k:1 bob [] c",
              "key-command /home/bob/x%:1 bob [] c",
              "ssh-rc /home/bob/.ssh/rc bob [] /bin/sh .ssh/rc",
              "ssh-rc /etc/ssh/sshrc - [] /bin/sh /etc/ssh/sshrc",
              "ci-runner /home/bob/runner/.runner - [] /home/bob/runner/run.sh",
              "ci-runner /etc/gitlab-runner/config.toml - [] gitlab-runner run",
              "ci-job /var/lib/jenkins/jobs/j/config.xml:1 - [] a",
              "boot-script /etc/rc.local root [] /etc/rc.local",
              "boot-script /etc/init.d/x root [] /etc/init.d/x",
              "incron /var/spool/incron/bob:1 bob [/in IN_CREATE] a",
              "logrotate /etc/logrotate.d/x:1 root [postrotate] a",
              "dispatcher /etc/NetworkManager/dispatcher.d/pre-up.d/x root [] "
              "/etc/NetworkManager/dispatcher.d/pre-up.d/x",
              "dispatcher /etc/network/if-up.d/x root [] /etc/network/if-up.d/x",
              "udev /etc/udev/rules.d/1.rules:1 root [] a",
              "supervisor /etc/supervisor/conf.d/x.conf:2 root [] a",
              "monit /etc/monit/conf.d/x:1 root [] a",
              "git-hook /home/bob/repo/.git/hooks/pre-push - [] /home/bob/repo/.git/hooks/pre-push",
              "git-hook /srv/git/r.git/hooks/post-receive - [] /srv/git/r.git/hooks/post-receive"});
}

}  // namespace auexfil::artefacts::test
