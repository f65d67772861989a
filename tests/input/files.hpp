#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include <archive.h>
#include <archive_entry.h>

namespace auexfil::input::test {

namespace fs = std::filesystem;

/// A folder that goes away with the test.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (fs::temp_directory_path() / "auexfil-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw std::runtime_error("mkdtemp");
    }
    path_ = name;
  }
  ~TempFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  /// Writes a file, with the folders above it. \return its path.
  std::string write(const std::string& name, std::string_view content) const {
    const fs::path file = path_ / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
    return file.string();
  }

  void link(const std::string& name, const std::string& target) const {
    fs::create_directories((path_ / name).parent_path());
    fs::create_symlink(target, path_ / name);
  }

  [[nodiscard]] std::string path() const { return path_.string(); }
  [[nodiscard]] std::string operator/(std::string_view name) const {
    return (path_ / name).string();
  }

 private:
  fs::path path_;
};

/// Compresses with libarchive, whose writers owe nothing to the code under test.
/// \param filter  "gzip", "zstd", "xz" or "bzip2".
inline std::string packed(std::string_view content, const char* filter) {
  std::string out(content.size() * 2 + (std::size_t{1} << 20), '\0');
  std::size_t used = 0;
  archive* const a = archive_write_new();
  archive_write_set_format_raw(a);
  archive_write_add_filter_by_name(a, filter);
  archive_write_set_bytes_in_last_block(a, 1);
  archive_write_open_memory(a, out.data(), out.size(), &used);
  archive_entry* const entry = archive_entry_new();
  archive_entry_set_pathname(entry, "log");
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(a, entry);
  archive_write_data(a, content.data(), content.size());
  archive_entry_free(entry);
  if (archive_write_close(a) != ARCHIVE_OK) {
    throw std::runtime_error(archive_error_string(a));
  }
  archive_write_free(a);
  out.resize(used);
  return out;
}

inline const std::vector<const char*>& filters() {
  static const std::vector<const char*> kFilters = {"gzip", "zstd", "xz", "bzip2"};
  return kFilters;
}

/// One record at a time of the log's clock; `seconds` tells files apart.
inline std::string record(long seconds, int serial = 1) {
  return "type=SYSCALL msg=audit(" + std::to_string(seconds) + ".000:" + std::to_string(serial) +
         "): arch=c000003e syscall=59 success=yes exit=0\n";
}

inline std::string records(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += record(1796173321 + i / 10, i);
  }
  return text;
}

}  // namespace auexfil::input::test
