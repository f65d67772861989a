#include "state_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <new>
#include <sqlite3.h>
#include <sys/stat.h>
#include <system_error>
#include <utility>
#include <zlib.h>
#include <zstd.h>

#include <fmt/format.h>

#include "auexfil/input/state_io.hpp"
#include "output.hpp"

namespace auexfil::cli {
namespace {

/// Of the tables below; what is sealed in them has a version of its own.
constexpr int kVersion = 1;

constexpr const char* kTables =
    "CREATE TABLE log (places BLOB NOT NULL, tables BLOB NOT NULL);"  // tables: by zstd
    "CREATE TABLE finding (id INTEGER PRIMARY KEY, start INTEGER NOT NULL, end INTEGER NOT NULL,"
    " figures TEXT NOT NULL);";

/// A statement, and what it gives.
class Statement {
 public:
  Statement(sqlite3* database, const char* text) : database_(database) {
    sqlite3_prepare_v2(database, text, -1, &statement_, nullptr);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(std::int64_t number) {
    sqlite3_bind_int64(statement_, ++bound_, number);
    return *this;
  }
  Statement& bind(const std::string& bytes, bool is_text) {
    const auto size = static_cast<sqlite3_uint64>(bytes.size());
    ++bound_;
    if (is_text) {
      sqlite3_bind_text64(statement_, bound_, bytes.data(), size, SQLITE_STATIC, SQLITE_UTF8);
    } else {
      sqlite3_bind_blob64(statement_, bound_, bytes.data(), size, SQLITE_STATIC);
    }
    return *this;
  }
  /// \return is there a row? After an error there is none: see error().
  bool step() {
    const int code = sqlite3_step(statement_);
    error_ = code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : sqlite3_errcode(database_);
    return code == SQLITE_ROW;
  }
  void reset() {
    sqlite3_reset(statement_);
    bound_ = 0;
  }
  [[nodiscard]] std::int64_t number(int column) { return sqlite3_column_int64(statement_, column); }
  [[nodiscard]] std::string bytes(int column) {
    const auto* const data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    const int size = sqlite3_column_bytes(statement_, column);
    return data == nullptr ? std::string() : std::string(data, static_cast<std::size_t>(size));
  }
  [[nodiscard]] int error() const { return error_; }

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
  int error_ = SQLITE_OK;
};

/// A finding as it was last reported.
struct Reported {
  audit::TimeMs start{};
  audit::TimeMs end{};
  std::string figures;
};

/// Who it was and why it is one, for a hash.
std::string words_of(const policy::Finding& finding) {
  std::string text;
  const auto add = [&](std::string_view word) {
    text += word;
    text.push_back('\0');
  };
  const auto add_sender = [&](const policy::Sender& sender) {
    add(sender.tool);
    add(sender.user.value_or(""));
    add(sender.auid_user.value_or(""));
    add(sender.script.value_or(""));
    add(to_word(sender.automation));
    if (sender.job) {
      add(sender.job->kind);
      add(sender.job->what);
      add(sender.job->artefact.value_or(""));
    }
    std::for_each(sender.command.begin(), sender.command.end(), add);
    std::for_each(sender.chain.begin(), sender.chain.end(), add);
  };
  add_sender(finding);
  for (const policy::Finding::Destination& to : finding.destinations) {
    add_sender(to.sender);
  }
  add(finding.role);
  add(to_word(finding.severity));
  std::for_each(finding.reasons.begin(), finding.reasons.end(), add);
  return text;
}

/// All of a finding that a reader of its last report would want to know to be other.
std::string figures_of(const policy::Finding& finding) {
  std::string text = fmt::format("{} {} {} {}", finding.start, finding.end,
                                 finding.bytes_out ? fmt::to_string(*finding.bytes_out) : "?",
                                 to_word(finding.basis));
  for (const policy::Finding::Destination& to : finding.destinations) {
    text += fmt::format(" {}:{}={}{}", to.address, to.port.value_or(0),
                        to.bytes_out ? fmt::to_string(*to.bytes_out) : "?", to_word(to.basis));
  }
  for (const std::uint64_t transfer : finding.transfers) {
    text += fmt::format(" {:016x}", transfer);
  }
  // A run may end amid an event: its other records tell the command.
  const std::string words = words_of(finding);
  return fmt::format(
      "{} {:08x}", text,
      crc32_z(0, reinterpret_cast<const unsigned char*>(words.data()), words.size()));
}

std::string packed(const std::string& tables) {
  std::string made(ZSTD_compressBound(tables.size()), '\0');
  const std::size_t size =
      ZSTD_compress(made.data(), made.size(), tables.data(), tables.size(), ZSTD_CLEVEL_DEFAULT);
  if (ZSTD_isError(size) != 0) {
    throw std::bad_alloc();
  }
  made.resize(size);
  return made;
}

/// \throws input::StateRefused.
std::string unpacked(const std::string& bytes) {
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
    throw OutputError(fmt::format("{}: {} ({})", path, what, sqlite3_errmsg(handle)));
  }
  int open();
  void begin();
  void load();
  void write(pipeline::SavedLog& log, std::int64_t row);
  [[nodiscard]] audit::TimeMs forgotten() const;
  void put_by(std::map<std::int64_t, Reported>& gone, audit::TimeMs forgotten,
              report::Counts::Judged& counts);
  void put_aside();
  void check(int code, const char* what) {
    if (code != SQLITE_OK) {
      fail(what);
    }
  }

  std::string path;
  sqlite3* handle = nullptr;
  std::vector<pipeline::SavedLog> logs;
  std::vector<std::int64_t> rows;             ///< of those that were there
  std::map<std::int64_t, Reported> reported;  ///< by id
};

/// \return SQLite's code; with SQLITE_OK it is ours alone.
int StateFile::Database::open() {
  // Links that lead to its folder are followed (StateDirectory= makes one), one in its place is
  // not.
  const std::filesystem::path named(path);
  std::error_code error;
  const std::filesystem::path folder =
      std::filesystem::canonical(named.has_parent_path() ? named.parent_path() : ".", error);
  const std::string real = error ? path : (folder / named.filename()).string();
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
  const std::string aside = path + ".damaged";
  sqlite3_close(handle);
  handle = nullptr;
  if (std::rename(path.c_str(), aside.c_str()) != 0) {
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
  check(code, "the state cannot be opened for writing");
  Statement version(handle, "PRAGMA user_version");
  const std::int64_t known = version.step() ? version.number(0) : 0;
  if (known > kVersion) {
    throw OutputError(fmt::format(
        "{}: is a state of a newer auexfil (version {}, this one knows {}); nothing was read", path,
        known, kVersion));
  }
  if (known == 0) {
    check(run(kTables), "is a database of something else, or cannot be written");
    check(run(fmt::format("PRAGMA user_version = {}", kVersion).c_str()), "cannot be written");
  }
}

void StateFile::Database::load() {
  std::string lost;
  Statement all(handle, "SELECT places, tables, rowid FROM log ORDER BY rowid");
  while (all.step()) {
    pipeline::SavedLog log;
    try {
      const std::string places = all.bytes(0);
      input::StateReader reader(input::open_state(places));
      log.walk(reader);
      log.tables = unpacked(all.bytes(1));
      logs.push_back(std::move(log));
      rows.push_back(all.number(2));
    } catch (const input::StateRefused& refused) {
      print_message(fmt::format("{}: {}; that log is read again", path, refused.what()));
      lost += fmt::format("DELETE FROM log WHERE rowid = {};", all.number(2));
    }
  }
  check(run(lost.c_str()), "cannot be written");
  Statement findings(handle, "SELECT id, start, end, figures FROM finding");
  while (findings.step()) {
    reported[findings.number(0)] = {findings.number(1), findings.number(2), findings.bytes(3)};
  }
}

audit::TimeMs StateFile::Database::forgotten() const {
  audit::TimeMs latest = 0;
  for (const pipeline::SavedLog& log : logs) {
    latest = std::max(latest, log.forgotten);
  }
  return latest;
}

/// Of findings that were reported and are not among those of this run.
void StateFile::Database::put_by(std::map<std::int64_t, Reported>& gone, audit::TimeMs forgotten,
                                 report::Counts::Judged& counts) {
  if (!std::all_of(logs.begin(), logs.end(),
                   [](const pipeline::SavedLog& log) { return log.is_found; })) {
    reported.merge(gone);  // of a log that was not read this time
    return;
  }
  constexpr audit::TimeMs kDay = 86'400'000;
  for (const auto& [id, known] : gone) {
    if (known.start - kDay >= forgotten) {
      counts.withdrawn.push_back(static_cast<std::uint64_t>(id));
    }
  }
  std::sort(counts.withdrawn.begin(), counts.withdrawn.end());
}

StateFile::StateFile(const std::string& path) : database_(std::make_unique<Database>(path)) {
  database_->begin();
  database_->load();
}

StateFile::~StateFile() = default;

std::vector<pipeline::SavedLog>& StateFile::logs() {
  return database_->logs;
}

void StateFile::keep_news(std::vector<policy::Finding>& findings, report::Counts::Judged& counts) {
  const audit::TimeMs forgotten = database_->forgotten();
  std::vector<policy::Finding> news;
  std::map<std::int64_t, Reported> before = std::move(database_->reported);
  database_->reported.clear();
  for (policy::Finding& finding : findings) {
    const auto id = static_cast<std::int64_t>(finding.id);
    Reported now{finding.start, finding.end, figures_of(finding)};
    const auto known = before.find(id);
    finding.is_update = known != before.end();
    // What is left of one whose beginning is forgotten is no news by itself.
    const bool is_rest = finding.start - finding.window_s * 1000 < forgotten &&
                         (!finding.is_update || known->second.end >= finding.end);
    if (!is_rest && (!finding.is_update || known->second.figures != now.figures)) {
      news.push_back(std::move(finding));
    }
    if (known != before.end()) {
      before.erase(known);
    }
    database_->reported[id] = std::move(now);
  }
  counts.standing = findings.size() - news.size();
  database_->put_by(before, forgotten, counts);
  findings = std::move(news);
}

/// \param row  where it was; 0: it is a new one
void StateFile::Database::write(pipeline::SavedLog& log, std::int64_t row) {
  std::string places;
  {
    input::StateWriter writer(places);
    log.walk(writer);
  }
  const std::string sealed = input::seal_state(places);
  const bool keeps_tables = row != 0 && (log.is_as_before || !log.is_found);
  const std::string tables = keeps_tables ? std::string() : packed(log.tables);
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
  database_->check(database_->run("DELETE FROM finding"), "cannot be written");
  for (std::size_t i = 0; i < database_->logs.size(); ++i) {
    database_->write(database_->logs[i], i < database_->rows.size() ? database_->rows[i] : 0);
  }
  Statement add(database_->handle, "INSERT INTO finding VALUES (?, ?, ?, ?)");
  for (const auto& [id, known] : database_->reported) {
    add.reset();
    add.bind(id).bind(known.start).bind(known.end).bind(known.figures, true).step();
    database_->check(add.error(), "cannot be written");
  }
}

void StateFile::commit() {
  database_->check(database_->run("COMMIT"),
                   "the state could not be kept; the next run reads and reports the same again");
}

}  // namespace auexfil::cli
