#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "auexfil/policy/lint.hpp"
#include "auexfil/policy/policy.hpp"
#include "pattern_sets.hpp"

namespace auexfil::policy {

/// A section as it is in force, and where it stands.
template <typename Value>
struct Placed {
  Value value;
  const input::Section* section = nullptr;
  bool own = false;  ///< Not built in.
};

struct Sections {
  std::vector<Placed<Role>> roles;  ///< In the order of Policy's.
  std::vector<Placed<Allow>> allows;
  std::vector<Placed<Rule>> rules;
  std::vector<Placed<List>> lists;
  std::vector<std::string> tools;  ///< Names that a fact may have.
  std::vector<std::string> signs;
  std::vector<std::string> with_ports;  ///< Tools whose usual ports are known.
};

class Remarks {
 public:
  /// At the key's line where the section has it, else at the section's.
  void add(const input::Section& section, std::string_view key, Weight weight, const char* check,
           std::string what);
  [[nodiscard]] std::vector<Remark> take() { return std::move(remarks_); }

  Budget budget;

 private:
  std::vector<Remark> remarks_;
};

/// "[allow partner] (FILE:LINE)"
[[nodiscard]] std::string label(const input::Section& section);

/// What one section says of itself.
void lint_role(const Placed<Role>& role, Remarks& remarks);
void lint_allow(const Placed<Allow>& allow, const Sections& all, audit::TimeMs now,
                Remarks& remarks);
void lint_names(const Placed<Allow>& allow, Remarks& remarks);
void lint_networks(const Placed<Allow>& allow, Remarks& remarks);
void lint_list(const Placed<List>& list, const Sections& all, Remarks& remarks);
void lint_rule(const Placed<Rule>& rule, const Sections& all, Remarks& remarks);

/// Does one of them hold for whatever a host is called?
[[nodiscard]] bool is_every_name(const std::vector<input::Pattern>& patterns);

/// What sections are to each other.
void compare_roles(const Sections& all, Remarks& remarks);
void compare_allows(const Sections& all, Remarks& remarks);
void compare_rules(const Sections& all, Remarks& remarks);

}  // namespace auexfil::policy
