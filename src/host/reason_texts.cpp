#include "auexfil/host/reason_texts.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace auexfil::host {
namespace {

using Words = std::vector<std::string_view>;

struct Known {
  std::string_view name;
  Words places;  ///< what the log can fill in
};

/// In the order of ReasonKind.
const std::vector<Known>& known() {
  static const std::vector<Known> all = {
      {"interactive-shell", {"shell", "pid", "terminal", "session"}},
      {"own-terminal", {"shell", "pid", "terminal", "program"}},
      {"typed-with-sudo", {"terminal", "session"}},
      {"asked-for", {"command"}},
      {"perhaps-asked-for", {"command"}},
      {"terminal-asked-for", {"terminal", "daemon", "pid"}},
      {"login-terminal", {"terminal", "session"}},
      {"seat", {"program", "pid"}},
      {"graphical-login", {"terminal", "session"}},
      {"detached", {"terminal"}},
      {"left-behind", {"ses"}},
      {"left-alone", {"ses", "terminal"}},
      {"detached-alone", {"terminal", "command", "pid"}},
      {"left-behind-asked", {}},
      {"left-behind-queued", {"command"}},
      {"left-behind-running", {"ses"}},
      {"left-behind-waiting", {}},
      {"detached-running", {"terminal"}},
      {"no-terminal", {}},
      {"made-up-terminal", {"terminal"}},
      {"forged-login", {"claimed", "ses", "pid", "writer", "opener"}},
      {"no-session", {}},
      {"ssh-session", {"session"}},
      {"out-of-sight", {"session"}},
      {"staged", {"who", "verb", "path"}},
      {"staged-piped", {"who", "verb"}},
      {"removed", {"who", "path"}}};
  return all;
}

std::string did_you_mean(std::string_view word, const Words& words) {
  const std::string near = input::nearest_word(word, words);
  return near.empty() ? std::string{} : fmt::format("; did you mean '{}'?", near);
}

/// Hands on each piece of a text and each {place} in it.
/// \return false: a brace has no partner.
template <typename OnText, typename OnPlace>
bool walk_places(std::string_view text, const OnText& on_text, const OnPlace& on_place) {
  while (!text.empty()) {
    const std::size_t open = std::min(text.find_first_of("{}"), text.size());
    on_text(text.substr(0, open));
    text.remove_prefix(open);
    if (text.empty()) {
      return true;
    }
    const std::size_t close = text.find_first_of("{}", 1);
    if (text.front() == '}' || close == std::string_view::npos || text[close] == '{') {
      return false;
    }
    on_place(text.substr(1, close - 1));
    text.remove_prefix(close + 1);
  }
  return true;
}

/// \return what is wrong with a sentence, or empty.
std::string mistake_in(std::string_view text, const Known& reason) {
  std::string mistake;
  const auto check = [&](std::string_view place) {
    if (std::find(reason.places.begin(), reason.places.end(), place) == reason.places.end()) {
      mistake = reason.places.empty()
                    ? fmt::format("nothing is known to stand for {{{}}} in [reason {}]", place,
                                  reason.name)
                    : fmt::format(
                          "nothing is known to stand for {{{}}} in [reason {}]; there are "
                          "{{{}}}",
                          place, reason.name, fmt::join(reason.places, "}, {"));
    }
  };
  if (!walk_places(
          text, [](std::string_view) {}, check)) {
    return "a brace without its partner; what the log fills in stands in {braces}";
  }
  return mistake;
}

}  // namespace

void ReasonTexts::load(const input::Section& section, std::vector<input::Mistake>& mistakes) {
  const auto reason = std::find_if(known().begin(), known().end(),
                                   [&](const Known& one) { return one.name == section.name; });
  if (reason == known().end()) {
    Words names;
    for (const Known& one : known()) {
      names.push_back(one.name);
    }
    mistakes.push_back(
        {section.file, section.line,
         fmt::format("unknown [reason {}]{}", section.name, did_you_mean(section.name, names))});
    return;
  }
  Text& to = texts_[static_cast<std::size_t>(reason - known().begin())];
  to = {section.name, {}, {}};
  for (const input::Entry& entry : section.entries) {
    if (entry.key == "sign") {
      to.sign = entry.value;
    } else if (entry.key == "job") {
      to.job = entry.value;
    } else if (entry.key == "text") {
      to.text = entry.value;
      if (std::string mistake = mistake_in(entry.value, *reason); !mistake.empty()) {
        mistakes.push_back({section.file, entry.line, std::move(mistake)});
      }
    } else {
      mistakes.push_back({section.file, entry.line,
                          fmt::format("unknown key '{}' in [reason {}]{}", entry.key, section.name,
                                      did_you_mean(entry.key, {"sign", "job", "text"}))});
    }
  }
  if (to.text.empty()) {
    mistakes.push_back({section.file, section.line,
                        fmt::format("[reason {}] says nothing: give text", section.name)});
  }
  if (to.job.empty()) {
    to.job = to.sign;
  }
}

std::string ReasonTexts::sentence(ReasonKind kind, Values values) const {
  std::string sentence;
  static_cast<void>(walk_places(
      of(kind).text, [&](std::string_view piece) { sentence += piece; },
      [&](std::string_view place) {
        for (const auto& [name, value] : values) {
          if (name == place) {
            sentence += value;
          }
        }
      }));
  return sentence;
}

}  // namespace auexfil::host
