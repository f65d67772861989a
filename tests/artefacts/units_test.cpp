#include <catch2/catch.hpp>

#include "image.hpp"
#include "unit_file.hpp"

namespace auexfil::artefacts::test {

TEST_CASE("unit: settings of a file and of what is read after it") {
  UnitSettings unit;
  unit.read(
      "# x\n[Unit]\nDescription=a\n[Service]\nExecStart = /bin/a \\\n# between\n  b\n; c\n"
      "ExecStart=/bin/c\nUser=bob\nnonsense\n");
  CHECK(unit.all("Service.ExecStart") == Lines{"/bin/a  b", "/bin/c"});
  CHECK(unit.last("Service.User") == "bob");
  CHECK(unit.last("Service.Group").empty());
  unit.read("[Service]\nExecStart=\nExecStart=/bin/d\nUser=eve\n");
  CHECK(unit.all("Service.ExecStart") == Lines{"/bin/d"});
  CHECK(unit.last("Service.User") == "eve");
  std::string many = "[A]\n";
  for (int i = 0; i < 1000; ++i) {
    many += "b=c\n";
  }
  unit.read(many);
  CHECK(unit.all("A.b").size() == 256);
}

TEST_CASE("units: the highest folder counts, masks and other names do not") {
  Image image(Files{
      {"/etc/systemd/system/a.service", "[Service]\nExecStart=/etc/a\n"},
      {"/usr/lib/systemd/system/a.service", "[Service]\nExecStart=/usr/a\n"},
      {"/run/systemd/system/b.service", "[Service]\nExecStart=/run/b\nUser=bob\n"},
      {"/usr/lib/systemd/system/b.service", "[Service]\nExecStart=/usr/b\n"},
      {"/usr/lib/systemd/system/masked.service", "[Service]\nExecStart=/usr/m\n"},
      {"/usr/lib/systemd/system/empty.service", "[Service]\nExecStart=/usr/e\n"},
      {"/etc/systemd/system/empty.service", ""},
      {"/usr/lib/systemd/system/text.service", "[Service]\nExecStart=/usr/t\n"},
      {"/etc/systemd/system/text.service", "/dev/null"},
      {"/etc/systemd/system/alias.service", "/usr/lib/systemd/system/b.service"},
      {"/opt/linked.service", "[Service]\nExecStart=/opt/l\n"},
      {"/lib/systemd/system/old.service", "[Service]\nExecStart=/lib/o\n"},
      {"/etc/systemd/system/x.target", "[Unit]\n"},
  });
  image.links["/etc/systemd/system/masked.service"] = "/dev/null";
  image.links["/etc/systemd/system/other.service"] = "/usr/lib/systemd/system/b.service";
  image.links["/etc/systemd/system/linked.service"] = "/opt/linked.service";
  CHECK(told(collect(image).artefacts) ==
        Lines{"service /etc/systemd/system/a.service root [] /etc/a",
              "service /run/systemd/system/b.service bob [] /run/b",
              "service /etc/systemd/system/linked.service root [] /opt/l",
              "service /lib/systemd/system/old.service root [] /lib/o"});
}

TEST_CASE("units: drop-ins of the unit, its template, its prefixes and its type") {
  const std::string set = "[Service]\n";
  const Image image(Files{
      {"/etc/systemd/system/a-b@.service", set + "ExecStart=/bin/one %i\n"},
      {"/etc/systemd/system/a-b@x.service", set + "ExecStart=/bin/own %i\n"},
      {"/etc/systemd/system/a-b@x.service.d/20.conf", set + "ExecStartPost=/bin/20\n"},
      {"/etc/systemd/system/a-b@.service.d/30.conf", set + "ExecStartPost=/bin/30\n"},
      {"/etc/systemd/system/a-.service.d/10.conf", set + "User=bob\n"},
      {"/usr/lib/systemd/system/a-.service.d/10.conf", set + "User=hidden\n"},
      {"/etc/systemd/system/service.d/40.conf", set + "ExecStop=/bin/40\n"},
      {"/etc/systemd/system/service.d/40.txt", set + "ExecStop=/bin/no\n"},
      {"/etc/systemd/system/a-b@x.service.d/05.conf", set + "ExecStart=\nExecStart=/bin/new\n"},
  });
  CHECK(told(collect(image).artefacts) == Lines{"service /etc/systemd/system/a-b@.service bob [] "
                                                "/bin/one %i; /bin/30; /bin/40",
                                                "service /etc/systemd/system/a-b@x.service bob [] "
                                                "/bin/new; /bin/20; /bin/30; /bin/40"});
}

TEST_CASE("units: drop-ins of an instance whose file is its template's") {
  const std::string set = "[Service]\n";
  Image image(Files{
      {"/usr/lib/systemd/system/a@.service", set + "ExecStart=/bin/a %i\nUser=bob\n"},
      {"/etc/systemd/system/a@.timer", "[Timer]\nOnCalendar=daily\n"},
      {"/etc/systemd/system/a@x.service.d/1.conf", set + "ExecStart=\nExecStart=/bin/x %i\n"},
      {"/etc/systemd/system/a@y.service.d/1.conf", set + "User=eve\n"},
      {"/etc/systemd/system/a@.service.d/2.conf", set + "ExecStop=/bin/s\n"},
      {"/etc/systemd/system/b@z.service.d/1.conf", set + "ExecStart=/bin/no\n"},
      {"/home/bob/.config/systemd/user/c@.service", set + "ExecStart=/bin/c\n"},
      {"/home/bob/.config/systemd/user/c@1.service.d/1.conf", set + "ExecStart=/bin/c %i\n"},
  });
  image.links["/etc/systemd/system/a@y.service"] = "/usr/lib/systemd/system/a@.service";
  const Inventory found = collect(image);
  CHECK(
      told(found.artefacts) ==
      Lines{"service /usr/lib/systemd/system/a@.service bob [OnCalendar=daily] /bin/a %i; /bin/s",
            "service /etc/systemd/system/a@x.service.d bob [OnCalendar=daily] /bin/x %i; /bin/s",
            "service /etc/systemd/system/a@y.service.d eve [OnCalendar=daily] /bin/a %i; /bin/s",
            "user-service /home/bob/.config/systemd/user/c@.service bob [] /bin/c",
            "user-service /home/bob/.config/systemd/user/c@1.service.d bob [] /bin/c; /bin/c %i"});
  CHECK(found.artefacts.at(1).unit == "a@x.service");
  CHECK(told(found.artefacts.at(1).commands) == "/bin/x x | /bin/s");
}

TEST_CASE("units: what a timer or a path starts") {
  const Image image(Files{
      {"/etc/systemd/system/a.service", "[Service]\nExecStart=/bin/a\n"},
      {"/etc/systemd/system/a.timer", "[Timer]\nOnCalendar=daily\nOnBootSec=5min\n"},
      {"/etc/systemd/system/b.service", "[Service]\nExecStart=/bin/b\n"},
      {"/etc/systemd/system/c.timer", "[Timer]\nOnCalendar=weekly\nUnit=b.service\n"},
      {"/etc/systemd/system/d@.service", "[Service]\nExecStart=/bin/d %i\nUser=%i\n"},
      {"/etc/systemd/system/d@x.timer", "[Timer]\nOnCalendar=*:0/5\n"},
      {"/etc/systemd/system/e.service", "[Service]\nExecStart=/bin/e\n"},
      {"/etc/systemd/system/e.path", "[Path]\nPathChanged=/in\n"},
      {"/etc/systemd/system/f@.service", "[Service]\nExecStart=/bin/f\n"},
      {"/etc/systemd/system/f@x.service.d/1.conf", "[Service]\nUser=bob\n"},
      {"/etc/systemd/system/f@x.timer", "[Timer]\nOnCalendar=weekly\n"},
  });
  const Inventory found = collect(image);
  CHECK(
      told(found.artefacts) ==
      Lines{"service /etc/systemd/system/a.service root [OnCalendar=daily, OnBootSec=5min] /bin/a",
            "service /etc/systemd/system/b.service root [OnCalendar=weekly] /bin/b",
            "service /etc/systemd/system/d@.service %i [] /bin/d %i",
            "service /etc/systemd/system/d@.service x [OnCalendar=*:0/5] /bin/d %i",
            "service /etc/systemd/system/e.service root [PathChanged=/in] /bin/e",
            "service /etc/systemd/system/f@.service root [] /bin/f",
            "service /etc/systemd/system/f@x.service.d bob [OnCalendar=weekly] /bin/f"});
  CHECK(found.artefacts.at(0).starter == "/etc/systemd/system/a.timer");
  CHECK(found.artefacts.at(0).unit == "a.service");
  CHECK(found.artefacts.at(1).starter == "/etc/systemd/system/c.timer");
  CHECK(found.artefacts.at(3).unit == "d@x.service");
  CHECK(found.artefacts.at(3).user == "x");
  CHECK(told(found.artefacts.at(3).commands) == "/bin/d x");
}

TEST_CASE("units: instances that links start") {
  const std::string unit = "[Service]\nExecStart=/bin/a %i\nUser=%i\n";
  const Image image(Files{
      {"/usr/lib/systemd/system/a@.service", unit},
      {"/usr/lib/systemd/system/a@.timer", "[Timer]\nOnCalendar=daily\n"},
      {"/usr/lib/systemd/system/b@.service", unit},
      {"/etc/systemd/system/timers.target.wants/a@x.timer", ""},
      {"/etc/systemd/system/multi-user.target.wants/b@y.service", ""},
      {"/etc/systemd/system/multi-user.target.wants/c@z.service", ""},
  });
  const Inventory found = collect(image);
  Lines lines;
  for (const Artefact& one : found.artefacts) {
    lines.push_back(one.unit + " " + one.user + " [" + one.schedule + "] " + told(one.commands));
  }
  CHECK(lines == Lines{"a@.service %i [OnCalendar=daily] /bin/a *",
                       "a@x.service x [OnCalendar=daily] /bin/a x", "b@.service %i [] /bin/a *",
                       "b@y.service y [] /bin/a y"});
}

TEST_CASE("units: the zone of a calendar, its reset, and whether something enables a timer") {
  Files files = {
      {"/etc/systemd/system/a.service", "[Service]\nExecStart=/bin/a\n"},
      {"/etc/systemd/system/a.timer",
       "[Timer]\nOnCalendar=Mon..Fri *-*-* 03:00 Europe/Paris\nOnCalendar=daily Europe/Paris\n"},
      {"/etc/systemd/system/b.service", "[Service]\nExecStart=/bin/b\n"},
      {"/etc/systemd/system/b.timer", "[Timer]\nOnCalendar=daily\nOnBootSec=5min\n"},
      {"/etc/systemd/system/b.timer.d/1.conf",
       "[Timer]\nOnUnitActiveSec=\nOnCalendar=*-*-* 02:00\nRandomizedDelaySec=\n"},
      {"/etc/systemd/system/c.service", "[Service]\nExecStart=/bin/c\n"},
      {"/etc/systemd/system/c.timer", "[Timer]\nOnCalendar=daily UTC\nOnCalendar=Mon 04:00\n"},
  };
  const auto schedules = [&] {
    Lines lines;
    for (const Artefact& one : collect(Image(files)).artefacts) {
      lines.push_back(one.schedule + " | " + one.zone);
    }
    return lines;
  };
  const std::string a =
      "OnCalendar=Mon..Fri *-*-* 03:00 Europe/Paris, OnCalendar=daily Europe/Paris";
  const std::string b = "OnCalendar=*-*-* 02:00";
  const std::string c = "OnCalendar=daily UTC, OnCalendar=Mon 04:00";
  CHECK(schedules() == Lines{a + " | Europe/Paris", b + " | ", c + " | "});
  files["/usr/lib/systemd/system/timers.target.wants/a.timer"] = "";
  CHECK(schedules() == Lines{a + " | Europe/Paris", b + " | ", c + " | "});
  files["/etc/systemd/system/timers.target.wants/a.timer"] = "";
  CHECK(schedules() ==
        Lines{a + " | Europe/Paris", b + ", not enabled | ", c + ", not enabled | "});
}

TEST_CASE("units: those of a user's manager, in homes and for all") {
  const Image image(Files{
      {"/etc/passwd", "bob:x:7:7::/home/bob/:/bin/sh\neve:x:8:8::/srv/eve:/bin/sh\n"},
      {"/home/bob/.config/systemd/user/a.service", "[Service]\nExecStart=/bin/a\n"},
      {"/home/bob/.config/systemd/user/a.timer", "[Timer]\nOnCalendar=daily\n"},
      {"/srv/eve/.local/share/systemd/user/b.service", "[Service]\nExecStart=/bin/b\n"},
      {"/home/new/.config/systemd/user/c.service", "[Service]\nExecStart=/bin/c\n"},
      {"/usr/lib/systemd/user/d.service", "[Service]\nExecStart=/bin/d\nUser=ignored\n"},
  });
  const Inventory found = collect(image);
  CHECK(told(found.artefacts) ==
        Lines{"user-service /home/bob/.config/systemd/user/a.service bob [OnCalendar=daily] /bin/a",
              "user-service /srv/eve/.local/share/systemd/user/b.service eve [] /bin/b",
              "user-service /home/new/.config/systemd/user/c.service new [] /bin/c",
              "user-service /usr/lib/systemd/user/d.service - [] /bin/d"});
  CHECK(found.artefacts.at(0).uid == 7U);
  CHECK_FALSE(found.artefacts.at(2).uid);
  CHECK(found.places == std::set{Place::local_user_units});
}

}  // namespace auexfil::artefacts::test
