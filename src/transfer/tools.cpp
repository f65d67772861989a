#include "auexfil/transfer/tools.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "auexfil/host/automation.hpp"
#include "section_reader.hpp"

namespace auexfil::transfer {
namespace {

const std::vector<std::string_view> kToolKeys = {
    "program",     "shape",   "child", "script", "needs",   "works_for", "grammar",  "values",
    "long_values", "rest",    "port",  "peer",   "deaf",    "local",     "rsh",      "service",
    "only",        "out",     "in",    "nature", "side",    "floor",     "control",  "transport",
    "number",      "sources", "files", "posts",  "folders", "narrows",   "orders",   "batch",
    "input",       "puts",    "via",   "usual",  "meant",   "maps",      "elsewhere"};

struct Loader : SectionReader {
  static bool read_port(std::string_view text, std::uint16_t& port) {
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, port);
    return error == std::errc{} && rest == end;
  }

  void ports(const input::Entry& entry, std::vector<std::uint16_t>& to) const {
    for (const std::string& item : input::split_list(entry.value)) {
      std::uint16_t port = 0;
      if (read_port(item, port)) {
        to.push_back(port);
      } else {
        mistake(entry, fmt::format("'{}' is no port (1 to 65535)", item));
      }
    }
  }

  /// "20, 1024-65535"
  void ranges(const input::Entry& entry, std::vector<Ports>& to) const {
    for (const std::string& item : input::split_list(entry.value)) {
      const std::string_view text = item;
      const std::size_t dash = text.find('-');
      Ports ports;
      if (!read_port(text.substr(0, dash), ports.first) ||
          !read_port(text.substr(dash == text.npos ? 0 : dash + 1), ports.last) ||
          ports.last < ports.first) {
        mistake(entry, fmt::format("'{}' is neither a port (1 to 65535) nor a range such as "
                                   "1024-65535",
                                   item));
      } else {
        to.push_back(ports);
      }
    }
  }

  /// Options that take a port, and the port that stands where none is given.
  void port_key(const input::Entry& entry, Tool& tool) const {
    for (const std::string& item : input::split_list(entry.value)) {
      if (item.starts_with('-')) {
        tool.port_options.push_back(item);
        continue;
      }
      const auto [rest, error] = std::from_chars(item.data(), item.data() + item.size(), tool.port);
      if (error != std::errc{} || rest != item.data() + item.size() || tool.port == 0) {
        mistake(entry, fmt::format("'{}' is neither an option nor a port (1 to 65535)", item));
      }
    }
  }

  /// Options whose value is a peer, and expressions with a group `host`.
  void peer_key(const input::Entry& entry, Tool& tool) const {
    for (const std::string& item : input::split_list(entry.value)) {
      if (item.starts_with('-')) {
        tool.peer_options.push_back(item);
        continue;
      }
      std::string error;
      tool.peer_patterns.push_back(input::Pattern::compile(item, &error));
      if (error.empty() && (!item.starts_with('/') || item.find("(?<host>") == item.npos)) {
        error = fmt::format("'{}' is neither an option nor an expression with a group (?<host>…)",
                            item);
      }
      if (!error.empty()) {
        mistake(entry, error);
      }
    }
  }

  /// The keys that tell where in the arguments something stands. \return false: it is none.
  bool argument_key(const input::Entry& entry, Tool& tool) const {
    if (entry.key == "script") {
      patterns(entry, tool.script);
    } else if (entry.key == "needs") {
      patterns(entry, tool.needs);
    } else if (entry.key == "port") {
      port_key(entry, tool);
    } else if (entry.key == "peer") {
      peer_key(entry, tool);
    } else if (entry.key == "deaf") {
      options(entry, tool.deaf);
    } else if (entry.key == "local") {
      options(entry, tool.local);
    } else if (entry.key == "rsh") {
      options(entry, tool.rsh);
    } else if (entry.key == "via") {
      options(entry, tool.via);
    } else if (entry.key == "meant") {
      options(entry, tool.meant);
    } else if (entry.key == "maps") {
      options(entry, tool.maps);
    } else if (entry.key == "elsewhere") {
      options(entry, tool.elsewhere);
    } else if (entry.key == "service") {
      tool.service = entry.value;
    } else if (entry.key == "rest") {
      number(entry, "operands", tool.rest);
    } else if (entry.key == "only") {
      tool.argv_only = entry.value == "argv";
      if (!tool.argv_only) {
        mistake(entry, fmt::format("only is argv, not '{}'", entry.value));
      }
    } else {
      return false;
    }
    return true;
  }

  /// The keys that tell what goes out. \return false: it is none.
  bool source_key(const input::Entry& entry, Tool::Sends& sends) const {
    if (entry.key == "sources") {
      const char* const end = entry.value.data() + entry.value.size();
      const auto [at, error] = std::from_chars(entry.value.data(), end, sends.from_operand);
      sends.last_operand = entry.value == "last";
      if (!sends.last_operand && (error != std::errc{} || at != end || sends.from_operand == 0)) {
        mistake(entry,
                fmt::format("sources is a number of an operand, 1 or more, or last, not '{}'",
                            entry.value));
      }
    } else if (entry.key == "files") {
      options(entry, sends.files);
    } else if (entry.key == "posts") {
      options(entry, sends.posts);
    } else if (entry.key == "folders") {
      sends.all_folders = entry.value == "always";
      if (!sends.all_folders) {
        options(entry, sends.folders);
      }
    } else if (entry.key == "narrows") {
      options(entry, sends.narrows);
    } else if (entry.key == "orders") {
      options(entry, sends.orders);
    } else if (entry.key == "batch") {
      options(entry, sends.batch);
    } else if (entry.key == "input") {
      sends.input = entry.value == "data"     ? Tool::Input::data
                    : entry.value == "orders" ? Tool::Input::orders
                                              : Tool::Input::unused;
      if (sends.input == Tool::Input::unused) {
        mistake(entry, fmt::format("input is data or orders, not '{}'", entry.value));
      }
    } else if (entry.key == "puts") {
      sends.many_puts = entry.value == "all";
      if (!sends.many_puts && entry.value != "first") {
        mistake(entry, fmt::format("puts is first or all, not '{}'", entry.value));
      }
    } else {
      return false;
    }
    return true;
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
      mistake(entry, fmt::format("'{}' is no size; write 4096, 4KiB or 4KB", entry.value));
      return;
    }
    to = number * factor;
  }
};

Tool load_tool(const input::Section& section, std::vector<input::Mistake>& mistakes) {
  const Loader load{{section, mistakes}};
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
      } else if (word == "dial") {
        tool.grammar = Grammar::dial;
      } else if (word == "tagged") {
        tool.grammar = Grammar::tagged;
      } else if (word != "none") {
        load.mistake(entry, fmt::format("unknown grammar '{}'; there are copy, host, first, url, "
                                        "hostport, dial, tagged and none",
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
        load.mistake(entry, fmt::format("nature is out or in, not '{}'", entry.value));
      }
    } else if (entry.key == "side") {
      tool.server = entry.value == "server";
      if (entry.value != "server" && entry.value != "client") {
        load.mistake(entry, fmt::format("side is client or server, not '{}'", entry.value));
      }
    } else if (entry.key == "transport") {
      tool.udp = entry.value == "udp";
      if (entry.value != "udp" && entry.value != "tcp") {
        load.mistake(entry, fmt::format("transport is tcp or udp, not '{}'", entry.value));
      }
    } else if (entry.key == "number") {
      tool.lowest = entry.value == "lowest";
      if (!tool.lowest) {
        load.mistake(entry, fmt::format("number is lowest, not '{}'", entry.value));
      }
    } else if (entry.key == "floor") {
      load.size(entry, tool.floor);
    } else if (entry.key == "control") {
      load.ports(entry, tool.control);
    } else if (entry.key == "usual") {
      load.ranges(entry, tool.usual);
    } else if (!load.argument_key(entry, tool) && !load.source_key(entry, tool.sends)) {
      load.unknown_key(entry, kToolKeys);
    }
  }
  if (tool.program.empty() && tool.shape.empty()) {
    load.mistake(
        fmt::format("[tool {}] has neither program nor shape: nothing can be it", section.name));
  }
  return tool;
}

Control load_control(const input::Section& section, std::vector<input::Mistake>& mistakes) {
  const Loader load{{section, mistakes}};
  Control control;
  for (const input::Entry& entry : section.entries) {
    if (entry.key == "port") {
      load.ports(entry, control.ports);
    } else if (entry.key == "data") {
      load.ranges(entry, control.data);
    } else if (entry.key == "transport") {
      control.udp = entry.value == "udp";
      if (entry.value != "udp" && entry.value != "tcp") {
        load.mistake(entry, fmt::format("transport is tcp or udp, not '{}'", entry.value));
      }
    } else {
      load.unknown_key(entry, {"port", "data", "transport"});
    }
  }
  if (section.find("port") == nullptr) {
    load.mistake(fmt::format("[control {}] needs port", section.name));
  }
  return control;
}

bool is_among(const std::vector<std::uint16_t>& ports, std::uint16_t port) {
  return std::find(ports.begin(), ports.end(), port) != ports.end();
}

/// A tool's own stand in place of those of streams.
bool is_control_of(const Control& control, const Tool* tool, std::uint16_t port) {
  const bool has_own = !control.udp && tool != nullptr && !tool->control.empty();
  return is_among(has_own ? tool->control : control.ports, port);
}

}  // namespace

Tools Tools::load(const std::vector<input::Section>& sections,
                  std::vector<input::Mistake>& mistakes) {
  Tools tools;
  for (const input::Section& section : sections) {
    const Loader load{{section, mistakes}};
    if (section.kind == "tool") {
      tools.tools_.push_back(load_tool(section, mistakes));
    } else if (section.kind == "multicall") {
      for (const input::Entry& entry : section.entries) {
        if (entry.key == "program") {
          load.patterns(entry, tools.multicall_);
        } else if (entry.key == "interpreter") {
          load.patterns(entry, tools.interpreters_);
        } else {
          load.unknown_key(entry, {"program", "interpreter"});
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
    } else if (section.kind == "control") {
      tools.controls_.push_back(load_control(section, mistakes));
    }
  }
  tools.index_names();
  tools.files_ = FileRules::load(sections, mistakes);
  return tools;
}

void Tools::index_names() {
  for (std::uint32_t i = 0; i < tools_.size(); ++i) {
    const Tool& tool = tools_[i];
    bool has_glob = false;
    for (const input::Pattern& pattern : tool.program) {
      if (!pattern.is_literal()) {
        has_glob = true;
        continue;
      }
      std::vector<std::uint32_t>& of_name = by_name_[pattern.text()];
      if (of_name.empty() || of_name.back() != i) {
        of_name.push_back(i);
      }
    }
    if (has_glob) {
      by_glob_.push_back(i);
    }
    if (!tool.shape.empty()) {
      shapes_.push_back(i);
    }
    if (!tool.child.empty()) {
      parents_.push_back(i);
    }
  }
}

template <typename IsIt>
const Tool* Tools::first_called(std::string_view name, const IsIt& is_it) const {
  if (name.empty()) {
    return nullptr;
  }
  static const std::vector<std::uint32_t> none;
  const auto named = by_name_.find(name);
  const std::vector<std::uint32_t>& words = named == by_name_.end() ? none : named->second;
  auto word = words.begin();
  auto glob = by_glob_.begin();
  while (word != words.end() || glob != by_glob_.end()) {
    const bool is_word = glob == by_glob_.end() || (word != words.end() && *word <= *glob);
    const Tool& tool = tools_[is_word ? *word : *glob];
    if ((is_word || tool.program.match(name)) && is_it(tool)) {
      return &tool;
    }
    if (is_word && glob != by_glob_.end() && *glob == *word) {
      ++glob;
    }
    ++(is_word ? word : glob);
  }
  return nullptr;
}

const Tool* Tools::find_by_name(std::string_view exe, const std::vector<std::string>& argv) const {
  std::string_view name = host::base_name(exe);
  std::string_view called = argv.empty() ? std::string_view{} : host::base_name(argv.front());
  if (multicall_.match(name)) {
    name = multicall_.match(called) && argv.size() > 1 ? std::string_view(argv[1]) : called;
    called = {};
  }
  std::string joined;
  std::optional<input::AskedText> asked;
  const auto text = [&]() -> const input::AskedText& {
    if (!asked) {
      joined = join_argv(argv);
      asked.emplace(joined);
    }
    return *asked;
  };
  for (const std::string_view candidate : {name, called}) {
    const Tool* const tool = first_called(
        candidate, [&](const Tool& one) { return one.needs.empty() || one.needs.match(text()); });
    if (tool != nullptr) {
      // A server's own arguments tell more than its name (rsync --daemon).
      const auto server = std::find_if(shapes_.begin(), shapes_.end(), [&](std::uint32_t one) {
        return tools_[one].server && tools_[one].shape.match(text());
      });
      return server != shapes_.end() ? &tools_[*server] : tool;
    }
  }
  return find_script(exe, argv);
}

/// "/usr/bin/python3 /usr/bin/borg create …" is borg.
const Tool* Tools::find_script(std::string_view exe, const std::vector<std::string>& argv) const {
  if (argv.size() < 2 || !interpreters_.match(host::base_name(exe))) {
    return nullptr;
  }
  for (const Tool& tool : tools_) {
    if (tool.script.match(host::base_name(argv[1])) &&
        (tool.needs.empty() || tool.needs.match(join_argv(argv)))) {
      return &tool;
    }
  }
  return nullptr;
}

const Tool* Tools::find_by_shape(const std::vector<std::string>& argv) const {
  const std::string joined = join_argv(argv);
  const input::AskedText text(joined);
  const auto hit = std::find_if(shapes_.begin(), shapes_.end(),
                                [&](std::uint32_t one) { return tools_[one].shape.match(text); });
  return hit == shapes_.end() ? nullptr : &tools_[*hit];
}

const Tool* Tools::find_by_child(const std::vector<std::string>& child_argv) const {
  const std::string joined = join_argv(child_argv);
  const input::AskedText text(joined);
  const auto hit = std::find_if(parents_.begin(), parents_.end(),
                                [&](std::uint32_t one) { return tools_[one].child.match(text); });
  return hit == parents_.end() ? nullptr : &tools_[*hit];
}

bool Tools::is_same_program(std::string_view exe, std::string_view called) const {
  return multicall_.match(exe) ||
         first_called(exe, [&](const Tool& tool) { return tool.program.match(called); }) != nullptr;
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
    return (udp ? lookup.udp : lookup.tcp) && is_among(lookup.ports, port);
  });
}

bool Tools::is_control(const Tool* tool, std::uint16_t port) const {
  return std::any_of(controls_.begin(), controls_.end(), [&](const Control& control) {
    return !control.udp && is_control_of(control, tool, port);
  });
}

bool Tools::is_data_of(const Tool* tool, To control, To data) const {
  return std::any_of(controls_.begin(), controls_.end(), [&](const Control& one) {
    return (!one.udp || (control.udp && data.udp)) && is_control_of(one, tool, control.port) &&
           (one.data.empty() ||
            std::any_of(one.data.begin(), one.data.end(), [&](const Ports& ports) {
              return ports.first <= data.port && data.port <= ports.last;
            }));
  });
}

std::string join_argv(const std::vector<std::string>& argv) {
  constexpr std::size_t kMost = 4096;  // patterns are asked of it, and a line has a megabyte
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
