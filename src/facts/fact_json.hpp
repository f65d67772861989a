#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auexfil/facts/fact_reader.hpp"

namespace auexfil::facts {

/// One line of JSON to one value. The value and all buffers are used again for the next line.
class FactParser {
 public:
  explicit FactParser(FactDetail detail);
  FactParser(FactParser&&) noexcept;
  FactParser& operator=(FactParser&&) noexcept;
  ~FactParser();

  enum class Kind { fact, coverage, summary };

  /// Bytes behind a line that have to be readable; what they hold makes no difference.
  static constexpr std::size_t kPadding = 64;

  /// \param line with kPadding readable bytes behind it.
  /// \return empty when the line is left out; error() says why.
  [[nodiscard]] std::optional<Kind> parse(std::string_view line);

  [[nodiscard]] const std::string& error() const;
  [[nodiscard]] const Fact& fact() const;
  [[nodiscard]] const coverage::HostCoverage& coverage() const;
  [[nodiscard]] const coverage::ReadSummary& summary() const;
  [[nodiscard]] const SummaryClaim& claim() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace auexfil::facts
