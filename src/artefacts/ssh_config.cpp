#include "ssh_config.hpp"

#include <algorithm>
#include <utility>

#include "auexfil/audit/fields.hpp"
#include "lines.hpp"

namespace auexfil::artefacts {
namespace {

/// ssh's patterns: * and ?.
bool matches(std::string_view pattern, std::string_view name) {
  std::size_t star = std::string_view::npos;
  std::size_t tried = 0;
  std::size_t p = 0;
  for (std::size_t n = 0; n < name.size();) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      tried = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++tried;
    } else {
      return false;
    }
  }
  return std::all_of(pattern.begin() + static_cast<std::ptrdiff_t>(p), pattern.end(),
                     [](char c) { return c == '*'; });
}

/// One of them, and none that is negated.
bool is_meant(std::string_view patterns, std::string_view host) {
  bool any = false;
  for (std::string_view word = take_word(patterns); !word.empty(); word = take_word(patterns)) {
    word = unquoted(word);
    const bool is_negated = word.starts_with('!');
    if (matches(word.substr(is_negated ? 1 : 0), host)) {
      if (is_negated) {
        return false;
      }
      any = true;
    }
  }
  return any;
}

/// %h is what the command named.
std::string with_name(std::string_view value, std::string_view host) {
  std::string made;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '%' && i + 1 < value.size() && (value[i + 1] == 'h' || value[i + 1] == '%')) {
      made.append(value[i + 1] == 'h' ? host : "%");
      ++i;
    } else {
      made += value[i];
    }
  }
  return made;
}

template <typename T, typename U>
void set(std::optional<T>& to, U&& value) {
  if (!to) {
    to = std::forward<U>(value);
  }
}

}  // namespace

void read_ssh_config(std::string_view text, std::string_view host, SshHost& of) {
  bool holds = true;
  each_line(text, [&](std::string_view line, std::uint32_t) {
    line = trimmed(line);
    const std::size_t end = std::min(line.find_first_of(" \t="), line.size());
    const std::string key = lower(line.substr(0, end));
    std::string_view value = trimmed(line.substr(end));
    if (value.starts_with('=')) {
      value = trimmed(value.substr(1));
    }
    if (line.starts_with('#') || value.empty()) {
      return;
    }
    if (key == "host") {
      holds = is_meant(value, host);
      return;
    }
    if (key == "match") {
      holds = lower(value) == "all";
      return;
    }
    if (!holds) {
      return;
    }
    if (key == "hostname") {
      set(of.host, with_name(unquoted(value), host));
    } else if (key == "proxyjump") {
      set(of.jump, std::string(unquoted(value)));
    } else if (key == "proxycommand") {
      set(of.command, std::string(unquoted(value)));
    } else if (std::uint32_t port = 0;
               key == "port" && audit::parse_number(value, port) && port <= 0xffff) {
      set(of.port, static_cast<std::uint16_t>(port));
    }
  });
}

}  // namespace auexfil::artefacts
