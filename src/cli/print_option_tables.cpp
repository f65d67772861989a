#include <fmt/format.h>

#include "options.hpp"

/// Prints what --help says as JSON, for scripts/man. Of the build alone; nobody installs it.
int main() {
  fmt::print("{}", auexfil::cli::option_tables());
}
