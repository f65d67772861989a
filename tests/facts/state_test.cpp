#include <filesystem>

#include "paused.hpp"

namespace auexfil::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> folders_in(const fs::path& folder) {
  std::vector<std::string> folders;
  if (fs::is_directory(folder)) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.is_directory()) {
        folders.push_back(entry.path().string());
      }
    }
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

/// Each cut alone, and all of them in one log.
void same_in_runs(const std::string& folder, std::size_t some) {
  for (const input::LogSet& set : input::find_logs({folder}).sets) {
    const std::vector<Piece> pieces = pieces_of(set);
    const std::string whole = told_in_one_run(pieces, {});
    const std::vector<std::size_t> cuts = cuts_of(pieces, some);
    INFO(folder << " " << set.label);
    for (const std::size_t cut : cuts) {
      INFO("cut at byte " << cut);
      CHECK(told_in_runs(pieces, {cut}, {}) == whole);
    }
    CHECK(told_in_runs(pieces, cuts, {}) == whole);
  }
}

/// A log with something of everything that is kept.
std::vector<Piece> busy_log() {
  const fs::path golden = fs::path(AUEXFIL_SOURCE_DIR) / "tests/golden/scan-nightly";
  return pieces_of(input::find_logs({golden.string()}).sets.at(0));
}

/// What taking up these bytes, and going on, ends in: nothing, or the reason why not.
std::string refusal(const std::string& state, const Piece& rest) {
  try {
    Follower follower({});
    follower.resume(state);
    follower.read(rest);
    static_cast<void>(follower.finish());
  } catch (const input::StateRefused& refused) {
    return refused.what();
  }
  return "";
}

}  // namespace

TEST_CASE("state: logs of the golden folders and samples read in several runs tell the same") {
  const fs::path root(AUEXFIL_SOURCE_DIR);
  std::size_t folders = 0;
  for (const char* const part : {"tests/golden", "samples"}) {
    for (const std::string& folder : folders_in(root / part)) {
      same_in_runs(folder, 3);
      ++folders;
    }
  }
  CHECK(folders > 20);
}

TEST_CASE("state: the recordings read in several runs tell the same") {
  const std::vector<std::string> recordings =
      folders_in(fs::path(AUEXFIL_SOURCE_DIR) / "../shared/corpus");
  if (recordings.empty()) {
    WARN("skipped: there are no recordings beside the repository");
    return;
  }
  for (const std::string& recording : recordings) {
    same_in_runs(recording + "/logs", 2);
  }
}

TEST_CASE("state: what is kept is the same whoever kept it, and small") {
  const std::vector<Piece> pieces = busy_log();
  const std::vector<std::size_t> cuts = cuts_of(pieces, 3);
  std::vector<std::string> once;
  std::vector<std::string> again;
  static_cast<void>(told_in_runs(pieces, cuts, {}, &once));
  static_cast<void>(told_in_runs(pieces, cuts, {}, &again));
  CHECK(once == again);
  for (const std::string& state : once) {
    CHECK(state.size() < pieces.front().bytes.size());
  }
}

TEST_CASE("state: one that is cut is refused") {
  const std::vector<Piece> pieces = busy_log();
  std::vector<std::string> states;
  static_cast<void>(told_in_runs(pieces, {cuts_of(pieces, 1).back()}, {}, &states));
  const std::string& state = states.at(0);
  for (std::size_t size = 0; size < state.size(); size += size < 4096 ? 7 : 61) {
    INFO(size);
    CHECK_FALSE(refusal(state.substr(0, size), pieces.front()).empty());
    const std::string_view kept = input::open_state(state);
    CHECK_FALSE(
        refusal(input::seal_state(kept.substr(0, std::min(size, kept.size() - 1))), pieces.front())
            .empty());
  }
}

TEST_CASE("state: one that somebody made is refused, or taken up and followed to the end") {
  const std::vector<Piece> pieces = busy_log();
  std::vector<std::string> states;
  const std::size_t cut = cuts_of(pieces, 1).back();
  static_cast<void>(told_in_runs(pieces, {cut}, {}, &states));
  const Piece rest{pieces.front().bytes.substr(cut), 0, false};
  std::uint64_t random = 1;
  const auto next = [&](std::size_t below) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::size_t>((random >> 33) % below);
  };
  std::size_t refused = 0;
  std::size_t taken = 0;
  for (int i = 0; i < 400; ++i) {
    std::string state(input::open_state(states.at(0)));
    for (std::size_t changes = 1 + next(3); changes > 0; --changes) {
      state[next(state.size())] = static_cast<char>(next(256));
    }
    ++(refusal(input::seal_state(state), rest).empty() ? taken : refused);
  }
  CHECK(refused > 0);
  CHECK(taken > 0);
}

}  // namespace auexfil::test
