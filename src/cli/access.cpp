#include "access.hpp"

#include "auexfil/input/disk_image.hpp"
#include "output.hpp"

namespace auexfil::cli {

Access access_of(const Options& options) {
  Access access;
  access.reads = options.inputs;
  if (!options.root.empty()) {
    access.reads.push_back(options.root);
  } else if (options.inputs.empty() && options.command != Command::judge) {
    access.reads = input::host_log_places();
  }
  access.writes = written_place(options.output.path);
  return access;
}

}  // namespace auexfil::cli
