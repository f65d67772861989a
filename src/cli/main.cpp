#include <csignal>
#include <exception>

#include <fmt/format.h>

#include "commands.hpp"
#include "options.hpp"
#include "output.hpp"
#include "rules.hpp"

int main(int argc, char** argv) {
  using namespace auexfil::cli;
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const Parsed parsed = parse_options(argc, argv, now_ms());
    return parsed.exit ? *parsed.exit : run(parsed.options);
  } catch (const RulesError& error) {
    for (const std::string& line : error.lines) {
      fmt::print(stderr, "auexfil: {}\n", line);
    }
    fmt::print(
        stderr, "auexfil: {} in rule files; nothing was read\n",
        error.lines.size() == 1 ? "1 mistake" : fmt::format("{} mistakes", error.lines.size()));
    return 2;
  } catch (const ClosedPipe&) {
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "auexfil: {}\n", error.what());
    return 2;
  }
}
