#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auexfil/artefacts/artefact.hpp"

namespace auexfil::artefacts {

/// The lines of a crontab (crontab(5)) that start something; variables of the table are applied.
/// \param user  of a user's table; empty: the sixth field names the user.
[[nodiscard]] std::vector<Artefact> parse_crontab(std::string_view text, const std::string& path,
                                                  const std::string& user);

/// The lines of a table of fcron's (fcrontab(5)) that run at times or each so often; those that run
/// once within a time (%) are none.
[[nodiscard]] std::vector<Artefact> parse_fcrontab(std::string_view text, const std::string& path,
                                                   const std::string& user);
[[nodiscard]] bool is_fcrons(const Artefact& artefact);

/// The lines of an anacrontab (anacrontab(5)).
[[nodiscard]] std::vector<Artefact> parse_anacrontab(std::string_view text,
                                                     const std::string& path);

/// Is a file of that name in cron.d read, and one in cron.daily run?
/// \param is_debian  Debian's cron and run-parts; else cronie and that of Red Hat's crontabs.
[[nodiscard]] bool is_cron_name(std::string_view name, bool is_debian);
[[nodiscard]] bool is_run_parts_name(std::string_view name, bool is_debian);

}  // namespace auexfil::artefacts
