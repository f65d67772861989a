#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "commands.hpp"
#include "lines.hpp"
#include "sources.hpp"
#include "unit_file.hpp"

namespace auexfil::artefacts {
namespace {

/// The units of one manager.
class UnitPath {
 public:
  /// \param folders  highest first (systemd.unit(5), "Unit File Load Path").
  UnitPath(Reader& reader, const std::vector<std::string>& folders) : reader_(reader) {
    for (const std::string& folder : folders) {
      for (const std::string& name : reader_.names(folder).value_or(std::vector<std::string>())) {
        const bool is_unit =
            name.ends_with(".service") || name.ends_with(".timer") || name.ends_with(".path");
        if (is_unit) {
          fragments_.try_emplace(name, folder + "/" + name);
        } else if (name.ends_with(".d")) {
          drop_ins_[name].push_back(folder + "/" + name);
        } else if (name.ends_with(".wants") || name.ends_with(".requires") ||
                   name.ends_with(".upholds")) {
          const auto links = reader_.names(folder + "/" + name);
          // Collections without links have such folders empty, or none but the vendor's.
          has_links_ = has_links_ || (links && !links->empty() && !folder.starts_with("/usr/") &&
                                      !folder.starts_with("/lib/"));
          for (const std::string& link : links.value_or(std::vector<std::string>())) {
            enabled_.insert(link);
            enabled_.insert(template_of(link));
          }
        }
      }
    }
    add_instances();
  }

  /// By name; the file of each is the one that counts.
  [[nodiscard]] const std::map<std::string, std::string>& fragments() const { return fragments_; }

  /// Does a unit have an entry of its own, whatever its template has?
  [[nodiscard]] bool has_entry(const std::string& unit) const {
    return instances_.contains(unit) || has_own_file(unit);
  }

  /// Instances that have no file of their own but the template's, and drop-ins; the folder of these
  /// that counts.
  [[nodiscard]] const std::map<std::string, std::string>& instances() const { return instances_; }

  /// Is it known that no link lets a timer or a path start with the machine? What is made at
  /// run time needs none.
  [[nodiscard]] bool is_disabled(const std::string& name, std::string_view path) const {
    return has_links_ && !enabled_.contains(name) && !path.starts_with("/run/");
  }

  /// Empty for a unit that is masked, another name of one, or not there.
  [[nodiscard]] UnitSettings load(const std::string& name) {
    UnitSettings unit;
    const std::string& path = fragments_.at(instances_.contains(name) ? template_of(name) : name);
    const std::string target = reader_.link_target(path);
    if (target == "/dev/null" || is_alias(base_name(path), target)) {
      return unit;
    }
    std::optional<std::string> text = reader_.text(path);
    if (text && !target.empty() && as_link(*text) == target) {
      text = reader_.text(target);  // kept as a file that holds where the link leads
    }
    if (!text || trimmed(*text).empty()) {
      return unit;
    }
    unit.read(*text);
    for (const auto& [file, drop_in] : drop_ins_of(name)) {
      unit.read(reader_.text(drop_in).value_or(std::string()));
    }
    return unit;
  }

 private:
  void add_instances() {
    for (const auto& [name, folders] : drop_ins_) {
      const std::string unit = name.substr(0, name.size() - 2);
      const std::string owner = template_of(unit);
      if (owner != unit && has_own_file(owner) && !has_own_file(unit)) {
        instances_.emplace(unit, folders.front());
      }
    }
    for (const auto& [name, path] : fragments_) {
      if (!name.ends_with(".service")) {
        add_instance(name);  // a timer's of its own
      }
    }
    for (const std::string& name : enabled_) {
      add_instance(name);
    }
  }

  /// Of a template, by the name of the instance or of what starts it.
  void add_instance(const std::string& name) {
    const std::string service = name.substr(0, name.rfind('.')) + ".service";
    const auto owner = fragments_.find(template_of(service));
    if (owner != fragments_.end() && owner->first != service && !has_own_file(service)) {
      instances_.emplace(service, owner->second);
    }
  }

  /// An instance that is enabled is a link to its template: that is none.
  [[nodiscard]] bool has_own_file(const std::string& unit) const {
    const auto file = fragments_.find(unit);
    return file != fragments_.end() && !is_alias(unit, reader_.link_target(file->second));
  }

  [[nodiscard]] bool is_alias(std::string_view name, std::string_view target) const {
    const std::string_view other = base_name(target);
    return !target.empty() && other != name && fragments_.contains(std::string(other));
  }

  /// Of "a-b@c.service": the folders a-b@c.service.d, a-b@.service.d, a-.service.d and service.d;
  /// of files of one name the first counts, all are applied in the order of their names.
  [[nodiscard]] std::map<std::string, std::string> drop_ins_of(const std::string& name) {
    std::vector<std::string> owners = {name};
    const std::size_t dot = name.rfind('.');
    const std::string type = name.substr(dot);
    const std::size_t at = name.find('@');
    if (at != std::string::npos && at + 1 < dot) {
      owners.push_back(name.substr(0, at + 1) + type);
    }
    const std::string plain = name.substr(0, std::min(at, dot));
    for (std::size_t dash = plain.rfind('-'); dash != std::string::npos && dash > 0;
         dash = plain.rfind('-', dash - 1)) {
      owners.push_back(plain.substr(0, dash + 1) + type);
    }
    owners.push_back(type.substr(1));
    std::map<std::string, std::string> files;
    for (const std::string& owner : owners) {
      const auto found = drop_ins_.find(owner + ".d");
      for (const std::string& folder :
           found == drop_ins_.end() ? std::vector<std::string>() : found->second) {
        for (const std::string& file : reader_.names(folder).value_or(std::vector<std::string>())) {
          if (file.ends_with(".conf")) {
            files.try_emplace(file, folder + "/" + file);
          }
        }
      }
    }
    return files;
  }

  Reader& reader_;
  std::map<std::string, std::string> fragments_;
  std::map<std::string, std::string> instances_;
  std::map<std::string, std::vector<std::string>, std::less<>> drop_ins_;  // highest folder first
  std::set<std::string> enabled_;  // what stands in folders of links, and templates of that
  bool has_links_ = false;
};

/// What starts a service: its timer, or a path that is watched.
struct Trigger {
  std::string path;
  std::string schedule;
  std::string zone;  ///< that its calendar names; empty: the image's
};

/// "Mon *-*-* 03:00 Europe/Paris": the last word, behind another (systemd.time(7)). Empty where its
/// times have none, or differ.
std::string zone_of(const UnitSettings& timer) {
  std::optional<std::string> zone;
  for (const std::string& value : timer.all("Timer.OnCalendar")) {
    const std::size_t blank = value.find_last_of(" \t");
    const bool has_one = blank != std::string::npos && blank + 1 < value.size() &&
                         std::isalpha(static_cast<unsigned char>(value[blank + 1])) != 0;
    std::string its = has_one ? value.substr(blank + 1) : std::string();
    if (zone && *zone != its) {
      return {};
    }
    zone = std::move(its);
  }
  return zone.value_or(std::string());
}

std::string schedule_of(const UnitSettings& timer) {
  std::string text;
  for (const char* const key : {"OnCalendar", "OnBootSec", "OnStartupSec", "OnActiveSec",
                                "OnUnitActiveSec", "OnUnitInactiveSec", "RandomizedDelaySec"}) {
    for (const std::string& value : timer.all(std::string("Timer.") + key)) {
      text.append(text.empty() ? "" : ", ").append(key).append("=").append(value);
    }
  }
  for (const char* const key :
       {"PathExists", "PathExistsGlob", "PathChanged", "PathModified", "DirectoryNotEmpty"}) {
    for (const std::string& value : timer.all(std::string("Path.") + key)) {
      text.append(text.empty() ? "" : ", ").append(key).append("=").append(value);
    }
  }
  return text;
}

std::map<std::string, Trigger> triggers_of(UnitPath& units) {
  std::map<std::string, Trigger> triggers;  // by service
  for (const auto& [name, path] : units.fragments()) {
    const bool is_timer = name.ends_with(".timer");
    if (!is_timer && !name.ends_with(".path")) {
      continue;
    }
    const UnitSettings unit = units.load(name);
    if (unit.empty()) {
      continue;
    }
    std::string service(unit.last(is_timer ? "Timer.Unit" : "Path.Unit"));
    if (service.empty()) {
      service = name.substr(0, name.rfind('.')) + ".service";
    }
    Trigger trigger{path, schedule_of(unit), zone_of(unit)};
    if (!trigger.schedule.empty() && units.is_disabled(name, path)) {
      trigger.schedule += ", not enabled";
    }
    if (!units.has_entry(service)) {
      triggers.try_emplace(template_of(service), trigger);
    }
    triggers.try_emplace(std::move(service), trigger);
  }
  return triggers;
}

/// The words of Environment=: NAME=VALUE, may be in quotes.
void add_variables(const std::string& value, const std::string& unit, Artefact& to) {
  for (const Words& words : split_exec(":" + value, unit)) {  // its `$` is no variable's
    for (const Word& word : words) {
      const std::string& text = word.pieces.front();
      const std::size_t equals = text.find('=');
      if (word.is_plain() && equals != std::string::npos && to.variables.size() < kMostVariables &&
          text.size() <= kMostValue) {
        to.variables.insert_or_assign(text.substr(0, equals), text.substr(equals + 1));
      }
    }
  }
}

/// Lines NAME=VALUE; a file of `EnvironmentFile=-` need not be there.
void add_variables_of(Reader& reader, std::string_view file, Artefact& to) {
  file.remove_prefix(file.starts_with('-') ? 1U : 0U);
  const std::string text = reader.text(std::string(file)).value_or(std::string());
  each_line(text, [&](std::string_view line, std::uint32_t) {
    line = trimmed(line);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || line.starts_with('#') || line.starts_with(';')) {
      return;
    }
    const std::string_view value = unquoted(trimmed(line.substr(equals + 1)));
    const std::string name(trimmed(line.substr(0, equals)));
    if (value.find('\\') == std::string_view::npos && value.size() <= kMostValue &&
        to.variables.size() < kMostVariables) {
      to.variables.insert_or_assign(name, std::string(value));
    } else {
      to.variables.erase(name);
    }
  });
}

/// What the files of a unit tell of its environment (systemd.exec(5)): files stand over the rest.
void set_environment(Reader& reader, const UnitSettings& unit, Artefact& to) {
  for (const std::string& value : unit.all("Service.Environment")) {
    add_variables(value, to.unit, to);
  }
  for (const std::string& file : unit.all("Service.EnvironmentFile")) {
    add_variables_of(reader, file, to);
  }
  const std::string_view folder = unit.last("Service.WorkingDirectory");
  if (folder.starts_with('/') && folder.find('%') == std::string_view::npos) {
    to.variables.insert_or_assign("PWD", std::string(folder));
  }
}

Artefact service_of(const std::string& name, const std::string& path, const UnitSettings& unit) {
  Artefact one;
  one.path = path;
  one.unit = name;
  one.user = unit.last("Service.User");
  if (one.user == "%i" || one.user == "%I") {
    const std::size_t at = std::min(name.find('@'), name.size());
    const std::string instance = name.substr(at, name.rfind('.') - at);
    one.user = instance.size() > 1 ? instance.substr(1) : one.user;
  }
  for (const char* const key : {"ExecStart", "ExecStartPre", "ExecStartPost", "ExecCondition",
                                "ExecReload", "ExecStop", "ExecStopPost"}) {
    for (const std::string& value : unit.all(std::string("Service.") + key)) {
      one.command.append(one.command.empty() ? "" : "; ").append(value);
      for (Words& words : split_exec(value, name)) {
        one.commands.push_back(std::move(words));
      }
    }
  }
  return one;
}

/// Its own, or that of its template's timer: each instance of that one starts the service's of the
/// same name.
const Trigger* trigger_of(const std::string& name, const std::map<std::string, Trigger>& triggers) {
  const auto own = triggers.find(name);
  const auto found = own != triggers.end() ? own : triggers.find(template_of(name));
  return found == triggers.end() ? nullptr : &found->second;
}

/// \param owner  of a manager that is a user's; null: the system's, or for all users.
void add_services(Reader& reader, UnitPath& units, Kind kind, const Account* owner) {
  const std::map<std::string, Trigger> triggers = triggers_of(units);
  std::map<std::string, std::string> all = units.fragments();
  for (const auto& [name, folder] : units.instances()) {
    all[name] = folder;
  }
  for (const auto& [name, path] : all) {
    if (!name.ends_with(".service")) {
      continue;
    }
    const UnitSettings unit = units.load(name);
    Artefact one = service_of(name, path, unit);
    if (one.command.empty()) {
      continue;
    }
    set_environment(reader, unit, one);
    one.kind = kind;
    if (kind == Kind::service) {
      one.user = one.user.empty() ? "root" : one.user;
    } else {
      one.user = owner != nullptr ? owner->name : std::string();
      one.uid = owner != nullptr ? owner->uid : std::nullopt;
    }
    // Of the manager's user, whoever the service runs as (systemd.unit(5), "Specifiers").
    if (kind == Kind::service || owner != nullptr) {
      one.variables["%h"] = owner != nullptr ? owner->home : "/root";
    }
    if (const Trigger* const trigger = trigger_of(name, triggers); trigger != nullptr) {
      one.starter = trigger->path;
      one.schedule = trigger->schedule;
      one.zone = trigger->zone;
    }
    reader.add(std::move(one));
  }
}

void system_units(Reader& reader) {
  UnitPath units(
      reader,
      {"/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient",
       "/run/systemd/generator.early", "/etc/systemd/system", "/etc/systemd/system.attached",
       "/run/systemd/system", "/run/systemd/system.attached", "/run/systemd/generator",
       "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
       "/run/systemd/generator.late"});
  if (reader.is_folder("/etc/systemd/system")) {
    reader.found().places.insert(Place::local_units);
  }
  if (reader.is_folder("/usr/lib/systemd/system") || reader.is_folder("/lib/systemd/system")) {
    reader.found().places.insert(Place::vendor_units);
  }
  add_services(reader, units, Kind::service, nullptr);
}

void user_units(Reader& reader) {
  const std::vector<std::string> shared = {"/etc/systemd/user", "/run/systemd/user",
                                           "/usr/local/lib/systemd/user", "/usr/lib/systemd/user",
                                           "/lib/systemd/user"};
  for (const Account& account : reader.found().homes) {
    UnitPath units(reader, {account.home + "/.config/systemd/user.control",
                            account.home + "/.config/systemd/user",
                            account.home + "/.local/share/systemd/user"});
    add_services(reader, units, Kind::user_service, &account);
  }
  if (std::any_of(shared.begin(), shared.end(),
                  [&](const std::string& folder) { return reader.is_folder(folder); })) {
    reader.found().places.insert(Place::local_user_units);
    UnitPath units(reader, shared);
    add_services(reader, units, Kind::user_service, nullptr);
  }
}

}  // namespace

void collect_units(Reader& reader) {
  system_units(reader);
  user_units(reader);
}

}  // namespace auexfil::artefacts
