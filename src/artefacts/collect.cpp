#include "auexfil/artefacts/collect.hpp"

#include "homes.hpp"
#include "sources.hpp"
#include "zone.hpp"

namespace auexfil::artefacts {

Inventory collect(const input::Tree& image, const Bounds& bounds) {
  Inventory found;
  Reader reader(image, bounds, found);
  read_accounts(reader);
  found.zone = zone_of_image(reader);
  collect_cron(reader);
  collect_at(reader);
  collect_units(reader);
  collect_ssh(reader);
  collect_ci(reader);
  collect_boot_scripts(reader);
  collect_incron(reader);
  collect_logrotate(reader);
  collect_dispatchers(reader);
  collect_udev(reader);
  collect_supervisors(reader);
  collect_git_hooks(reader);
  collect_hooks(reader);
  return found;
}

}  // namespace auexfil::artefacts
