#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auexfil/facts/fact.hpp"

/// Credentials in command lines become `****`; everything else stays as it was. What counts as one
/// is a table (src/facts/mask_rules.cpp). Masking masked text changes nothing, so a value may pass
/// through here any number of times.
///
/// Masking changes text that policy groups by (a job's command line): whoever judges facts masks
/// them first, else `scan` and `transfers | judge` could group differently.
namespace auexfil::facts {

/// An argv, word for word: one element in, one element out. Elements that are command lines
/// themselves (`sh -c "curl -u me:secret …"`) are masked inside, their quotes kept.
[[nodiscard]] std::vector<std::string> mask_argv(const std::vector<std::string>& argv);

/// A command line, or a sentence that quotes one.
[[nodiscard]] std::string mask_text(std::string_view text);

/// One raw line of an audit log: the arguments of EXECVE, the value of proctitle= and of the cmd=
/// of sudo, in quotes or in hex. Other lines come back unchanged.
[[nodiscard]] std::string mask_log_line(std::string_view line);

/// The same value with every string masked that may quote a command line.
[[nodiscard]] Fact masked(Fact fact);

/// The same for one text after the other: the command lines of jobs and of what starts
/// them come again and again, and are looked through once. Remembers at most half a megabyte.
class Masker final : public Redactor {
 public:
  void redact(std::string& text) override;
  bool redact(std::vector<std::string>& argv) override;
  [[nodiscard]] std::unique_ptr<Redactor> another() const override {
    return std::make_unique<Masker>();
  }

 private:
  struct Text {
    std::string text;
    std::optional<std::string> masked;  ///< empty where nothing is to be masked
  };
  struct Argv {
    std::vector<std::string> argv;
    std::optional<std::vector<std::string>> masked;
  };
  void make_room(std::size_t bytes);

  std::unordered_multimap<std::size_t, Text> texts_;  // by hash
  std::unordered_multimap<std::size_t, Argv> argvs_;
  std::size_t bytes_ = 0;
};

}  // namespace auexfil::facts
