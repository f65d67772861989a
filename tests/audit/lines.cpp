#include "lines.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <catch2/catch.hpp>

#include "auexfil/input/logs.hpp"

namespace auexfil::audit::test {
namespace fs = std::filesystem;

std::optional<std::string> raw(std::string_view body, std::string_view key) {
  Field field;
  return find_field(body, key, field) ? std::optional(std::string(field.value)) : std::nullopt;
}

std::optional<std::string> text(std::string_view body, std::string_view key) {
  Field field;
  std::string out;
  if (!find_field(body, key, field) || decode_string(field, out) != Decoded::text) {
    return std::nullopt;
  }
  return out;
}

Decoded decoded(std::string_view body, std::string_view key) {
  Field field;
  REQUIRE(find_field(body, key, field));
  std::string out;
  return decode_string(field, out);
}

std::vector<std::string> keys(std::string_view body) {
  std::vector<std::string> all;
  FieldReader reader(body);
  Field field;
  while (reader.next(field)) {
    all.emplace_back(field.key);
  }
  return all;
}

Syscall syscall_of(std::string_view body) {
  Syscall call;
  REQUIRE(parse_syscall(body, call));
  return call;
}

Call call_of(const Syscall& call) {
  SyscallTables tables;
  return tables.find(call.arch, call.number);
}

Argv argv_of(const std::vector<std::string_view>& bodies, ArgvBounds bounds) {
  Argv argv;
  decode_execve(bodies, bounds, argv);
  return argv;
}

SocketAddress saddr_of(std::string_view hex, std::uint32_t arch) {
  SocketAddress address;
  REQUIRE(decode_saddr(hex, is_big_endian(arch), address));
  return address;
}

const EventCopy::RecordCopy* EventCopy::find(std::uint16_t type) const {
  const auto found = std::find_if(records.begin(), records.end(),
                                  [&](const RecordCopy& r) { return r.type == type; });
  return found == records.end() ? nullptr : &*found;
}

std::vector<std::uint16_t> EventCopy::types() const {
  std::vector<std::uint16_t> all;
  for (const RecordCopy& record : records) {
    all.push_back(record.type);
  }
  return all;
}

EventCopy copy(const Event& event) {
  EventCopy out;
  out.stamp = event.stamp;
  out.node = event.node;
  out.boot = event.boot;
  for (const Record* record : event.records) {
    out.records.push_back(
        {record->type, std::string(record->body), record->file, record->line, record->cut});
  }
  if (event.syscall != nullptr) {
    out.syscall = *event.syscall;
  }
  return out;
}

Reading events_of(const std::vector<std::string>& files, Assembler::Options options) {
  Reading reading;
  Assembler assembler(options, [&](const Event& event) { reading.events.push_back(copy(event)); },
                      {});
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto parsed = std::make_unique<ParsedBlock>();
    parsed->block = std::make_unique<input::Block>();
    parsed->block->buffer.assign(files[i].begin(), files[i].end());
    parsed->block->bytes = {parsed->block->buffer.data(), parsed->block->buffer.size()};
    parsed->block->file = static_cast<std::uint32_t>(i);
    parsed->block->starts_file = true;
    parse_block(*parsed);
    assembler.add(std::move(parsed));
  }
  assembler.finish();
  reading.malformed = assembler.malformed();
  reading.records = assembler.records();
  return reading;
}

std::string shared_folder() {
  const char* const named = std::getenv("AUEXFIL_SHARED");
  const std::string path =
      named != nullptr ? named : std::string(AUEXFIL_SOURCE_DIR) + "/../shared";
  std::error_code error;
  return fs::is_directory(path, error) ? path : std::string{};
}

std::string read_whole(const std::string& path) {
  input::LogSet set;
  set.files.push_back({path, path, fs::file_size(path)});
  input::BlockReader reader(set, {});
  std::string text;
  while (const auto block = reader.next()) {
    text += block->bytes;
  }
  REQUIRE(reader.problems().empty());
  return text;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::vector<RecordedFile> recorded_files() {
  std::vector<RecordedFile> files;
  const std::string shared = shared_folder();
  if (shared.empty() || !fs::is_directory(shared + "/corpus")) {
    return files;
  }
  std::vector<std::string> recordings;
  for (const auto& entry : fs::directory_iterator(shared + "/corpus")) {
    if (fs::is_directory(entry.path() / "logs")) {
      recordings.push_back(entry.path().filename().string());
    }
  }
  std::sort(recordings.begin(), recordings.end());
  for (const std::string& recording : recordings) {
    for (const auto& set : input::find_logs({shared + "/corpus/" + recording + "/logs"}).sets) {
      for (const auto& file : set.files) {
        files.push_back({recording, file.path});
      }
    }
  }
  return files;
}

std::vector<std::string> public_logs() {
  std::vector<std::string> paths;
  const std::string shared = shared_folder();
  if (shared.empty() || !fs::is_directory(shared + "/public")) {
    return paths;
  }
  for (const auto& entry : fs::recursive_directory_iterator(shared + "/public")) {
    const std::string ending = entry.path().extension().string();
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name != "README.txt" && name != "LICENSE.txt" &&
        name != "NOTICE.txt" && (ending == ".log" || ending == ".yaml" || ending == ".txt")) {
      paths.push_back(entry.path().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string read_public(const std::string& path) {
  const std::string whole = read_whole(path);
  if (fs::path(path).extension() != ".yaml") {
    return whole;
  }
  std::string out;
  for (std::string_view line : lines_of(whole)) {
    const std::size_t start = line.find_first_not_of(' ');
    // Block scalars hold the lines; what else there is, is YAML's own.
    if (start != std::string_view::npos && line.substr(start, 5) == "type=") {
      out += line.substr(start);
      out += '\n';
    }
  }
  return out;
}

}  // namespace auexfil::audit::test
