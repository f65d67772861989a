#include <fmt/format.h>

#include "auexfil/host/automation.hpp"

namespace auexfil::host {
namespace {

const std::vector<std::string_view> kSignKeys = {"program",  "argv", "opener",
                                                 "terminal", "job",  "text"};

void add_patterns(const input::Section& section, const input::Entry& entry, input::Patterns& to,
                  std::vector<input::Mistake>& mistakes) {
  for (const std::string& item : input::split_list(entry.value)) {
    std::string error;
    to.push_back(input::Pattern::compile(item, &error));
    if (!error.empty()) {
      mistakes.push_back({section.file, entry.line, error});
    }
  }
}

Signs::Sign load_sign(const input::Section& section, std::vector<input::Mistake>& mistakes) {
  Signs::Sign sign;
  sign.name = section.name;
  for (const input::Entry& entry : section.entries) {
    if (entry.key == "program") {
      add_patterns(section, entry, sign.program, mistakes);
    } else if (entry.key == "argv") {
      add_patterns(section, entry, sign.argv, mistakes);
    } else if (entry.key == "opener") {
      add_patterns(section, entry, sign.opener, mistakes);
    } else if (entry.key == "terminal") {
      add_patterns(section, entry, sign.terminal, mistakes);
    } else if (entry.key == "job") {
      sign.job = entry.value;
    } else if (entry.key == "text") {
      sign.text = entry.value;
    } else {
      const std::string near = input::nearest_word(entry.key, kSignKeys);
      mistakes.push_back(
          {section.file, entry.line,
           fmt::format("unknown key '{}' in [sign {}]{}", entry.key, section.name,
                       near.empty() ? std::string{} : fmt::format("; did you mean '{}'?", near))});
    }
  }
  if (sign.program.empty() && sign.argv.empty() && sign.opener.empty() && sign.terminal.empty()) {
    mistakes.push_back({section.file, section.line,
                        fmt::format("[sign {}] names nothing to look for: give program, argv, "
                                    "opener or terminal",
                                    section.name)});
  }
  return sign;
}

Signs::Broker load_broker(const input::Section& section, std::vector<input::Mistake>& mistakes) {
  static const std::vector<std::string_view> kKeys = {"program",  "argv",  "below",  "tie",
                                                      "terminal", "later", "perhaps"};
  Signs::Broker broker;
  broker.name = section.name;
  const auto flag = [&](const input::Entry& entry) {
    if (entry.value != "yes" && entry.value != "no") {
      mistakes.push_back({section.file, entry.line,
                          fmt::format("{} = {} is neither yes nor no", entry.key, entry.value)});
    }
    return entry.value == "yes";
  };
  for (const input::Entry& entry : section.entries) {
    if (entry.key == "program") {
      add_patterns(section, entry, broker.program, mistakes);
    } else if (entry.key == "argv") {
      add_patterns(section, entry, broker.argv, mistakes);
    } else if (entry.key == "below") {
      add_patterns(section, entry, broker.below, mistakes);
    } else if (entry.key == "terminal") {
      broker.terminal = flag(entry);
    } else if (entry.key == "later") {
      broker.later = flag(entry);
    } else if (entry.key == "perhaps") {
      broker.perhaps = flag(entry);
    } else if (entry.key == "tie" && (entry.value == "argv" || entry.value == "unit" ||
                                      entry.value == "user" || entry.value == "attached")) {
      broker.tie = entry.value == "argv"   ? Signs::Tie::argv
                   : entry.value == "unit" ? Signs::Tie::unit
                   : entry.value == "user" ? Signs::Tie::user
                                           : Signs::Tie::attached;
    } else if (entry.key == "tie") {
      mistakes.push_back(
          {section.file, entry.line,
           fmt::format("tie = {} is none of argv, unit, user and attached", entry.value)});
    } else {
      const std::string near = input::nearest_word(entry.key, kKeys);
      mistakes.push_back(
          {section.file, entry.line,
           fmt::format("unknown key '{}' in [broker {}]{}", entry.key, section.name,
                       near.empty() ? std::string{} : fmt::format("; did you mean '{}'?", near))});
    }
  }
  if (broker.program.empty() || broker.below.empty()) {
    mistakes.push_back({section.file, section.line,
                        fmt::format("[broker {}] needs program and below", section.name)});
  }
  return broker;
}

input::Patterns* find_words(Signs& signs, std::string_view name) {
  return name == "shells"               ? &signs.shells
         : name == "terminals"          ? &signs.terminals
         : name == "installed"          ? &signs.installed
         : name == "interpreters"       ? &signs.interpreters
         : name == "logins"             ? &signs.logins
         : name == "openers"            ? &signs.openers
         : name == "scripted-terminals" ? &signs.scripted_terminals
         : name == "wrappers"           ? &signs.wrappers
         : name == "seats"              ? &signs.seats
         : name == "displays"           ? &signs.displays
         : name == "ssh-openers"        ? &signs.ssh_openers
         : name == "ssh-terminals"      ? &signs.ssh_terminals
                                        : nullptr;
}

}  // namespace

void rename_old_sections(std::vector<input::Section>& sections) {
  for (input::Section& section : sections) {
    if (section.kind == "words" && section.name == "puppets") {
      section.name = "scripted-terminals";
    }
  }
}

Signs load_signs(const std::vector<input::Section>& sections,
                 std::vector<input::Mistake>& mistakes) {
  Signs signs;
  for (const input::Section& section : sections) {
    if (section.kind == "sign") {
      signs.signs.push_back(load_sign(section, mistakes));
    } else if (section.kind == "reason") {
      signs.reasons.load(section, mistakes);
    } else if (section.kind == "broker") {
      signs.brokers.push_back(load_broker(section, mistakes));
    } else if (section.kind == "words") {
      input::Patterns* const list = find_words(signs, section.name);
      if (list == nullptr) {
        mistakes.push_back({section.file, section.line,
                            fmt::format("unknown list [words {}]; there are shells, terminals, "
                                        "installed, interpreters, logins, openers, "
                                        "scripted-terminals, wrappers, seats, displays, "
                                        "ssh-openers and ssh-terminals",
                                        section.name)});
        continue;
      }
      for (const input::Entry& entry : section.entries) {
        if (entry.key == "program") {
          add_patterns(section, entry, *list, mistakes);
        } else {
          mistakes.push_back({section.file, entry.line,
                              fmt::format("unknown key '{}' in [words {}]; there is only 'program'",
                                          entry.key, section.name)});
        }
      }
    }
  }
  return signs;
}

}  // namespace auexfil::host
