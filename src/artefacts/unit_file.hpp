#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace auexfil::artefacts {

/// The settings of a unit, its file and its drop-ins read one after the other (systemd.unit(5),
/// systemd.syntax(7)): lists grow, an empty value begins them anew.
class UnitSettings {
 public:
  /// Applies a file.
  void read(std::string_view text);

  /// Of a key such as "Service.ExecStart"; in the order in which they were given.
  [[nodiscard]] const std::vector<std::string>& all(std::string_view key) const;
  /// The last one; empty where there is none.
  [[nodiscard]] std::string_view last(std::string_view key) const;
  [[nodiscard]] bool empty() const { return values_.empty(); }

 private:
  void reset_list(std::string_view section, std::string_view key);

  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

}  // namespace auexfil::artefacts
