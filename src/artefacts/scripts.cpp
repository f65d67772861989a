#include "scripts.hpp"

#include <array>
#include <utility>

#include "crontab.hpp"
#include "sources.hpp"

namespace auexfil::artefacts {

void add_script(Reader& reader, Kind kind, const std::string& path, const std::string& user,
                const std::string& schedule) {
  Artefact one;
  one.kind = kind;
  one.path = path;
  one.command = path;
  one.commands = {{Word{{path}, false}, Word{{"", ""}, true}}};
  one.user = user;
  one.schedule = schedule;
  reader.add(std::move(one));
}

namespace {

void add_folder(Reader& reader, Kind kind, const std::string& folder) {
  for (const std::string& name : reader.names(folder).value_or(std::vector<std::string>())) {
    const std::string path = folder + "/" + name;
    if (is_run_parts_name(name, false) && reader.is_file(path)) {
      add_script(reader, kind, path, "root", {});
    }
  }
}

}  // namespace

void collect_boot_scripts(Reader& reader) {
  for (const char* const path : {"/etc/rc.local", "/etc/rc.d/rc.local", "/etc/init.d/boot.local",
                                 "/etc/init.d/after.local"}) {
    if (reader.is_file(path)) {
      add_script(reader, Kind::boot_script, path, "root", {});
    }
  }
  add_folder(reader, Kind::boot_script, "/etc/init.d");
}

void collect_dispatchers(Reader& reader) {
  for (const char* const top :
       {"/etc/NetworkManager/dispatcher.d", "/usr/lib/NetworkManager/dispatcher.d"}) {
    for (const char* const sub : {"", "/pre-up.d", "/pre-down.d", "/no-wait.d"}) {
      add_folder(reader, Kind::dispatcher, std::string(top) + sub);
    }
  }
  for (const char* const top : {"/etc/networkd-dispatcher", "/usr/lib/networkd-dispatcher"}) {
    for (const char* const sub : {"routable.d", "dormant.d", "no-carrier.d", "off.d", "carrier.d",
                                  "degraded.d", "configuring.d", "configured.d"}) {
      add_folder(reader, Kind::dispatcher, std::string(top) + "/" + sub);
    }
  }
  for (const char* const folder :
       {"/etc/network/if-pre-up.d", "/etc/network/if-up.d", "/etc/network/if-down.d",
        "/etc/network/if-post-down.d", "/etc/ppp/ip-up.d", "/etc/ppp/ip-down.d",
        "/etc/update-motd.d"}) {
    add_folder(reader, Kind::dispatcher, folder);
  }
}

}  // namespace auexfil::artefacts
