#include <utility>

#include "lines.hpp"
#include "sources.hpp"

namespace auexfil::artefacts {
namespace {

/// git calls a hook by a path that may be relative: ".git/hooks/post-commit".
void add_hooks(Reader& reader, const std::string& folder) {
  for (const std::string& name : reader.names(folder).value_or(std::vector<std::string>())) {
    const std::string path = folder + "/" + name;
    if (name.ends_with(".sample") || !reader.is_file(path)) {
      continue;
    }
    Artefact one;
    one.kind = Kind::git_hook;
    one.path = path;
    one.command = path;
    one.commands = {{Word{{"", "hooks/" + name}, false}, Word{{"", ""}, true}}};
    reader.add(std::move(one));
  }
}

void repositories_below(Reader& reader, const std::string& top) {
  for (const std::string& name : reader.names(top).value_or(std::vector<std::string>())) {
    const std::string path = top + "/" + name;
    if (name.ends_with(".git")) {
      add_hooks(reader, path + "/hooks");
    } else if (!name.starts_with('.')) {
      add_hooks(reader, path + "/.git/hooks");
    }
  }
}

}  // namespace

/// Those that lie right below a home, or where servers keep them.
void collect_git_hooks(Reader& reader) {
  const std::vector<Account> homes = reader.found().homes;
  for (const Account& account : homes) {
    add_hooks(reader, account.home + "/.git/hooks");
    repositories_below(reader, account.home);
  }
  for (const char* const top :
       {"/srv", "/srv/git", "/opt", "/var/www", "/var/lib/git", "/usr/src"}) {
    repositories_below(reader, top);
  }
}

}  // namespace auexfil::artefacts
