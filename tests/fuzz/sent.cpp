#include <string>

#include "../artefacts/image.hpp"
#include "auexfil/artefacts/served_volumes.hpp"
#include "auexfil/artefacts/told_volumes.hpp"
#include "auexfil/artefacts/volumes.hpp"
#include "commands.hpp"
#include "fuzz.hpp"
#include "server_logs.hpp"
#include "tool_logs.hpp"

// What tells how much was sent: logs of tools, a shell's text, a tool's file of commands, a command
// line.

using namespace auexfil;             // NOLINT(google-build-using-namespace): a test
using namespace auexfil::artefacts;  // NOLINT(google-build-using-namespace): a test
using fuzz::expect;

namespace {

void check_lines(const std::vector<SentLine>& lines, std::size_t most) {
  std::uint32_t last = 0;
  for (const SentLine& one : lines) {
    expect(one.line > last && one.line <= most, "lines are those of the text, in their order");
    expect(one.time.utc || one.time.local, "a line has a time");
    last = one.line;
  }
}

void check_served(const std::string& text) {
  for (const std::string_view line : fuzz::lines_of(text)) {
    const auto sent = parse_ftp_line(line);
    expect(!sent || sent->time.local, "a line has a time");
  }
  artefacts::test::Image image;
  image.files["/var/log/xferlog"] = image.files["/var/log/auth.log"] = text;
  ServedVolumes volumes(image, "Europe/Berlin");
  const audit::IpAddress peer = *audit::IpAddress::parse("203.0.113.48");
  constexpr std::int64_t kStart = 1796173321;
  for (const ServerKind kind : {ServerKind::ssh, ServerKind::ftp}) {
    volumes.expect({kind, peer, 40000, kStart, kStart, {{0, 7}, 7}});
    for (const ServedVolume& one : volumes.of(kind, {{0, 7}, 7}, peer)) {
      expect(one.line > 0 && one.lines + one.unclear > 0, "what is told stands somewhere");
    }
  }
}

void check_pipes(std::string_view text) {
  const std::vector<PipedCommand> commands = split_pipes(text);
  const std::vector<Words> plain = split_shell(text);
  expect(commands.size() == plain.size(), "both see the same commands");
  for (std::size_t i = 0; i < commands.size(); ++i) {
    expect(commands[i].words == plain[i], "with the same words");
    expect(commands[i].from <= i, "a pipe comes from a command before");
  }
}

/// A tool of that grammar, which takes what it is given in every way.
transfer::Tool tool_of(transfer::Grammar grammar) {
  transfer::Tool tool;
  tool.name = "x";
  tool.grammar = grammar;
  tool.values = "Tbef";
  tool.sends.from_operand = 1;
  tool.sends.files = {"-T"};
  tool.sends.posts = {"-F"};
  tool.sends.orders = {"-e", "-c"};
  tool.sends.batch = {"-b"};
  tool.sends.folders = {"-r"};
  tool.sends.input = transfer::Tool::Input::orders;
  return tool;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  const std::size_t lines = fuzz::lines_of(text).size();
  check_lines(parse_rsync_log(text), lines);
  check_lines(parse_lftp_log(text), lines);
  check_lines(parse_rclone_log(text), lines);
  check_lines(parse_unit_traffic(text), lines);
  check_pipes(text);
  check_served(text);
  artefacts::test::Image image;
  for (const char* const path :
       {"/x", "/root/.lftp/transfer_log", "/var/log/syslog", "/var/log/journal.export"}) {
    image.files[path] = text;
  }
  KnownTransfer told;
  told.argv = {"lftp", "--log-file=/x"};
  told.home = "/root";
  told.hosts = {"h"};
  told.start = told.end = 1796173321;
  told.unit = "a.service";
  expect(ToldVolumes(image, "Europe/Berlin").of(told).size() <= 2, "one of each log");
  told.argv.front() = "rclone";
  expect(ToldVolumes(image, "Europe/Berlin").of(told).size() <= 2, "one of each log");
  for (const transfer::Grammar grammar : {transfer::Grammar::copy, transfer::Grammar::url,
                                          transfer::Grammar::tagged, transfer::Grammar::none}) {
    const transfer::Tool tool = tool_of(grammar);
    Sending sending;
    sending.tool = &tool;
    sending.argv = {"x", "-b", "/x"};
    for (const std::string_view line : fuzz::lines_of(text)) {
      sending.argv.emplace_back(line);
    }
    sending.cwd = "/";
    sending.above = {{"/bin/sh", "-c", text}};
    const Volume volume = Volumes(image).of(sending);
    expect(volume.files.size() <= volume.named, "what is found was named");
    static_cast<void>(volume.describe(0));
  }
  return 0;
}
