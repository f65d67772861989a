#pragma once

#include <string_view>
#include <vector>

#include "commands.hpp"

namespace auexfil::artefacts {

/// Does it run scripts of a language that is no shell's, by its name without a folder: python3.11,
/// perl, ruby, php, node?
[[nodiscard]] bool is_foreign(std::string_view interpreter);

/// The name, without a folder, of what the first line of a script says that runs it; behind env
/// too. Empty: it has no `#!`.
[[nodiscard]] std::string_view interpreter_of(std::string_view script);

/// What a script of such a language starts, as far as literals tell: lists of words
/// (`subprocess.run(["scp", "-q", file, "b@h:"])`, `system("scp", $f, "b@h:")`), and command lines
/// for a shell (`os.system("scp …")`, `` `scp …` ``), given to a call that starts programs or
/// assigned to a variable that is. What is no literal only the run knows. No grammar of a language:
/// a literal that nothing starts may be told as well if it stands in a list of its own.
/// At most 256 commands of 512 words.
/// \param interpreter  see is_foreign()
[[nodiscard]] std::vector<Words> commands_of_foreign(std::string_view text,
                                                     std::string_view interpreter);

}  // namespace auexfil::artefacts
