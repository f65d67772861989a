#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auexfil/artefacts/artefact.hpp"

/// Tables of daemons that start things, one parser each; what they cannot tell is left out.
namespace auexfil::artefacts {

/// incrontab(5): PATH MASK COMMAND. \param user  of a user's table; empty: the system's.
[[nodiscard]] std::vector<Artefact> parse_incrontab(std::string_view text, const std::string& path,
                                                    const std::string& user);

/// logrotate(8): the scripts between prerotate, postrotate, … and endscript.
[[nodiscard]] std::vector<Artefact> parse_logrotate(std::string_view text, const std::string& path);

/// udev(7): RUN, PROGRAM and IMPORT{program} of rules.
[[nodiscard]] std::vector<Artefact> parse_udev_rules(std::string_view text,
                                                     const std::string& path);

/// The programs and event listeners of a supervisord.conf.
[[nodiscard]] std::vector<Artefact> parse_supervisor(std::string_view text,
                                                     const std::string& path);

/// monit(1): programs that start, stop and restart services, those that are checked, and exec.
[[nodiscard]] std::vector<Artefact> parse_monit(std::string_view text, const std::string& path);

/// The steps of a Jenkins job's config.xml.
[[nodiscard]] std::vector<Artefact> parse_jenkins_job(std::string_view text,
                                                      const std::string& path);

/// Puts a variable of the shell's where a table has a mark of its own: "$@" of incron, "%k" of
/// udev. \param marks  what stands behind `sign`; a mark doubled is the sign itself.
[[nodiscard]] std::string with_variables(std::string_view text, char sign, std::string_view marks);

/// The commands of an interfaces(5) of ifupdown.
[[nodiscard]] std::vector<Artefact> parse_interfaces(std::string_view text,
                                                     const std::string& path);

/// What apt and dpkg run before and behind their work (apt.conf(5)).
[[nodiscard]] std::vector<Artefact> parse_apt_conf(std::string_view text, const std::string& path);

/// What pam_exec runs, of a file of pam.d.
[[nodiscard]] std::vector<Artefact> parse_pam(std::string_view text, const std::string& path);

}  // namespace auexfil::artefacts
