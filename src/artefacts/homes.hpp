#pragma once

#include "reader.hpp"

namespace auexfil::artefacts {

/// Reads the accounts of the image's passwd, and whose home folders there are: those of /home and
/// /root too where passwd does not name them.
void read_accounts(Reader& reader);

}  // namespace auexfil::artefacts
