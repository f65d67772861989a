#pragma once

#include "reader.hpp"

/// One function a family of starters: each reads the places where it stands and adds what it finds.
namespace auexfil::artefacts {

void collect_cron(Reader& reader);
void collect_at(Reader& reader);
void collect_units(Reader& reader);
void collect_ssh(Reader& reader);
void collect_ci(Reader& reader);
void collect_boot_scripts(Reader& reader);
void collect_incron(Reader& reader);
void collect_logrotate(Reader& reader);
void collect_dispatchers(Reader& reader);
void collect_udev(Reader& reader);
void collect_supervisors(Reader& reader);
void collect_git_hooks(Reader& reader);
void collect_hooks(Reader& reader);

}  // namespace auexfil::artefacts
