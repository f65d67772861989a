#include <csignal>
#include <exception>

#include <fmt/format.h>

#include "commands.hpp"
#include "options.hpp"
#include "output.hpp"
#include "rules.hpp"
#include "state_file.hpp"

namespace {

/// A file of something else given as rules would fill the screen.
constexpr std::size_t kMostMistakes = 200;

void print_mistakes(const auexfil::cli::RulesError& error) {
  using auexfil::cli::print_message;
  const std::size_t all = error.lines.size();
  for (std::size_t i = 0; i < all && i < kMostMistakes; ++i) {
    print_message(error.lines[i]);
  }
  if (all > kMostMistakes) {
    print_message(fmt::format("and {} more", all - kMostMistakes));
  }
  print_message(fmt::format("{} in rule files; nothing was read",
                            all == 1 ? "1 mistake" : fmt::format("{} mistakes", all)));
}

}  // namespace

int main(int argc, char** argv) {
  using namespace auexfil::cli;  // NOLINT(google-build-using-namespace): its own room
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit of a file's size is an error of its write
  try {
    const Parsed parsed = parse_options(argc, argv, now_ms());
    return parsed.exit ? *parsed.exit : run(parsed.options);
  } catch (const RulesError& error) {
    print_mistakes(error);
  } catch (const StateBusy& busy) {
    print_message(busy.path + ": another run holds the state");
    return 6;
  } catch (const ClosedPipe&) {
    return 128 + SIGPIPE;  // as if the signal had ended it: never "no finding"
  } catch (const std::exception& error) {
    print_message(error.what());
  }
  return 2;
}
