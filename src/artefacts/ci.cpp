#include <array>
#include <utility>

#include "commands.hpp"
#include "lines.hpp"
#include "sources.hpp"
#include "tables.hpp"

namespace auexfil::artefacts {
namespace {

/// A program that may be given any arguments.
Words called(const std::string& program) {
  return {Word{{program}, false}, Word{{"", ""}, true}};
}

void add_runner(Reader& reader, const std::string& path, const std::string& command,
                std::vector<Words> commands) {
  if (!reader.is_file(path)) {
    return;
  }
  Artefact one;
  one.kind = Kind::ci_runner;
  one.path = path;
  one.command = command;
  one.commands = std::move(commands);
  reader.add(std::move(one));
}

/// Its folder has a file .runner, wherever it was unpacked.
void github_runner(Reader& reader, const std::string& folder) {
  add_runner(reader, folder + "/.runner", folder + "/run.sh",
             {called(folder + "/runsvc.sh"), called(folder + "/run.sh"),
              called(folder + "/bin/Runner.Listener"), called(folder + "/bin/Runner.Worker")});
}

void github_runners_below(Reader& reader, const std::string& top) {
  for (const std::string& name : reader.names(top).value_or(std::vector<std::string>())) {
    github_runner(reader, top + "/" + name);
  }
}

/// Scripts that it runs before, behind and in place of the steps of a job, by bash: they need no
/// right to be executed.
void buildkite_hooks(Reader& reader) {
  const std::string folder = "/etc/buildkite-agent/hooks";
  for (const std::string& name : reader.names(folder).value_or(std::vector<std::string>())) {
    const std::string path = folder + "/" + name;
    if (!name.ends_with(".sample") && reader.is_file(path)) {
      Artefact one;
      one.kind = Kind::ci_job;
      one.path = path;
      one.command = path;
      one.commands = {called(path)};
      reader.add(std::move(one));
    }
  }
}

std::string without_entities(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 6> kNames = {{{"&amp;", '&'},
                                                                        {"&lt;", '<'},
                                                                        {"&gt;", '>'},
                                                                        {"&quot;", '"'},
                                                                        {"&apos;", '\''},
                                                                        {"&#xd;", '\r'}}};
  std::string made;
  while (!text.empty()) {
    std::size_t taken = 1;
    char c = text.front();
    for (const auto& [name, stands_for] : kNames) {
      if (c == '&' && text.starts_with(name)) {
        taken = name.size();
        c = stands_for;
        break;
      }
    }
    made.push_back(c);
    text.remove_prefix(taken);
  }
  return made;
}

}  // namespace

std::vector<Artefact> parse_jenkins_job(std::string_view text, const std::string& path) {
  constexpr std::string_view kBegin = "<command>";
  constexpr std::string_view kEnd = "</command>";
  std::vector<Artefact> found;
  std::uint32_t line = 1;
  std::size_t counted = 0;
  for (std::size_t at = text.find(kBegin); at != std::string_view::npos;
       at = text.find(kBegin, at)) {
    for (; counted < at; ++counted) {
      line += text[counted] == '\n' ? 1U : 0U;
    }
    const std::size_t begin = at + kBegin.size();
    const std::size_t end = std::min(text.find(kEnd, begin), text.size());
    Artefact one;
    one.command = trimmed(without_entities(text.substr(begin, end - begin)));
    at = end;
    if (one.command.empty()) {
      continue;
    }
    one.kind = Kind::ci_job;
    one.path = path;
    one.line = line;
    one.commands = split_shell(one.command);
    found.push_back(std::move(one));
  }
  return found;
}

void collect_ci(Reader& reader) {
  const std::vector<Account> homes = reader.found().homes;
  for (const Account& account : homes) {
    github_runners_below(reader, account.home);
    add_runner(reader, account.home + "/.gitlab-runner/config.toml", "gitlab-runner run",
               {called("gitlab-runner")});
  }
  for (const char* const top : {"/opt", "/srv", "/var/lib"}) {
    github_runners_below(reader, top);
  }
  github_runner(reader, "/actions-runner");
  add_runner(reader, "/etc/gitlab-runner/config.toml", "gitlab-runner run",
             {called("gitlab-runner")});
  add_runner(reader, "/etc/buildkite-agent/buildkite-agent.cfg", "buildkite-agent start",
             {called("buildkite-agent")});
  buildkite_hooks(reader);
  const std::string jobs = "/var/lib/jenkins/jobs";
  for (const std::string& name : reader.names(jobs).value_or(std::vector<std::string>())) {
    const std::string path = jobs + "/" + name + "/config.xml";
    for (Artefact& one : parse_jenkins_job(reader.text(path).value_or(std::string()), path)) {
      reader.add(std::move(one));
    }
  }
}

}  // namespace auexfil::artefacts
