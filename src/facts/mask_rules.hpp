#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

/// Where programs take credentials on the command line: the data behind mask.hpp.
namespace auexfil::facts {

/// How an option stands to its value.
enum class Form : std::uint8_t {
  either,    ///< -pX, -p X, --opt=X, --opt X
  attached,  ///< -pX, --opt=X only: the next word is something else
  next,      ///< -pw X only
};

/// What of the value is secret.
enum class Hide : std::uint8_t { value, after_colon, after_comma, after_percent };

struct OptionRule {
  std::string_view family;  ///< Tool::family
  std::string_view option;  ///< "-p", "-pw", "--user"; a bare word where the tool takes those
  Form form{};
  Hide hide{};
};

struct Tool {
  std::string_view name;  ///< Of the program file.
  std::string_view family;
  std::string_view flags;  ///< Short options without a value: what may stand before one in -sSu.
  bool runs_another{};     ///< Its first operand is the command it runs.
  bool bare_userinfo{};    ///< Takes user:password@host without a scheme.
  bool takes_script{};     ///< Arguments with blanks are scripts in its own language.
  bool long_attached{};    ///< `--password` without = takes no value (it prompts).
};

/// The tool that a word of a command line starts ("/usr/bin/curl", "(curl", "cd /x;curl"), or null.
[[nodiscard]] const Tool* find_tool(std::string_view word);

/// The rules of a tool's family.
[[nodiscard]] std::span<const OptionRule> option_rules(const Tool& tool);

/// Does a variable, parameter or long option of this name hold a credential? Dashes in front are
/// passed over. `DB_PASSWORD`, `clientSecret`, `--ftp-pass` do; `PasswordAuthentication`,
/// `--no-password`, `TOKEN_FILE` and `PWD` do not.
[[nodiscard]] bool is_secret_name(std::string_view name);

/// "yes", "off", "2": what an option that only sounds like a password may be told.
[[nodiscard]] bool is_plain_answer(std::string_view value);

/// Commands whose NAME=VALUE words are whole assignments, blanks in the value included.
[[nodiscard]] bool takes_assignments(std::string_view command);

/// The header of HTTP in `word` whose value is secret, as the offset behind its colon.
[[nodiscard]] std::optional<std::size_t> find_secret_header(std::string_view word);

/// "Bearer", "Basic": what stands before the secret in an Authorization header.
[[nodiscard]] bool is_auth_scheme(std::string_view word);

/// "/usr/bin/curl" -> "curl".
[[nodiscard]] std::string_view base_name(std::string_view word);

}  // namespace auexfil::facts
