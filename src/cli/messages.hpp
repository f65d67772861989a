#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace auexfil::cli {

/// Messages for people, on stderr: after three of a kind they are counted, and the count is told
/// at the end.
class Messages {
 public:
  explicit Messages(bool quiet) : quiet_(quiet) {}
  ~Messages();
  Messages(const Messages&) = delete;
  Messages& operator=(const Messages&) = delete;

  void say(std::string_view kind, const std::string& text);

 private:
  bool quiet_;
  std::map<std::string, std::uint64_t, std::less<>> times_;  // by kind
};

}  // namespace auexfil::cli
