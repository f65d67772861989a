#include "auexfil/transfer/tools.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "auexfil/host/automation.hpp"

namespace auexfil::transfer {
namespace {

const std::vector<std::string_view> kToolKeys = {
    "program", "shape", "child",  "works_for", "grammar", "values",  "long_values",
    "out",     "in",    "nature", "side",      "floor",   "control", "transport"};

struct Loader {
  const input::Section& section;
  std::vector<input::Mistake>& mistakes;

  void fault(const input::Entry& entry, std::string what) const {
    mistakes.push_back({section.file, entry.line, std::move(what)});
  }

  void patterns(const input::Entry& entry, std::vector<input::Pattern>& to) const {
    for (const std::string& item : input::split_list(entry.value)) {
      std::string error;
      to.push_back(input::Pattern::compile(item, &error));
      if (!error.empty()) {
        fault(entry, error);
      }
    }
  }

  void ports(const input::Entry& entry, std::vector<std::uint16_t>& to) const {
    for (const std::string& item : input::split_list(entry.value)) {
      std::uint16_t port = 0;
      const auto [rest, error] = std::from_chars(item.data(), item.data() + item.size(), port);
      if (error != std::errc{} || rest != item.data() + item.size()) {
        fault(entry, fmt::format("'{}' is no port (1 to 65535)", item));
      } else {
        to.push_back(port);
      }
    }
  }

  void size(const input::Entry& entry, std::uint64_t& to) const {
    std::uint64_t number = 0;
    const char* const end = entry.value.data() + entry.value.size();
    const auto [rest, error] = std::from_chars(entry.value.data(), end, number);
    const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
    const std::uint64_t factor = unit.empty() || unit == "B" ? 1
                                 : unit == "KiB"             ? 1024
                                 : unit == "KB"              ? 1000
                                 : unit == "MiB"             ? 1024 * 1024
                                 : unit == "MB"              ? 1'000'000
                                                             : 0;
    if (error != std::errc{} || factor == 0 || number > (1ULL << 40)) {
      fault(entry, fmt::format("'{}' is no size; write 4096, 4KiB or 4KB", entry.value));
      return;
    }
    to = number * factor;
  }

  void unknown_key(const input::Entry& entry, const std::vector<std::string_view>& known) const {
    const std::string near = input::nearest_word(entry.key, known);
    fault(entry,
          fmt::format("unknown key '{}' in [{} {}]{}", entry.key, section.kind, section.name,
                      near.empty() ? std::string{} : fmt::format("; did you mean '{}'?", near)));
  }
};

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t start = text.find_first_not_of(' ', at);
    if (start == std::string_view::npos) {
      break;
    }
    const std::size_t end = std::min(text.find(' ', start), text.size());
    words.emplace_back(text.substr(start, end - start));
    at = end;
  }
  return words;
}

Tool load_tool(const input::Section& section, std::vector<input::Mistake>& mistakes) {
  const Loader load{section, mistakes};
  Tool tool;
  tool.name = section.name;
  for (const input::Entry& entry : section.entries) {
    if (entry.key == "program") {
      load.patterns(entry, tool.program);
    } else if (entry.key == "shape") {
      load.patterns(entry, tool.shape);
    } else if (entry.key == "child") {
      load.patterns(entry, tool.child);
    } else if (entry.key == "works_for") {
      tool.works_for = input::split_list(entry.value);
    } else if (entry.key == "grammar") {
      const std::string& word = entry.value;
      if (word == "copy") {
        tool.grammar = Grammar::copy;
      } else if (word == "host") {
        tool.grammar = Grammar::host;
      } else if (word == "first") {
        tool.grammar = Grammar::first;
      } else if (word == "url") {
        tool.grammar = Grammar::url;
      } else if (word == "hostport") {
        tool.grammar = Grammar::hostport;
      } else if (word == "tagged") {
        tool.grammar = Grammar::tagged;
      } else if (word != "none") {
        load.fault(entry, fmt::format("unknown grammar '{}'; there are copy, host, first, url, "
                                      "hostport, tagged and none",
                                      word));
      }
    } else if (entry.key == "values") {
      tool.values = entry.value;
    } else if (entry.key == "long_values") {
      tool.long_values = split_words(entry.value);
    } else if (entry.key == "out") {
      load.patterns(entry, tool.out);
    } else if (entry.key == "in") {
      load.patterns(entry, tool.in);
    } else if (entry.key == "nature") {
      tool.nature = entry.value == "out"  ? Direction::out
                    : entry.value == "in" ? Direction::in
                                          : Direction::unknown;
      if (tool.nature == Direction::unknown) {
        load.fault(entry, fmt::format("nature is out or in, not '{}'", entry.value));
      }
    } else if (entry.key == "side") {
      tool.server = entry.value == "server";
      if (entry.value != "server" && entry.value != "client") {
        load.fault(entry, fmt::format("side is client or server, not '{}'", entry.value));
      }
    } else if (entry.key == "transport") {
      tool.udp = entry.value == "udp";
      if (entry.value != "udp" && entry.value != "tcp") {
        load.fault(entry, fmt::format("transport is tcp or udp, not '{}'", entry.value));
      }
    } else if (entry.key == "floor") {
      load.size(entry, tool.floor);
    } else if (entry.key == "control") {
      load.ports(entry, tool.control);
    } else {
      load.unknown_key(entry, kToolKeys);
    }
  }
  if (tool.program.empty() && tool.shape.empty()) {
    mistakes.push_back(
        {section.file, section.line,
         fmt::format("[tool {}] has neither program nor shape: nothing can be it", section.name)});
  }
  return tool;
}

}  // namespace

Tools Tools::load(const std::vector<input::Section>& sections,
                  std::vector<input::Mistake>& mistakes) {
  Tools tools;
  for (const input::Section& section : sections) {
    const Loader load{section, mistakes};
    if (section.kind == "tool") {
      tools.tools_.push_back(load_tool(section, mistakes));
    } else if (section.kind == "multicall") {
      for (const input::Entry& entry : section.entries) {
        if (entry.key == "program") {
          load.patterns(entry, tools.multicall_);
        } else {
          load.unknown_key(entry, {"program"});
        }
      }
    } else if (section.kind == "lookup") {
      Lookup lookup;
      for (const input::Entry& entry : section.entries) {
        if (entry.key == "port") {
          load.ports(entry, lookup.ports);
        } else if (entry.key == "transport") {
          lookup.tcp = entry.value.find("tcp") != std::string::npos;
          lookup.udp = entry.value.find("udp") != std::string::npos;
        } else {
          load.unknown_key(entry, {"port", "transport"});
        }
      }
      tools.lookups_.push_back(std::move(lookup));
    }
  }
  for (const Tool& tool : tools.tools_) {
    for (const std::string& other : tool.works_for) {
      static_cast<void>(other);  // may name programs that have no section of their own
    }
  }
  return tools;
}

const Tool* Tools::find_by_name(std::string_view exe, const std::vector<std::string>& argv) const {
  std::string_view name = host::base_name(exe);
  std::string_view called = argv.empty() ? std::string_view{} : host::base_name(argv.front());
  if (host::any_matches(multicall_, name)) {
    name = host::any_matches(multicall_, called) && argv.size() > 1 ? std::string_view(argv[1])
                                                                    : called;
    called = {};
  }
  for (const std::string_view candidate : {name, called}) {
    for (const Tool& tool : tools_) {
      if (host::any_matches(tool.program, candidate)) {
        // A server's own arguments tell more than its name (rsync --daemon).
        for (const Tool& other : tools_) {
          if (other.server && !other.shape.empty() &&
              host::any_matches(other.shape, join_argv(argv))) {
            return &other;
          }
        }
        return &tool;
      }
    }
  }
  return nullptr;
}

const Tool* Tools::find_by_shape(const std::vector<std::string>& argv) const {
  const std::string text = join_argv(argv);
  for (const Tool& tool : tools_) {
    if (host::any_matches(tool.shape, text)) {
      return &tool;
    }
  }
  return nullptr;
}

const Tool* Tools::find_by_child(const std::vector<std::string>& child_argv) const {
  const std::string text = join_argv(child_argv);
  for (const Tool& tool : tools_) {
    if (host::any_matches(tool.child, text)) {
      return &tool;
    }
  }
  return nullptr;
}

const Tool* Tools::find(std::string_view name) const {
  for (const Tool& tool : tools_) {
    if (tool.name == name) {
      return &tool;
    }
  }
  return nullptr;
}

bool Tools::is_lookup(std::uint16_t port, bool udp) const {
  return std::any_of(lookups_.begin(), lookups_.end(), [&](const Lookup& lookup) {
    return (udp ? lookup.udp : lookup.tcp) &&
           std::find(lookup.ports.begin(), lookup.ports.end(), port) != lookup.ports.end();
  });
}

std::string join_argv(const std::vector<std::string>& argv) {
  constexpr std::size_t kMost = 4096;
  std::string text;
  for (const std::string& arg : argv) {
    if (!text.empty()) {
      text.push_back(' ');
    }
    text += arg;
    if (text.size() > kMost) {
      text.resize(kMost);
      break;
    }
  }
  return text;
}

}  // namespace auexfil::transfer
