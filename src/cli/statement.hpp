#pragma once

#include <cstddef>
#include <cstdint>
#include <sqlite3.h>
#include <string>
#include <string_view>

namespace auexfil::cli {

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
  [[nodiscard]] std::string bytes(int column) { return std::string(view(column)); }
  /// Lives until the next step.
  [[nodiscard]] std::string_view view(int column) {
    const auto* const data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    const int size = sqlite3_column_bytes(statement_, column);
    return data == nullptr ? std::string_view()
                           : std::string_view(data, static_cast<std::size_t>(size));
  }
  [[nodiscard]] int error() const { return error_; }

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
  int error_ = SQLITE_OK;
};

}  // namespace auexfil::cli
