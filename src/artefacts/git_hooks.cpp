#include <set>
#include <string>
#include <utility>

#include "lines.hpp"
#include "sources.hpp"

namespace auexfil::artefacts {
namespace {

/// git calls a hook by a path that may be relative: ".git/hooks/post-commit".
void add_hooks(Reader& reader, const std::string& folder, std::set<std::string>& known) {
  if (!known.insert(reader.real_path(folder)).second) {
    return;  // git's home is /srv/git on some
  }
  for (const std::string& name : reader.names(folder).value_or(std::vector<std::string>())) {
    const std::string path = folder + "/" + name;
    if (name.ends_with(".sample") || !reader.is_file(path)) {
      continue;
    }
    Artefact one;
    one.kind = Kind::git_hook;
    one.path = path;
    one.command = path;
    one.executable = reader.is_executable(path);
    one.commands = {{Word{{"", "hooks/" + name}, false}, Word{{"", ""}, true}}};
    reader.add(std::move(one));
  }
}

void repositories_below(Reader& reader, const std::string& top, std::set<std::string>& known) {
  for (const std::string& name : reader.names(top).value_or(std::vector<std::string>())) {
    const std::string path = top + "/" + name;
    if (name.ends_with(".git")) {
      add_hooks(reader, path + "/hooks", known);
    } else if (!name.starts_with('.')) {
      add_hooks(reader, path + "/.git/hooks", known);
    }
  }
}

}  // namespace

/// Those that lie right below a home, or where servers keep them.
void collect_git_hooks(Reader& reader) {
  std::set<std::string> known;  // folders of hooks, without links
  const std::vector<Account> homes = reader.found().homes;
  for (const Account& account : homes) {
    add_hooks(reader, account.home + "/.git/hooks", known);
    repositories_below(reader, account.home, known);
  }
  for (const char* const top :
       {"/srv", "/srv/git", "/opt", "/var/www", "/var/lib/git", "/usr/src"}) {
    repositories_below(reader, top, known);
  }
}

}  // namespace auexfil::artefacts
