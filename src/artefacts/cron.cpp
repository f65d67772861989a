#include <array>
#include <set>
#include <utility>

#include "crontab.hpp"
#include "lines.hpp"
#include "scripts.hpp"
#include "sources.hpp"

namespace auexfil::artefacts {
namespace {

bool is_debian(Reader& reader) {
  if (reader.is_file("/etc/debian_version")) {
    return true;
  }
  for (const char* const path : {"/etc/os-release", "/usr/lib/os-release"}) {
    if (const auto text = reader.text(path)) {
      bool is_one = false;
      each_line(*text, [&](std::string_view line, std::uint32_t) {
        is_one = is_one || ((line.starts_with("ID=") || line.starts_with("ID_LIKE=")) &&
                            line.find("debian") != std::string_view::npos);
      });
      return is_one;
    }
  }
  return false;
}

/// CRON_TZ is cronie's alone: Debian's cron has one zone for all (crontab(5), "LIMITATIONS").
bool has_zones(Reader& reader, bool debian) {
  return !debian || reader.is_file("/var/lib/dpkg/info/cronie.list");
}

bool add_crontab(Reader& reader, const std::string& path, const std::string& user, bool zones) {
  const auto text = reader.text(path);
  for (Artefact& one : parse_crontab(text.value_or(std::string()), path, user)) {
    one.zone = zones ? std::move(one.zone) : std::string();
    reader.add(std::move(one));
  }
  return text.has_value();
}

void system_tables(Reader& reader, bool debian) {
  const bool zones = has_zones(reader, debian);
  const bool has_table = add_crontab(reader, "/etc/crontab", {}, zones);
  if (const auto names = reader.names("/etc/cron.d")) {
    if (has_table) {
      reader.found().places.insert(Place::system_crontabs);
    }
    for (const std::string& name : *names) {
      if (is_cron_name(name, debian)) {
        add_crontab(reader, "/etc/cron.d/" + name, {}, zones);
      }
    }
  }
}

/// Named after their users. Red Hat's lie where others have folders; one folder may lead to
/// another.
void user_tables(Reader& reader, bool debian) {
  constexpr std::array<std::string_view, 4> kFolders = {
      "/var/spool/cron/crontabs", "/var/spool/cron/tabs", "/var/spool/cron", "/etc/crontabs"};
  const bool zones = has_zones(reader, debian);
  std::set<std::string> read;
  for (const std::string_view folder : kFolders) {
    const auto names = reader.names(std::string(folder));
    if (!names) {
      continue;
    }
    if (!debian || folder == kFolders.front()) {
      reader.found().places.insert(Place::user_crontabs);
    }
    for (const std::string& name : *names) {
      const std::string path = std::string(folder) + "/" + name;
      if (is_cron_name(name, false) && !name.starts_with("tmp.") && reader.is_file(path) &&
          read.insert(reader.real_path(path)).second) {
        add_crontab(reader, path, name, zones);
      }
    }
  }
}

/// As they were typed; what fcron reads are other files, made of these. Of systab each line names
/// its user.
void fcron_tables(Reader& reader) {
  const std::string folder = "/var/spool/fcron";
  constexpr std::string_view kEnd = ".orig";
  for (const std::string& name : reader.names(folder).value_or(std::vector<std::string>())) {
    const std::string path = folder + "/" + name;
    if (!name.ends_with(kEnd) || !reader.is_file(path)) {
      continue;
    }
    const std::string user = name.substr(0, name.size() - kEnd.size());
    for (Artefact& one : parse_fcrontab(reader.text(path).value_or(std::string()), path,
                                        user == "systab" ? std::string() : user)) {
      reader.add(std::move(one));
    }
  }
}

void scripts(Reader& reader, bool debian) {
  constexpr std::array<std::pair<const char*, const char*>, 9> kFolders = {
      {{"/etc/cron.hourly", "hourly"},
       {"/etc/cron.daily", "daily"},
       {"/etc/cron.weekly", "weekly"},
       {"/etc/cron.monthly", "monthly"},
       {"/etc/periodic/15min", "every 15 minutes"},
       {"/etc/periodic/hourly", "hourly"},
       {"/etc/periodic/daily", "daily"},
       {"/etc/periodic/weekly", "weekly"},
       {"/etc/periodic/monthly", "monthly"}}};
  for (const auto& [folder, schedule] : kFolders) {
    for (const std::string& name : reader.names(folder).value_or(std::vector<std::string>())) {
      const std::string path = std::string(folder) + "/" + name;
      if (is_run_parts_name(name, debian) && reader.is_file(path)) {
        add_script(reader, Kind::cron_script, {path}, "root", schedule);
      }
    }
  }
}

}  // namespace

void collect_cron(Reader& reader) {
  const bool debian = is_debian(reader);
  system_tables(reader, debian);
  user_tables(reader, debian);
  fcron_tables(reader);
  scripts(reader, debian);
  for (Artefact& one : parse_anacrontab(reader.text("/etc/anacrontab").value_or(std::string()),
                                        "/etc/anacrontab")) {
    reader.add(std::move(one));
  }
  for (const char* const path : {"/usr/lib/systemd/system-generators/systemd-crontab-generator",
                                 "/lib/systemd/system-generators/systemd-crontab-generator"}) {
    if (reader.is_file(path)) {
      reader.found().places.insert(Place::systemd_cron);
    }
  }
}

}  // namespace auexfil::artefacts
