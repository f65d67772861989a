#include "words.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "auexfil/host/automation.hpp"
#include "auexfil/transfer/operands.hpp"

namespace auexfil::transfer {
namespace {

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Does the option take the next word as its value where none is attached?
bool takes_value(const Tool& tool, std::string_view name) {
  if (name.size() == 2 && tool.values.find(name[1]) != std::string::npos) {
    return true;
  }
  return holds(tool.long_values, name) || holds(tool.port_options, name) ||
         holds(tool.peer_options, name) || holds(tool.deaf, name) || holds(tool.rsh, name) ||
         holds(tool.via, name) || holds(tool.meant, name) || holds(tool.maps, name) ||
         holds(tool.elsewhere, name);
}

class Splitter {
 public:
  Splitter(const Tool& tool, const std::vector<std::string>& argv) : tool_(tool), argv_(argv) {}

  Words split() {
    // "busybox ftpput …": the applet's name is no operand of it.
    const bool applet = argv_.size() > 1 && (argv_[0].find("busybox") != std::string::npos ||
                                             argv_[0].find("toybox") != std::string::npos);
    // "python3 /usr/bin/borg create …": neither is the script's.
    const bool script = argv_.size() > 1 && tool_.script.match(host::base_name(argv_[1]));
    bool options = true;
    for (at_ = applet || script ? 2 : 1; at_ < argv_.size(); ++at_) {
      const std::string_view word = argv_[at_];
      if (options && word == "--") {
        options = false;
      } else if (!options || word.size() < 2 || word[0] != '-') {
        words_.operands.push_back(word);
        words_.texts.push_back(word);
        words_.last_may_be_value = options && is_behind_option_;
        if (tool_.rest != 0 && words_.operands.size() >= tool_.rest) {
          break;
        }
      } else if (word[1] == '-' || takes_value(tool_, word)) {
        read_long(word);
      } else {
        read_bundle(word);
      }
      is_behind_option_ = options && word.starts_with("--") && at_ < argv_.size() &&
                          argv_[at_] == word && word.find('=') == std::string_view::npos;
    }
    return std::move(words_);
  }

 private:
  void add(std::string_view name, std::string_view value) {
    words_.options.push_back({name, value});
    if (!value.empty() && !holds(tool_.deaf, name)) {
      words_.texts.push_back(value);
    }
  }

  std::string_view next() { return at_ + 1 < argv_.size() ? argv_[++at_] : std::string_view{}; }

  void read_long(std::string_view word) {
    const std::size_t equals = word.find('=');
    if (equals != std::string_view::npos) {
      add(word.substr(0, equals), word.substr(equals + 1));
    } else {
      add(word, takes_value(tool_, word) ? next() : std::string_view{});
    }
  }

  /// The first of a bundle of short options that takes a value takes the rest, or the next word.
  void read_bundle(std::string_view word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      letter_[1] = word[i];
      const std::string_view rest = word.substr(i + 1);
      if (takes_value(tool_, letter_)) {
        add(name_of(word[i]), rest.empty() ? next() : rest);
        return;
      }
      add(name_of(word[i]), {});
    }
  }

  /// "-x", for as long as the program runs.
  static std::string_view name_of(char c) {
    static const std::string names = [] {
      std::string all;
      for (int i = 0; i < 256; ++i) {
        all += {'-', static_cast<char>(i)};
      }
      return all;
    }();
    return std::string_view(names).substr(std::size_t{2} * static_cast<unsigned char>(c), 2);
  }

  const Tool& tool_;
  const std::vector<std::string>& argv_;
  std::string letter_ = "-?";
  std::size_t at_ = 1;
  bool is_behind_option_{};  ///< the word before is a long option without a value
  Words words_;
};

}  // namespace

Words split_argv(const Tool& tool, const std::vector<std::string>& argv) {
  return Splitter(tool, argv).split();
}

std::vector<std::string> operands_of(const Tool& tool, const std::vector<std::string>& argv) {
  const Words words = split_argv(tool, argv);
  return {words.operands.begin(), words.operands.end()};
}

std::optional<std::string_view> value_of(const Option& option,
                                         const std::vector<std::string>& names) {
  for (const std::string_view name : names) {
    if (name == option.name) {
      return option.value;
    }
    const std::string_view key = name.substr(std::min<std::size_t>(2, name.size()));
    const bool setting = !key.empty() && name[1] != '-' && name.substr(0, 2) == option.name &&
                         option.value.size() > key.size() &&
                         std::equal(key.begin(), key.end(), option.value.begin(),
                                    [](unsigned char a, unsigned char b) {
                                      return std::tolower(a) == std::tolower(b);
                                    });
    if (setting) {
      const std::string_view rest = option.value.substr(key.size());
      const std::size_t begin = rest.find_first_not_of(" =");
      if (begin != 0 && begin != std::string_view::npos) {
        return rest.substr(begin);
      }
    }
  }
  return std::nullopt;
}

}  // namespace auexfil::transfer
