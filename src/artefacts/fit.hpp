#pragma once

#include <cstdint>

#include "auexfil/artefacts/matcher.hpp"

namespace auexfil::artefacts {

/// How well a program fits what an artefact runs.
enum class Fit : std::uint8_t {
  none,
  script,  ///< it is the script that is named, or the program; its arguments are others or not
           ///< known
  loose,   ///< word for word, as far as the file tells them
  words,   ///< word for word
  text,    ///< a shell that was given the very text
};

[[nodiscard]] Fit fit(const Artefact& artefact, const Ran& program);

/// Is it a shell, by its name without a folder?
[[nodiscard]] bool is_shell(std::string_view name);

/// What a shell is given by -c; empty for other programs.
[[nodiscard]] std::string_view given_text(const Ran& program);

}  // namespace auexfil::artefacts
