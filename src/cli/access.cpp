#include "access.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "auexfil/input/disk_image.hpp"
#include "output.hpp"

namespace auexfil::cli {

Access access_of(const Options& options) {
  Access access;
  access.reads = options.inputs;
  if (!options.root.empty()) {
    access.reads.push_back(options.root);
  } else if (options.inputs.empty() && !reads_facts(options.command)) {
    access.reads = input::host_log_places();
  }
  access.reads.insert(access.reads.end(), options.flows.begin(), options.flows.end());
  for (const OutputName* const name : {&options.output, &options.coverage_out}) {
    std::string place = written_place(name->path);
    if (!place.empty() && std::count(access.writes.begin(), access.writes.end(), place) == 0) {
      access.writes.push_back(std::move(place));
    }
  }
  if (!options.state.empty()) {
    access.keeps = written_place(options.state);
  }
  return access;
}

}  // namespace auexfil::cli
