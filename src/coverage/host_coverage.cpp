#include "auexfil/coverage/host_coverage.hpp"

namespace auexfil::coverage {

const char* to_word(CoverageVerdict verdict) {
  switch (verdict) {
    case CoverageVerdict::adequate:
      return "adequate";
    case CoverageVerdict::partial:
      return "partial";
    case CoverageVerdict::blind:
      return "blind";
  }
  return "blind";
}

}  // namespace auexfil::coverage
