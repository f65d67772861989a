#include "fit.hpp"

#include <algorithm>
#include <array>

#include "lines.hpp"

namespace auexfil::artefacts {
namespace {

constexpr std::size_t kMostWords = 4096;
constexpr std::size_t kMostSuffixes = 16;
constexpr std::size_t kMostInterpreterWords = 4;

using Argv = std::span<const std::string_view>;

/// /bin is /usr/bin of merged file systems.
std::string_view without_usr(std::string_view path) {
  constexpr std::string_view kUsr = "/usr/";
  return path.starts_with(kUsr) ? path.substr(kUsr.size() - 1) : path;
}

/// A name without a folder is looked for in PATH.
bool same_program(std::string_view named, std::string_view ran) {
  if (named == ran) {
    return true;
  }
  if (named.find('/') == std::string_view::npos || ran.find('/') == std::string_view::npos) {
    return !named.empty() && base_name(named) == base_name(ran);
  }
  return without_usr(named) == without_usr(ran);
}

bool is_program(const Word& word, std::string_view ran) {
  return word.is_plain() ? same_program(word.pieces.front(), ran) : word.matches(ran);
}

/// Words of any count among them: which prefixes of `argv` do the words up to here take?
bool match_lists(std::span<const Word> words, Argv argv, bool argv_cut) {
  std::vector<bool> takes(argv.size() + 1);
  takes[0] = true;
  for (const Word& word : words) {
    if (argv_cut && takes[argv.size()]) {
      return true;
    }
    if (word.any_count) {
      for (std::size_t i = 0; i < argv.size(); ++i) {
        takes[i + 1] = takes[i + 1] || (takes[i] && word.matches(argv[i]));
      }
      continue;
    }
    for (std::size_t i = argv.size(); i > 0; --i) {
      takes[i] = takes[i - 1] && word.matches(argv[i - 1]);
    }
    takes[0] = false;
  }
  return takes[argv.size()];
}

Fit match_words(std::span<const Word> words, Argv argv, bool argv_cut) {
  const bool is_plain =
      std::all_of(words.begin(), words.end(), [](const Word& word) { return word.is_plain(); });
  if (!is_plain) {
    return match_lists(words, argv, argv_cut) ? Fit::loose : Fit::none;
  }
  if (argv.size() > words.size() || (!argv_cut && argv.size() != words.size()) ||
      !std::equal(argv.begin(), argv.end(), words.begin(),
                  [](std::string_view text, const Word& word) { return word.matches(text); })) {
    return Fit::none;
  }
  return argv.size() == words.size() ? Fit::words : Fit::loose;
}

/// What runs a script that stands among its arguments: python3.11 is python.
bool is_interpreter(std::string_view name) {
  constexpr std::array<std::string_view, 10> kOthers = {
      "python", "perl", "ruby", "php", "node", "expect", "tclsh", "lua", "env", "busybox"};
  return is_shell(name) ||
         std::any_of(kOthers.begin(), kOthers.end(), [name](std::string_view one) {
           return name.starts_with(one) &&
                  name.find_first_not_of("0123456789.", one.size()) == std::string_view::npos;
         });
}

/// A command is run as it is, or by the interpreter that its first line names.
Fit match_command(const Words& words, const Ran& program) {
  const Argv argv = Argv(program.argv).first(std::min(program.argv.size(), kMostWords));
  const bool is_cut = program.argv_cut || argv.size() < program.argv.size();
  const std::span<const Word> arguments = std::span(words).subspan(1);
  const bool interprets = !argv.empty() && is_interpreter(base_name(argv.front()));
  for (std::size_t i = 0; i < argv.size() && i <= kMostInterpreterWords; ++i) {
    const bool is_script = i == 0 || argv[i] == program.script ||
                           (interprets && argv[i].find('/') != std::string_view::npos);
    if (is_script && is_program(words.front(), argv[i])) {
      const Fit found = match_words(arguments, argv.subspan(i + 1), is_cut);
      if (found != Fit::none) {
        return words.front().is_plain() ? found : Fit::loose;
      }
    }
  }
  return Fit::none;
}

/// The words behind sudo, timeout, nice and their kin.
bool match_behind(const Words& words, const Ran& program) {
  const std::size_t last = std::min(words.size(), kMostSuffixes);
  for (std::size_t i = 1; i < last; ++i) {
    if (words[i].is_plain() && is_program(words[i], program.argv.front()) &&
        match_words(std::span(words).subspan(i + 1), Argv(program.argv).subspan(1),
                    program.argv_cut) != Fit::none) {
      return true;
    }
  }
  return false;
}

bool names_script(const Words& words, const Ran& program) {
  return !program.script.empty() && std::any_of(words.begin(), words.end(), [&](const Word& word) {
    return word.is_plain() && same_program(word.pieces.front(), program.script);
  });
}

}  // namespace

bool is_shell(std::string_view name) {
  constexpr std::array<std::string_view, 9> kShells = {"sh",  "bash", "dash", "ash", "ksh",
                                                       "zsh", "mksh", "csh",  "tcsh"};
  return std::find(kShells.begin(), kShells.end(), name) != kShells.end();
}

std::string_view given_text(const Ran& program) {
  if (program.argv.size() < 3 || !program.argv[1].starts_with('-') ||
      program.argv[1].find('c') == std::string_view::npos) {
    return {};
  }
  std::string_view name = base_name(program.argv[0]);
  name.remove_prefix(name.starts_with('-') ? 1U : 0U);
  return is_shell(name) ? trimmed(program.argv[2]) : std::string_view();
}

Fit fit(const Artefact& artefact, const Ran& program) {
  const std::string_view given = given_text(program);
  if (!given.empty() && given == artefact.command) {
    return Fit::text;
  }
  Fit best = Fit::none;
  for (const Words& words : artefact.commands) {
    if (program.argv.empty()) {
      if (is_program(words.front(), program.exe) && words.front().is_plain()) {
        best = std::max(best, Fit::script);
      }
      continue;
    }
    Fit found = match_command(words, program);
    if (found == Fit::none && match_behind(words, program)) {
      found = Fit::loose;
    } else if (found == Fit::none && names_script(words, program)) {
      found = Fit::script;
    }
    best = std::max(best, found);
  }
  return best;
}

}  // namespace auexfil::artefacts
