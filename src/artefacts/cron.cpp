#include <array>
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

bool add_crontab(Reader& reader, const std::string& path, const std::string& user) {
  const auto text = reader.text(path);
  for (Artefact& one : parse_crontab(text.value_or(std::string()), path, user)) {
    reader.add(std::move(one));
  }
  return text.has_value();
}

void system_tables(Reader& reader, bool debian) {
  bool any = add_crontab(reader, "/etc/crontab", {});
  if (const auto names = reader.names("/etc/cron.d")) {
    any = true;
    for (const std::string& name : *names) {
      if (is_cron_name(name, debian)) {
        add_crontab(reader, "/etc/cron.d/" + name, {});
      }
    }
  }
  if (any) {
    reader.found().places.insert(Place::system_crontabs);
  }
}

/// Named after their users. Red Hat's lie where others have folders.
void user_tables(Reader& reader) {
  constexpr std::array<const char*, 4> kFolders = {
      "/var/spool/cron/crontabs", "/var/spool/cron/tabs", "/var/spool/cron", "/etc/crontabs"};
  for (const char* const folder : kFolders) {
    const auto names = reader.names(folder);
    if (!names) {
      continue;
    }
    reader.found().places.insert(Place::user_crontabs);
    for (const std::string& name : *names) {
      const std::string path = std::string(folder) + "/" + name;
      if (is_cron_name(name, false) && !name.starts_with("tmp.") && reader.is_file(path)) {
        add_crontab(reader, path, name);
      }
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
  user_tables(reader);
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
