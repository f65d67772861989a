#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace auexfil::input {

/// Texts one of which is in whatever the expression (Perl syntax) matches; empty: none is known.
/// A search for them costs a hundredth of the expression's. Asks for too little rather than for too
/// much: what it does not understand it takes for anything.
[[nodiscard]] std::vector<std::string> required_text(std::string_view expression);

/// Is none of them in the subject? False where none is known.
[[nodiscard]] inline bool lacks_required(std::string_view subject,
                                         const std::vector<std::string>& required) {
  return !required.empty() &&
         std::none_of(required.begin(), required.end(), [&](const std::string& text) {
           return subject.find(text) != std::string_view::npos;
         });
}

}  // namespace auexfil::input
