#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "../input/memory_tree.hpp"
#include "auexfil/flow/read_flows.hpp"

namespace auexfil::flow::test {

using Lines = std::vector<std::string>;

inline std::string shown(std::optional<std::uint64_t> number) {
  return number ? std::to_string(*number) : "?";
}

/// Seconds since 1970 with what is behind the point, where there is something.
inline std::string shown_time(TimeUs time) {
  std::string text = std::to_string(time / 1'000'000);
  if (time % 1'000'000 != 0) {
    text += fmt::format(".{:06}", time % 1'000'000);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text;
}

inline std::string shown(const Endpoint& end) {
  return fmt::format("{}:{}", end.address.to_string(), end.port);
}

inline std::string shown_flags(const FlowRecord& record) {
  constexpr std::pair<FlowRecord::Flag, const char*> kNames[] = {
      {FlowRecord::kOneWay, "one-way"},
      {FlowRecord::kMidStream, "mid-stream"},
      {FlowRecord::kFlipped, "flipped"},
      {FlowRecord::kOriginUnknown, "either-way"},
      {FlowRecord::kExistenceOnly, "exists"},
      {FlowRecord::kSawStart, "start"},
      {FlowRecord::kSawEnd, "end"},
      {FlowRecord::kIsOpen, "open"},
      {FlowRecord::kLocalTime, "local"},
      {FlowRecord::kTimeMended, "mended"},
      {FlowRecord::kGaps, "gaps"},
      {FlowRecord::kSampled, "sampled"},
      {FlowRecord::kRefused, "refused"},
      {FlowRecord::kTunnelled, "tunnelled"},
      {FlowRecord::kWholeSeconds, "whole"},
      {FlowRecord::kStartUnknown, "no-start"}};
  std::string text;
  for (const auto& [flag, name] : kNames) {
    if (record.has(flag)) {
      text.append(" ").append(name);
    }
  }
  return text;
}

/// "FIRST+SPAN PROTOCOL A:PORT>B:PORT OUT/BACK LAYER flags", and what else there is of it.
inline std::string shown(const FlowRecord& record) {
  std::string text = fmt::format("{}+{} {} {}>{} {}/{} {}", shown_time(record.first),
                                 shown_time(record.last - record.first), unsigned{record.protocol},
                                 shown(record.from), shown(record.to), shown(record.out.bytes),
                                 shown(record.back.bytes), to_word(record.layer));
  text += shown_flags(record);
  if (record.both) {
    text += fmt::format(" both={}", *record.both);
  }
  if (record.service != Service::none) {
    text += fmt::format(" service={}", static_cast<unsigned>(record.service));
  }
  if (!record.id.is_empty()) {
    text += fmt::format(" id={}", record.id.view());
  }
  if (record.nat_from != record.from || record.nat_to != record.to) {
    text += fmt::format(" nat={}>{}", shown(record.nat_from), shown(record.nat_to));
  }
  if (record.uid) {
    text += fmt::format(" uid={}", *record.uid);
  }
  return text;
}

/// What a reader hands on, a line for each.
class Told final : public FlowSink {
 public:
  void on_flow(const FlowRecord& record) override {
    records.push_back(record);
    lines.push_back(shown(record));
  }
  void on_ftp(const FtpCommand& command) override {
    lines.push_back(fmt::format("ftp {} {} {}>{} data={} id={} file={}", shown_time(command.time),
                                static_cast<unsigned>(command.kind), shown(command.client),
                                shown(command.server), command.data ? shown(*command.data) : "-",
                                command.id.view(), command.file_id.view()));
    if (!command.data_id.is_empty()) {
      lines.back() += fmt::format(" data-id={}", command.data_id.view());
    }
  }
  void on_file(const FileSeen& file) override {
    lines.push_back(fmt::format(
        "file {} id={} file={} seen={} total={} missing={} from={}", shown_time(file.time),
        file.id.view(), file.file_id.view(), shown(file.seen), shown(file.total),
        shown(file.missing),
        file.from_originator ? (*file.from_originator ? "originator" : "responder") : "?"));
  }
  void on_ssh(const SshSession& session) override {
    lines.push_back(fmt::format("ssh {} {}>{} id={} {}", shown_time(session.time),
                                shown(session.client), shown(session.server), session.id.view(),
                                session.success ? (*session.success ? "in" : "refused") : "?"));
  }
  void on_name(const NameAnswer& answer) override {
    lines.push_back(fmt::format("name {} {}", shown_time(answer.time), answer.name));
    for (const audit::IpAddress& address : answer.addresses) {
      lines.back().append(" ").append(address.to_string());
    }
  }

  Lines lines;
  std::vector<FlowRecord> records;
};

/// Reads a text as a file. \param written  seconds since 1970
inline FileReport read(const std::string& text, FlowSink& sink, std::int64_t written = 0) {
  const auto tree = std::make_shared<input::test::MemoryTree>();
  tree->files["/f"] = text;
  tree->changed["/f"] = written;
  FlowReader reader;
  return reader.read({"/f", "f", text.size(), tree, 0, false}, 0, sink);
}

/// The records of a text, then what is to be said of the file.
inline Lines told(const std::string& text, std::int64_t written = 0) {
  Told sink;
  const FileReport report = read(text, sink, written);
  for (const std::string& line : describe(report, "f")) {
    sink.lines.push_back(line);
  }
  return sink.lines;
}

}  // namespace auexfil::flow::test
