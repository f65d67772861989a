#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/facts/fact.hpp"
#include "auexfil/policy/finding.hpp"
#include "auexfil/report/options.hpp"

/// What tables and explanations share. Everything returned is safe for a terminal.
namespace auexfil::report {

inline constexpr std::string_view kIndent = "      ";
inline constexpr std::size_t kLongestCommand = 400;
inline constexpr std::size_t kMostListed = 5;

/// `text` cut at kLongestCommand unless verbose, made safe.
[[nodiscard]] std::string shown(std::string_view text, const Options& options);

/// Sentences joined with "; ", each cut like a command.
[[nodiscard]] std::string sentences(const std::vector<std::string>& list, const Options& options);

/// `head` and, at the right edge, `tail`; on a line of its own where both do not fit in one.
void append_head(std::string& out, std::string_view head, std::string_view tail);

/// "HIGH  bulk-unattended  etl-01 (role default)" and the tail, as append_head() has them.
void append_finding_head(std::string& out, const policy::Finding& finding, std::string_view tail,
                         const Options& options);

/// ", limit 100.0 MiB in 24 h"; empty where the rule has none.
[[nodiscard]] std::string limit_text(const policy::Finding& finding);

/// " to 203.0.113.11:22", " to 3 destinations"; empty where none is known.
[[nodiscard]] std::string destination_text(const policy::Finding& finding);

/// One line of a block, kIndent in, wrapped (wrap.hpp): what goes on stands two columns further in.
void append_line(std::string& out, std::string_view text);

/// "cron → sh → scp -q …".
[[nodiscard]] std::string chain_text(const std::vector<std::string>& chain,
                                     const std::vector<std::string>& command,
                                     const Options& options);

/// The programs above a transfer, outermost first; process 1 and the outermost of many left out.
[[nodiscard]] std::vector<std::string> chain_of(const facts::Fact& fact);

/// "user root", "user www-data (login alice)".
[[nodiscard]] std::string user_text(const std::optional<std::string>& user,
                                    const std::optional<std::string>& login);

/// A name, else the number as text.
[[nodiscard]] std::optional<std::string> name_or_number(const std::optional<std::string>& name,
                                                        const std::optional<std::uint32_t>& number);

/// "203.0.113.11:22 (backup.example.org)"; "?" where neither address nor name is known.
[[nodiscard]] std::string endpoint_text(const facts::Destination& to);

/// "out 3.0 MiB (…)", "in …", "out …, in …": the ways that the direction names.
[[nodiscard]] std::string volume_text(transfer::Direction direction,
                                      std::optional<std::uint64_t> bytes_out,
                                      std::optional<std::uint64_t> bytes_in, transfer::Basis basis);

/// "/srv/a.tgz  3.0 MiB    measured"; "?" where its bytes are not known.
[[nodiscard]] std::string file_text(const facts::FileUse& file);

/// One line of a block for each, as file_text() has it.
void append_file_lines(std::string& out, const std::vector<facts::FileUse>& files);

/// "12 files opened for reading; 40 opens of libraries and of its own configuration left out";
/// empty where no open of it is in the log.
[[nodiscard]] std::string files_text(const facts::Fact& fact);

/// "12 files opened for reading, the first 3 told"; empty where `count` is 0.
[[nodiscard]] std::string opened_text(std::uint64_t count, std::size_t told);

}  // namespace auexfil::report
