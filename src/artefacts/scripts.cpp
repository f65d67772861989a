#include "scripts.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "crontab.hpp"
#include "sources.hpp"

namespace auexfil::artefacts {

void add_script(Reader& reader, Kind kind, const std::vector<std::string>& names,
                const std::string& user, const std::string& schedule) {
  const std::string& path = names.front();
  Artefact one;
  one.kind = kind;
  one.path = path;
  one.command = path;
  for (const std::string& name : names) {
    one.commands.push_back({Word{{name}, false}, Word{{"", ""}, true}});
  }
  one.user = user;
  one.schedule = schedule;
  one.executable = reader.is_executable(path);
  reader.add(std::move(one));
}

namespace {

void add_folder(Reader& reader, Kind kind, const std::string& folder) {
  for (const std::string& name : reader.names(folder).value_or(std::vector<std::string>())) {
    const std::string path = folder + "/" + name;
    if (is_run_parts_name(name, false) && reader.is_file(path)) {
      add_script(reader, kind, {path}, "root", {});
    }
  }
}

}  // namespace

/// rc.local is a link to rc.d/rc.local on some: one script, by whichever name it is started.
void collect_boot_scripts(Reader& reader) {
  std::vector<std::string> paths = {"/etc/rc.local", "/etc/rc.d/rc.local", "/etc/init.d/boot.local",
                                    "/etc/init.d/after.local"};
  const std::string folder = "/etc/init.d";
  for (const std::string& name : reader.names(folder).value_or(std::vector<std::string>())) {
    if (is_run_parts_name(name, false)) {
      paths.push_back(folder + "/" + name);
    }
  }
  const std::string local = "/etc/local.d";  // of OpenRC
  for (const std::string& name : reader.names(local).value_or(std::vector<std::string>())) {
    if (name.ends_with(".start") || name.ends_with(".stop")) {
      paths.push_back(local + "/" + name);
    }
  }
  std::map<std::string, std::vector<std::string>> names;  // of a script, by its path without links
  std::vector<std::string> order;
  for (const std::string& path : paths) {
    if (!reader.is_file(path)) {
      continue;
    }
    std::vector<std::string>& of_one = names[reader.real_path(path)];
    if (of_one.empty()) {
      order.push_back(reader.real_path(path));
    }
    if (std::find(of_one.begin(), of_one.end(), path) == of_one.end()) {
      of_one.push_back(path);
    }
  }
  for (const std::string& real : order) {
    add_script(reader, Kind::boot_script, names[real], "root", {});
  }
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
