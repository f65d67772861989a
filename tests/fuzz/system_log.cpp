#include <memory>
#include <string>

#include "../input/memory_tree.hpp"
#include "auexfil/artefacts/logins.hpp"
#include "fuzz.hpp"

// The system's log of an image, as text, journal JSON or export: whatever the first bytes say.

using namespace auexfil;             // NOLINT(google-build-using-namespace): a test
using namespace auexfil::artefacts;  // NOLINT(google-build-using-namespace): a test
using fuzz::expect;
using fuzz::lies_in;

namespace {

void check_line(std::string_view text) {
  input::SystemLine line;
  if (!input::parse_system_line(text, line)) {
    return;
  }
  expect(lies_in(line.host, text) && lies_in(line.tag, text) && lies_in(line.text, text),
         "what a line holds lies in it");
  expect(line.time.has_value() != line.wall.has_value(), "a line has one time");
  if (const std::optional<Told> told = tell(line)) {
    for (const std::string_view part :
         {told->user, told->by, told->method, told->key, told->command}) {
      expect(lies_in(part, text), "what is told lies in the line");
    }
    expect(told->kind != Told::Kind::accepted || told->port, "who was let in came from a port");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  for (const std::string_view line : fuzz::lines_of(text)) {
    check_line(line);
  }
  const auto image = std::make_shared<input::test::MemoryTree>();
  image->files["/var/log/auth.log"] = text;
  image->files["/etc/timezone"] = "Europe/Berlin\n";
  Asked asked;
  asked.first = 1796173321000;
  asked.last = 1796183321000;
  for (std::uint32_t number = 1; number < 1000; ++number) {
    asked.sessions.insert({number, number, asked.first, true});
    asked.pids.insert(number);
  }
  const Answers answers = SystemLogs({image, "/", true}).ask(asked);
  for (const KernelLoss& loss : answers.losses()) {
    expect(loss.from < loss.to && loss.records > 0, "a loss is of some time and of something");
  }
  for (const Asked::Session& session : asked.sessions) {
    const auto found = answers.login_of(session);
    expect(!found.what || found.candidates == 1, "a login is the only one");
    expect(!found.what || !found.what->user.empty(), "a login is of a user");
  }
  return 0;
}
