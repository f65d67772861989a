#include "state_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <future>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <sqlite3.h>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <zstd.h>

#include <fmt/format.h>

#include "aside.hpp"
#include "auexfil/input/state_io.hpp"
#include "output.hpp"
#include "reported.hpp"
#include "statement.hpp"

namespace auexfil::cli {
namespace {

/// Of the tables below; what is sealed in them has a version of its own.
constexpr int kVersion = 4;
constexpr int kLevel = -3;  // of zstd: a sixth more room than by 1, in two thirds of its time

constexpr const char* kTables =
    "CREATE TABLE log (places BLOB NOT NULL, tables BLOB NOT NULL);"  // tables: by zstd
    "CREATE TABLE finding (id INTEGER PRIMARY KEY, start INTEGER NOT NULL, end INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, transfers BLOB NOT NULL, figures TEXT NOT NULL);"
    "CREATE TABLE answer (question INTEGER NOT NULL, transfers INTEGER NOT NULL,"
    " approved INTEGER NOT NULL, unmeasured INTEGER NOT NULL, standing INTEGER NOT NULL,"
    " hosts TEXT NOT NULL);"
    "CREATE TABLE flow (records BLOB NOT NULL);";  // by zstd

std::string packed(const std::string& tables) {
  const std::size_t bound = ZSTD_compressBound(tables.size());
  const auto room = std::make_unique_for_overwrite<char[]>(bound);  // a third of it is used
  const std::size_t size = ZSTD_compress(room.get(), bound, tables.data(), tables.size(), kLevel);
  if (ZSTD_isError(size) != 0) {
    throw std::bad_alloc();
  }
  return {room.get(), size};
}

/// \throws input::StateRefused.
std::string unpacked(std::string_view bytes) {
  constexpr unsigned long long kMost = 1ULL << 34U;
  const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
  std::string made;
  if (size > kMost) {  // or not known
    throw input::StateRefused("the state is damaged");
  }
  made.resize(size);
  if (ZSTD_decompress(made.data(), made.size(), bytes.data(), bytes.size()) != size) {
    throw input::StateRefused("the state is damaged");
  }
  return made;
}

std::string bytes_of(const std::vector<std::uint64_t>& ids) {
  if (ids.empty()) {
    return {};  // of flows that no transfer made
  }
  std::string bytes(ids.size() * sizeof ids[0], '\0');
  std::memcpy(bytes.data(), ids.data(), bytes.size());
  return bytes;
}

std::vector<std::uint64_t> ids_of(const std::string& bytes) {
  std::vector<std::uint64_t> ids(bytes.size() / sizeof(std::uint64_t));
  if (ids.empty()) {
    return ids;
  }
  std::memcpy(ids.data(), bytes.data(), ids.size() * sizeof ids[0]);
  return ids;
}

/// Begins with what SQLite begins its files with, as far as it goes, or with the zeros that a crash
/// may leave: all else is somebody's, and no state.
bool may_be_database(const std::string& path) {
  static constexpr std::array kText = std::to_array("SQLite format 3");  // and the NUL behind it
  constexpr std::string_view kMagic(kText.data(), kText.size());
  std::string begin(kMagic.size(), '\0');
  const int fd = open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) {
    return true;  // SQLite says why
  }
  const ssize_t got = read(fd, begin.data(), begin.size());
  close(fd);
  begin.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return kMagic.starts_with(begin) || begin.find_first_not_of('\0') == std::string::npos;
}

bool is_damage(int code) {
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

}  // namespace

struct StateFile::Database {
  explicit Database(std::string file) : path(std::move(file)) {}
  ~Database() { sqlite3_close(handle); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  int run(const char* text) { return sqlite3_exec(handle, text, nullptr, nullptr, nullptr); }
  [[noreturn]] void fail(const char* what) {
    throw OutputError(fmt::format("{}: {} ({})", path, what, why()));
  }
  [[nodiscard]] std::string why() const;
  int open();
  void begin();
  void load();
  void load_tables();
  [[nodiscard]] std::string lose(std::int64_t row, const input::StateRefused& why) const;
  void write(pipeline::SavedLog& log, std::int64_t row);
  void load_flows();
  void write_flows();
  [[nodiscard]] Memory memory() const;
  void put_aside();
  void check(int code, const char* what) {
    if (code != SQLITE_OK) {
      fail(what);
    }
  }

  std::string path;
  std::string real;  ///< the path without links in its folder
  sqlite3* handle = nullptr;
  std::vector<pipeline::SavedLog> logs;
  std::vector<std::int64_t> rows;  ///< of those that were there
  ReportedById reported;
  std::map<const pipeline::SavedLog*, std::future<std::string>> packing;
  std::optional<Answer> answer;          ///< of this run
  std::optional<flow::KeptFlows> flows;  ///< once they are asked for
  bool has_tables = false;
};

std::string StateFile::Database::why() const {
  const int code = sqlite3_errcode(handle) & 0xff;
  if ((code == SQLITE_CANTOPEN || code == SQLITE_READONLY) &&
      ::access(std::filesystem::path(real).parent_path().c_str(), W_OK | X_OK) != 0) {
    return fmt::format("its folder: {}", std::strerror(errno));  // a journal stands beside it
  }
  const int error = sqlite3_system_errno(handle);
  return error == 0 ? sqlite3_errmsg(handle)
                    : fmt::format("{}: {}", sqlite3_errmsg(handle), std::strerror(error));
}

/// \return SQLite's code; with SQLITE_OK it is ours alone.
int StateFile::Database::open() {
  // Links that lead to its folder are followed (StateDirectory= makes one), one in its place is
  // not.
  const std::filesystem::path named(path);
  std::error_code error;
  const std::filesystem::path folder =
      std::filesystem::canonical(named.has_parent_path() ? named.parent_path() : ".", error);
  real = error ? path : (folder / named.filename()).string();
  struct stat info {};
  if (lstat(real.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    throw OutputError(fmt::format("{}: {}", path,
                                  S_ISLNK(info.st_mode)
                                      ? "is a link; name the file that it leads to"
                                      : "is no file; a state is one of its own"));
  }
  if (!may_be_database(real)) {
    throw OutputError(
        fmt::format("{}: holds something else; name another file for the state", path));
  }
  // Command lines hold passwords: for its owner alone.
  const mode_t before = umask(0077);
  int code =
      sqlite3_open_v2(real.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW, nullptr);
  umask(before);
  // Not to look at what somebody else may have written as if it were code.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  code = code != SQLITE_OK ? code : run("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL");
  code = code != SQLITE_OK ? code : run("BEGIN EXCLUSIVE");
  if (code != SQLITE_OK) {
    return code;
  }
  Statement look(handle, "PRAGMA quick_check(1)");
  return look.step() && look.bytes(0) == "ok" ? SQLITE_OK : SQLITE_CORRUPT;
}

void StateFile::Database::put_aside() {
  constexpr unsigned kMost = 1000;
  std::string aside = path + ".damaged";
  sqlite3_close(handle);
  handle = nullptr;
  bool is_aside = rename_to_free(path, aside);
  for (unsigned number = 1; !is_aside && errno == EEXIST && number < kMost; ++number) {
    aside = fmt::format("{}.damaged.{}", path, number);
    is_aside = rename_to_free(path, aside);
  }
  if (!is_aside) {
    throw OutputError(fmt::format("{}: is no state that can be read, and cannot be put aside ({})",
                                  path, std::strerror(errno)));
  }
  print_message(fmt::format(
      "{}: is no state that can be read; it is {} now, all that is there of the logs is read again "
      "and findings are reported again",
      path, aside));
}

void StateFile::Database::begin() {
  int code = open();
  if (is_damage(code)) {
    put_aside();
    code = open();
  }
  if (code == SQLITE_BUSY) {
    throw StateBusy{path};
  }
  check(code, "the state cannot be opened");
  Statement version(handle, "PRAGMA user_version");
  const std::int64_t known = version.step() ? version.number(0) : 0;
  if (known > kVersion) {
    throw OutputError(fmt::format(
        "{}: is a state of a newer auexfil (version {}, this one knows {}); nothing was read", path,
        known, kVersion));
  }
  version.reset();
  if (known != 0 && known < kVersion) {
    print_message(fmt::format(
        "{}: is a state of an older auexfil; all that is there of the logs is read again and "
        "findings are reported again",
        path));
    check(run("DROP TABLE log; DROP TABLE finding; DROP TABLE IF EXISTS answer;"
              " DROP TABLE IF EXISTS flow"),
          "cannot be written");
  }
  if (known < kVersion) {
    check(run(kTables), "is a database of something else, or cannot be written");
  }
  // Also where it is so already: whether it can be written is known before the log is read.
  check(run(fmt::format("PRAGMA user_version = {}", kVersion).c_str()),
        "the state cannot be written");
}

void StateFile::Database::load() {
  std::string lost;
  Statement all(handle, "SELECT places, rowid FROM log ORDER BY rowid");
  while (all.step()) {
    pipeline::SavedLog log;
    try {
      const std::string places = all.bytes(0);
      input::StateReader reader(input::open_state(places));
      log.walk(reader);
      logs.push_back(std::move(log));
      rows.push_back(all.number(1));
    } catch (const input::StateRefused& refused) {
      lost += lose(all.number(1), refused);
    }
  }
  check(run(lost.c_str()), "cannot be written");
}

/// That log is read again. \return what takes it out
std::string StateFile::Database::lose(std::int64_t row, const input::StateRefused& why) const {
  print_message(fmt::format("{}: {}; that log is read again", path, why.what()));
  return fmt::format("DELETE FROM log WHERE rowid = {};", row);
}

void StateFile::Database::load_tables() {
  if (std::exchange(has_tables, true)) {
    return;
  }
  std::string lost;
  for (std::size_t i = 0; i < logs.size();) {
    Statement one(handle, "SELECT tables FROM log WHERE rowid = ?");
    one.bind(rows[i]);
    try {
      logs[i].tables = unpacked(one.step() ? one.view(0) : std::string_view());
      ++i;
    } catch (const input::StateRefused& refused) {
      lost += lose(rows[i], refused);
      logs.erase(logs.begin() + static_cast<std::ptrdiff_t>(i));
      rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  check(run(lost.c_str()), "cannot be written");
  Statement findings(handle, "SELECT id, start, end, kind, transfers, figures FROM finding");
  while (findings.step()) {
    reported[static_cast<std::uint64_t>(findings.number(0))] = {
        findings.number(1), findings.number(2), static_cast<std::uint64_t>(findings.number(3)),
        ids_of(findings.bytes(4)), findings.bytes(5)};
  }
}

Memory StateFile::Database::memory() const {
  Memory memory{0, true};
  for (const pipeline::SavedLog& log : logs) {
    if (log.is_dropped) {
      continue;
    }
    memory.forgotten = std::max(memory.forgotten, log.forgotten);
    memory.is_whole = memory.is_whole && log.is_found;
  }
  return memory;
}

StateFile::StateFile(const std::string& path) : database_(std::make_unique<Database>(path)) {
  database_->begin();
  database_->load();
}

StateFile::~StateFile() = default;

const std::vector<pipeline::SavedLog>& StateFile::places() const {
  return database_->logs;
}

std::optional<Answer> StateFile::answer(std::uint64_t question) {
  Statement asked(database_->handle,
                  "SELECT transfers, approved, unmeasured, standing, hosts FROM answer"
                  " WHERE question = ?");
  asked.bind(static_cast<std::int64_t>(question));
  if (!asked.step()) {
    return std::nullopt;
  }
  const auto number = [&](int column) { return static_cast<std::uint64_t>(asked.number(column)); };
  return Answer{question, number(0), number(1), number(2), number(3), asked.bytes(4)};
}

std::vector<pipeline::SavedLog>& StateFile::logs() {
  database_->load_tables();
  return database_->logs;
}

void StateFile::Database::load_flows() {
  flows.emplace();
  Statement kept(handle, "SELECT records FROM flow");
  if (!kept.step()) {
    return;
  }
  try {
    const std::string sealed = unpacked(kept.view(0));
    input::StateReader reader(input::open_state(sealed));
    flows->walk(reader);
  } catch (const input::StateRefused& refused) {
    print_message(
        fmt::format("{}: {}; flow records whose files are gone are lost", path, refused.what()));
    flows.emplace();
  }
}

void StateFile::Database::write_flows() {
  if (!flows) {
    return;
  }
  check(run("DELETE FROM flow"), "cannot be written");
  if (flows->is_empty()) {
    return;
  }
  std::string bytes;
  {
    input::StateWriter writer(bytes);
    flows->walk(writer);
  }
  const std::string made = packed(input::seal_state(bytes));
  Statement write(handle, "INSERT INTO flow VALUES (?)");
  write.bind(made, false).step();
  check(write.error(), "cannot be written");
}

flow::KeptFlows& StateFile::flows() {
  if (!database_->flows) {
    database_->load_flows();
  }
  return *database_->flows;
}

audit::TimeMs StateFile::kept_since() const {
  audit::TimeMs since = std::numeric_limits<audit::TimeMs>::max();
  for (const pipeline::SavedLog& log : database_->logs) {
    since = log.is_dropped ? since : std::min(since, log.forgotten);
  }
  return database_->logs.empty() ? 0 : since;
}

void StateFile::keep(Answer answer) {
  const bool any_dropped = std::any_of(database_->logs.begin(), database_->logs.end(),
                                       [](const auto& log) { return log.is_dropped; });
  if (any_dropped) {
    return;  // what is told of it is told no more
  }
  database_->answer = std::move(answer);
}

void StateFile::begin_packing(const pipeline::SavedLog& log) {
  if (!log.is_as_before) {
    database_->packing[&log] =
        std::async(std::launch::async, [&tables = log.tables] { return packed(tables); });
  }
}

void StateFile::keep_news(std::vector<policy::Finding>& findings, std::int64_t looks_back_ms,
                          report::Counts::Judged& counts) {
  Memory memory = database_->memory();
  memory.looks_back_ms = looks_back_ms;
  cli::keep_news(findings, database_->reported, memory, counts);
}

/// \param row  where it was; 0: it is a new one
void StateFile::Database::write(pipeline::SavedLog& log, std::int64_t row) {
  if (log.is_dropped) {
    check(run(fmt::format("DELETE FROM log WHERE rowid = {}", row).c_str()), "cannot be written");
    return;
  }
  std::string places;
  {
    input::StateWriter writer(places);
    log.walk(writer);
  }
  const std::string sealed = input::seal_state(places);
  const bool keeps_tables = row != 0 && (log.is_as_before || !log.is_found);
  const auto begun = packing.find(&log);
  const std::string tables = keeps_tables             ? std::string()
                             : begun == packing.end() ? packed(log.tables)
                                                      : begun->second.get();
  Statement write(handle, row == 0       ? "INSERT INTO log VALUES (?, ?)"
                          : keeps_tables ? "UPDATE log SET places = ? WHERE rowid = ?"
                                         : "UPDATE log SET places = ?, tables = ? WHERE rowid = ?");
  write.bind(sealed, false);
  if (!keeps_tables) {
    write.bind(tables, false);
  }
  if (row != 0) {
    write.bind(row);
  }
  write.step();
  check(write.error(), "cannot be written");
}

void StateFile::write() {
  database_->check(database_->run("DELETE FROM finding; DELETE FROM answer"), "cannot be written");
  for (std::size_t i = 0; i < database_->logs.size(); ++i) {
    database_->write(database_->logs[i], i < database_->rows.size() ? database_->rows[i] : 0);
  }
  database_->write_flows();
  Statement add(database_->handle, "INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?)");
  for (const auto& [id, known] : database_->reported) {
    const std::string transfers = bytes_of(known.transfers);
    add.reset();
    add.bind(static_cast<std::int64_t>(id)).bind(known.start).bind(known.end);
    add.bind(static_cast<std::int64_t>(known.kind)).bind(transfers, false);
    add.bind(known.figures, true).step();
    database_->check(add.error(), "cannot be written");
  }
  if (const std::optional<Answer>& answer = database_->answer) {
    Statement keep(database_->handle, "INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?)");
    for (const std::uint64_t number : {answer->question, answer->transfers, answer->approved,
                                       answer->unmeasured, answer->standing}) {
      keep.bind(static_cast<std::int64_t>(number));
    }
    keep.bind(answer->hosts, true).step();
    database_->check(keep.error(), "cannot be written");
  }
}

void StateFile::commit() {
  database_->check(database_->run("COMMIT"),
                   "the state could not be kept; the next run reads and reports the same again");
}

}  // namespace auexfil::cli
