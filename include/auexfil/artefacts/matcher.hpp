#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auexfil/artefacts/artefact.hpp"

namespace auexfil::artefacts {

/// A program that ran, as the log has it.
struct Ran {
  std::uint32_t pid{};
  std::string_view exe;
  std::string_view script;             ///< that it, or one above it, was started as
  std::vector<std::string_view> argv;  ///< empty: not in the log
  bool argv_cut{};                     ///< words are missing at its end
  bool runs_containers{};  ///< what it starts sees a container's files in place of the image's
};

/// What is known of how something was started.
struct Start {
  std::string_view job_kind;  ///< "cron", "service", … of rules/automation.conf
  std::string_view job_what;  ///< the command line of what the starter started
  std::vector<Ran> programs;  ///< the one in question, then those above it
  std::string_view cwd;       ///< of the one in question
  std::optional<std::uint32_t> auid;
  std::optional<std::uint32_t> uid;
};

/// Which artefact of an image starts what a log shows.
class Matcher {
 public:
  explicit Matcher(Inventory inventory);
  ~Matcher();
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;

  /// Those that would start it just so, as far as command and user tell; in the inventory's order.
  /// What stands in a container is started by tables that the image has not.
  [[nodiscard]] std::vector<const Artefact*> candidates(const Start& start) const;

  /// The one that was due last before a time, and how many others were due then as well. Null where
  /// none can have run yet: jobs of at that wait for a later time.
  struct Choice {
    const Artefact* artefact = nullptr;
    const Artefact* other = nullptr;  ///< the first of those that do as well
    std::size_t others{};
  };
  /// \param candidates  not empty. \param time  seconds since the epoch.
  [[nodiscard]] Choice choose(std::span<const Artefact* const> candidates, std::int64_t time) const;

  /// When a line of a crontab was due last, up to a time (seconds since the epoch); nothing where
  /// its schedule or zone is not known.
  [[nodiscard]] std::optional<std::int64_t> last_due(const Artefact& artefact,
                                                     std::int64_t time) const;

  /// Is a line of a crontab known not to have been due at a time, or shortly before?
  [[nodiscard]] bool is_undue(const Artefact& artefact, std::int64_t time) const;

  /// Was all there is read where what starts such a job would stand? If not, nothing follows from
  /// there being no candidate.
  [[nodiscard]] bool has_all_of(const Start& start) const;

  /// "line 3 of /etc/crontab (2 2 * * *, Europe/Berlin)", "unit /etc/systemd/system/x.service,
  /// which /etc/systemd/system/x.timer starts (OnCalendar=daily, Europe/Berlin)".
  [[nodiscard]] std::string describe(const Artefact& artefact) const;

  [[nodiscard]] const Inventory& inventory() const { return inventory_; }

 private:
  struct Zones;

  using Indexes = std::vector<std::uint32_t>;
  void index(std::uint32_t number);
  [[nodiscard]] Indexes look_up(const Ran& program) const;

  Inventory inventory_;
  std::unordered_map<std::string, Indexes> by_key_;
  Indexes anywhere_;  ///< whose program only the run knows
  std::unique_ptr<Zones> zones_;
};

}  // namespace auexfil::artefacts
