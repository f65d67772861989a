#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/transfer/tools.hpp"

namespace auexfil::transfer {

/// An option of a command line as its tool would read it.
struct Option {
  std::string_view name;   ///< "-P", "--port", "-connect"
  std::string_view value;  ///< empty: none
};

/// A command line in its parts: views into the words.
struct Words {
  std::vector<std::string_view> operands;
  /// The last operand stands right behind a long option that the rules do not know: it may be its
  /// value, and the one before the last.
  bool last_may_be_value{};
  std::vector<Option> options;
  /// Operands and values, in their order, but for those of options that are deaf to peers.
  std::vector<std::string_view> texts;
};

/// \param argv outlives the result.
[[nodiscard]] Words split_argv(const Tool& tool, const std::vector<std::string>& argv);

/// The value of an option that is one of `names`, or nothing. A name such as "-oPort" stands for
/// the setting Port of the option -o: -oPort=22, -o Port=22, -o "Port 22".
[[nodiscard]] std::optional<std::string_view> value_of(const Option& option,
                                                       const std::vector<std::string>& names);

/// Does an operand name another host's file: "[user@]host:path", "host::module", a URL? A '/'
/// before the ':' makes it one of this host.
[[nodiscard]] bool is_remote(std::string_view operand);

}  // namespace auexfil::transfer
