#include "auexfil/transfer/file_rules.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "auexfil/transfer/tools.hpp"
#include "section_reader.hpp"
#include "words.hpp"

namespace auexfil::transfer {
namespace {

constexpr std::size_t kMostWords = 64;

void need(const SectionReader& read, const input::Patterns& patterns, std::string_view key) {
  if (patterns.empty()) {
    read.mistake(fmt::format("[{} {}] needs {}", read.section.kind, read.section.name, key));
  }
}

Staging load_staging(const input::Section& section, const SectionReader& read) {
  Staging staging;
  staging.verb = "made";
  for (const input::Entry& entry : section.entries) {
    if (entry.key == "program") {
      read.patterns(entry, staging.program);
    } else if (entry.key == "needs") {
      read.patterns(entry, staging.needs);
    } else if (entry.key == "verb") {
      staging.verb = entry.value;
    } else if (entry.key == "output") {
      read.options(entry, staging.output);
    } else if (entry.key == "values") {
      staging.values = entry.value;
    } else if (entry.key == "bundle") {
      staging.bundle = entry.value == "yes";
      if (!staging.bundle) {
        read.mistake(entry, fmt::format("bundle is yes, not '{}'", entry.value));
      }
    } else if (entry.key == "operand") {
      read.number(entry, "words", staging.operand);
    } else if (entry.key == "prefix") {
      read.number(entry, "words", staging.prefix);
    } else if (entry.key == "suffix") {
      const std::vector<std::string> endings = split_words(entry.value);
      staging.suffix.insert(staging.suffix.end(), endings.begin(), endings.end());
    } else {
      read.unknown_key(entry, {"program", "needs", "verb", "output", "values", "bundle", "operand",
                               "prefix", "suffix"});
    }
  }
  need(read, staging.program, "program");
  return staging;
}

/// A command line in which some options take a value.
class OutputReader {
 public:
  OutputReader(const Staging& staging, const std::vector<std::string>& argv)
      : staging_(staging), argv_(argv) {}

  std::vector<Written> read() {
    bool options = true;
    for (at_ = 1; at_ < argv_.size() && operands_.size() < kMostWords; ++at_) {
      const std::string_view word = argv_[at_];
      if (options && word == "--") {
        options = false;
      } else if (options && word.size() > 1 && word.front() == '-') {
        read_option(word);
      } else if (at_ == 1 && staging_.bundle) {
        read_bundle(word);
      } else {
        operands_.push_back(word);
      }
    }
    add_operands();
    return std::move(written_);
  }

 private:
  std::string_view next() { return at_ + 1 < argv_.size() ? argv_[++at_] : std::string_view{}; }

  void add(std::string_view name, bool is_prefix = false) {
    if (!name.empty() && name != "-" && written_.size() < kMostWords) {
      written_.push_back({std::string(name), is_prefix});
    }
  }

  [[nodiscard]] bool is_output(std::string_view name) const {
    return std::find(staging_.output.begin(), staging_.output.end(), name) != staging_.output.end();
  }

  void add_output(std::string_view name) {
    has_output_ = true;
    add(name);
  }

  void read_option(std::string_view word) {
    const std::size_t equals = word.find('=');
    if (is_output(word)) {
      add_output(next());
    } else if (equals != word.npos && is_output(word.substr(0, equals))) {
      add_output(word.substr(equals + 1));
    } else if (word[1] != '-') {
      read_bundle(word.substr(1));
    }
  }

  /// The first of a bundle of short options that takes a value takes the rest, or the next word.
  void read_bundle(std::string_view letters) {
    for (std::size_t i = 0; i < letters.size(); ++i) {
      const char name[] = {'-', letters[i]};
      const bool writes = is_output({name, 2});
      if (!writes && staging_.values.find(letters[i]) == std::string::npos) {
        continue;
      }
      const std::string_view rest = letters.substr(i + 1);
      const bool attached = !rest.empty() && !(staging_.bundle && at_ == 1 && argv_[1][0] != '-');
      const std::string_view value = attached ? rest : next();
      if (writes) {
        add_output(value);
      }
      if (attached) {
        return;
      }
    }
  }

  void add_operands() {
    if (staging_.operand > 0 && operands_.size() >= staging_.operand) {
      add(operands_[staging_.operand - 1]);
    }
    if (staging_.prefix > 0) {
      add(operands_.size() >= staging_.prefix ? operands_[staging_.prefix - 1] : "x", true);
    }
    for (const std::string_view operand : operands_) {
      for (const std::string& ending : staging_.suffix) {
        if (!has_output_ && operand != "-") {
          add(std::string(operand) + ending);
        }
      }
    }
  }

  const Staging& staging_;
  const std::vector<std::string>& argv_;
  std::size_t at_ = 1;
  bool has_output_ = false;
  std::vector<std::string_view> operands_;
  std::vector<Written> written_;
};

}  // namespace

FileRules FileRules::load(const std::vector<input::Section>& sections,
                          std::vector<input::Mistake>& mistakes) {
  FileRules rules;
  for (const input::Section& section : sections) {
    const SectionReader read{section, mistakes};
    if (section.kind == "own") {
      Own& own = rules.own_.emplace_back();
      for (const input::Entry& entry : section.entries) {
        if (entry.key == "path") {
          read.patterns(entry, own.path);
        } else if (entry.key == "program") {
          read.patterns(entry, own.program);
        } else {
          read.unknown_key(entry, {"path", "program"});
        }
      }
      need(read, own.path, "path");
    } else if (section.kind == "staging") {
      rules.staging_.push_back(load_staging(section, read));
    } else if (section.kind == "removal") {
      Removal& removal = rules.removal_.emplace_back();
      for (const input::Entry& entry : section.entries) {
        if (entry.key == "program") {
          read.patterns(entry, removal.program);
        } else if (entry.key == "needs") {
          read.patterns(entry, removal.needs);
        } else {
          read.unknown_key(entry, {"program", "needs"});
        }
      }
      need(read, removal.program, "program");
    }
  }
  return rules;
}

bool FileRules::is_own(std::string_view path, std::string_view program) const {
  return std::any_of(own_.begin(), own_.end(), [&](const Own& own) {
    return (own.program.empty() || own.program.match(program)) && own.path.match(path);
  });
}

const Staging* FileRules::staging_of(std::string_view program,
                                     const std::vector<std::string>& argv) const {
  for (const Staging& staging : staging_) {
    if (staging.program.match(program) &&
        (staging.needs.empty() || staging.needs.match(join_argv(argv)))) {
      return &staging;
    }
  }
  return nullptr;
}

bool FileRules::removes(std::string_view program, const std::vector<std::string>& argv) const {
  return std::any_of(removal_.begin(), removal_.end(), [&](const Removal& removal) {
    return removal.program.match(program) &&
           (removal.needs.empty() || removal.needs.match(join_argv(argv)));
  });
}

std::vector<Written> written_by(const Staging& staging, const std::vector<std::string>& argv) {
  return OutputReader(staging, argv).read();
}

std::vector<std::string_view> local_words(const Tool& tool, const std::vector<std::string>& argv) {
  constexpr std::size_t kMost = 64;
  const Words words = split_argv(tool, argv);
  std::vector<std::string_view> local;
  const auto add = [&](std::string_view word) {
    if (!word.empty() && word != "-" && local.size() < kMost &&
        word.find("://") == std::string_view::npos) {
      local.push_back(word);
    }
  };
  if (tool.grammar == Grammar::host) {
    return local;
  }
  if (tool.grammar == Grammar::copy) {
    for (const std::string_view operand : words.operands) {
      if (!is_remote(operand)) {
        add(operand);
      }
    }
    return local;
  }
  const auto add_text = [&](std::string_view text) {
    add(text);
    // curl -F file=@FILE;type=…, socat FILE:FILE
    const std::string_view first = text.substr(0, text.find(';'));
    const std::size_t mark = first.find_last_of("@=:");
    if (mark != std::string_view::npos && text.find("://") == std::string_view::npos) {
      add(first.substr(mark + 1));
    }
  };
  for (const std::string_view operand : words.operands) {
    add_text(operand);
  }
  for (const Option& option : words.options) {
    add_text(option.value);
  }
  return local;
}

std::vector<std::string_view> plain_words(const std::vector<std::string>& argv) {
  std::vector<std::string_view> words;
  bool options = true;
  for (std::size_t i = 1; i < argv.size() && words.size() < kMostWords; ++i) {
    const std::string_view word = argv[i];
    if (options && word == "--") {
      options = false;
    } else if (!word.empty() && (!options || word.front() != '-')) {
      words.push_back(word);
    }
  }
  return words;
}

}  // namespace auexfil::transfer
