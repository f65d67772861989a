#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/input/pattern.hpp"
#include "auexfil/input/rule_file.hpp"

namespace auexfil::transfer {

struct Tool;

/// One [staging …] section; see rules/files.conf for the meaning of each key.
struct Staging {
  input::Patterns program;
  input::Patterns needs;
  std::string verb;
  std::vector<std::string> output;
  std::string values;
  bool bundle{};
  std::size_t operand = 0;  ///< from 1 on; 0: none
  std::size_t prefix = 0;
  std::vector<std::string> suffix;
};

/// What the files are that programs open, make and remove.
class FileRules {
 public:
  /// Reads [own …], [staging …] and [removal …]; mistakes are added.
  [[nodiscard]] static FileRules load(const std::vector<input::Section>& sections,
                                      std::vector<input::Mistake>& mistakes);

  /// Does that program open the file for itself? \param program  base name.
  [[nodiscard]] bool is_own(std::string_view path, std::string_view program) const;
  /// How that program makes files ready, or null.
  [[nodiscard]] const Staging* staging_of(std::string_view program,
                                          const std::vector<std::string>& argv) const;
  /// Do its operands name what it removes?
  [[nodiscard]] bool removes(std::string_view program, const std::vector<std::string>& argv) const;

 private:
  struct Own {
    input::Patterns path;
    input::Patterns program;
  };
  struct Removal {
    input::Patterns program;
    input::Patterns needs;
  };
  std::vector<Own> own_;
  std::vector<Staging> staging_;
  std::vector<Removal> removal_;
};

/// A file that a command line says it writes.
struct Written {
  std::string name;  ///< as it stands there
  bool is_prefix{};  ///< of the names of several
};

/// What a program that makes files ready says that it writes, at most 64. A name that only may be
/// (an ending that depends on its version) counts as well: nothing is told of a file that no
/// transfer names.
[[nodiscard]] std::vector<Written> written_by(const Staging& staging,
                                              const std::vector<std::string>& argv);

/// The words behind the first that are no options, at most 64.
[[nodiscard]] std::vector<std::string_view> plain_words(const std::vector<std::string>& argv);

/// The local files that a command line may name as what is sent. Of tools that take them by
/// standard input alone none.
[[nodiscard]] std::vector<std::string_view> local_words(const Tool& tool,
                                                        const std::vector<std::string>& argv);

}  // namespace auexfil::transfer
