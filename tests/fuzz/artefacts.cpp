#include <algorithm>
#include <string>
#include <vector>

#include "../artefacts/image.hpp"
#include "auexfil/artefacts/collect.hpp"
#include "auexfil/artefacts/matcher.hpp"
#include "fuzz.hpp"

// An image in which the same text stands at every place that may start something.

using namespace auexfil;             // NOLINT(google-build-using-namespace): a test
using namespace auexfil::artefacts;  // NOLINT(google-build-using-namespace): a test
using fuzz::expect;

namespace {

void check_artefact(const Artefact& one, std::size_t lines) {
  expect(one.line <= lines, "a line is one of the file");
  expect(one.path.starts_with('/'), "a path is one of the image");
  expect(!one.command.empty(), "an artefact runs something");
  for (const Words& words : one.commands) {
    expect(!words.empty(), "a command has words");
    for (const Word& word : words) {
      expect(!word.pieces.empty(), "a word has pieces");
      std::string joined;
      for (const std::string& piece : word.pieces) {
        joined += piece;
      }
      expect(word.matches(joined), "a word matches itself, with nothing between its pieces");
    }
  }
}

/// What a shell is given is found again, whatever it is.
void check_found(const Matcher& matcher, const Artefact& one) {
  Start start;
  start.job_kind = "cron";
  start.programs.resize(1);
  start.programs[0].argv = {"/bin/sh", "-c", one.command};
  const std::vector<const Artefact*> found = matcher.candidates(start);
  expect(!found.empty(), "a line of a crontab is found by its command");
  const Matcher::Choice choice = matcher.choose(found, 1796173321);
  expect(std::find(found.begin(), found.end(), choice.artefact) != found.end(),
         "the choice is a candidate");
  expect(!matcher.describe(*choice.artefact).empty(), "it can be told");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr const char* kPlaces[] = {"/etc/crontab",
                                     "/etc/cron.d/x",
                                     "/var/spool/cron/crontabs/root",
                                     "/etc/anacrontab",
                                     "/var/spool/cron/atjobs/b0000301c8a383",
                                     "/etc/systemd/system/x.service",
                                     "/etc/systemd/system/y@.service",
                                     "/etc/systemd/system/x.timer",
                                     "/etc/systemd/system/x.service.d/1.conf",
                                     "/root/.config/systemd/user/x.service",
                                     "/etc/ssh/sshd_config",
                                     "/root/.ssh/authorized_keys",
                                     "/var/spool/incron/root",
                                     "/etc/logrotate.d/x",
                                     "/etc/udev/rules.d/1.rules",
                                     "/etc/supervisord.conf",
                                     "/etc/network/interfaces",
                                     "/etc/apt/apt.conf",
                                     "/etc/pam.d/sshd",
                                     "/var/spool/fcron/root.orig",
                                     "/etc/local.d/x.start",
                                     "/etc/monit/monitrc",
                                     "/var/lib/jenkins/jobs/x/config.xml",
                                     "/etc/passwd",
                                     "/etc/timezone",
                                     "/etc/localtime",
                                     "/etc/os-release"};
  const std::string text(fuzz::text_of(data, size));
  artefacts::test::Image image;
  for (const char* const place : kPlaces) {
    image.files[place] = text;
  }
  const std::size_t lines = fuzz::lines_of(text).size();
  const Matcher matcher(collect(image));
  std::size_t asked = 0;
  for (const Artefact& one : matcher.inventory().artefacts) {
    check_artefact(one, lines);
    if (one.kind == Kind::cron && asked++ < 16) {
      check_found(matcher, one);
    }
  }
  return 0;
}
