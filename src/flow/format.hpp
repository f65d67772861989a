#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auexfil/flow/read_flows.hpp"

namespace auexfil::flow {

/// Names of sensors, routers and interfaces -> small numbers. 0: nameless, or beyond the bound.
class Observers {
 public:
  Observers() = default;
  explicit Observers(std::vector<std::string> names) : names_(std::move(names)) {}
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] std::uint32_t number_of(std::string_view name);

 private:
  static constexpr std::size_t kMost = 256;
  static constexpr std::size_t kLongest = 128;
  std::vector<std::string> names_;
};

/// What a format writes to: counts on the way, and knows the file.
class Output {
 public:
  Output(FlowSink& sink, FileReport& report, Observers& observers, std::uint32_t file)
      : sink_(sink), report_(report), observers_(observers), file_(file) {}

  void flow(FlowRecord& record);
  /// Is the rest of a record asked for, of which times, ends (nothing was translated) and bytes are
  /// read? If not it is done with.
  [[nodiscard]] bool wants(FlowRecord& begun);
  void ftp(FtpCommand& command) { sink_.on_ftp(of_file(command)); }
  void seen(FileSeen& seen) { sink_.on_file(of_file(seen)); }
  void ssh(SshSession& session) { sink_.on_ssh(of_file(session)); }
  void name(NameAnswer& answer) { sink_.on_name(of_file(answer)); }
  void passed() { ++report_.passed; }
  /// The exporter says that it has lost records of this time.
  void lost(TimeUs from, TimeUs to) {
    ++report_.lost;
    sink_.on_lost(from, to);
  }
  void fault(Fault fault, std::uint64_t line);

  [[nodiscard]] std::uint32_t observer(std::string_view name) { return observers_.number_of(name); }
  [[nodiscard]] FileReport& report() { return report_; }
  /// When the file was written to last, which tells the year where lines do not; 0: not known.
  [[nodiscard]] TimeUs written() const { return written_; }
  void set_written(TimeUs time) { written_ = time; }

 private:
  template <typename Record>
  Record& of_file(Record& record) {
    record.file = file_;
    ++report_.others;
    return record;
  }

  void note(FlowRecord& record);

  FlowSink& sink_;
  FileReport& report_;
  Observers& observers_;
  std::uint32_t file_;
  TimeUs written_ = 0;
};

/// A stage from bytes to records.
class Format {
 public:
  Format() = default;
  virtual ~Format() = default;
  Format(const Format&) = delete;
  Format& operator=(const Format&) = delete;

  /// Takes the next bytes, cut anywhere. \param last  the file ends with them; they may be none.
  virtual void take(std::string_view bytes, bool last, Output& to) = 0;
};

/// The formats, each in a file of its own. Another one: its file, two lines here, a row in
/// formats.cpp. \param head  the first 64 KiB, or all when shorter.
[[nodiscard]] bool is_zeek_tsv(std::string_view head);
[[nodiscard]] std::unique_ptr<Format> make_zeek_tsv();
[[nodiscard]] bool is_nfdump_csv(std::string_view head);
[[nodiscard]] std::unique_ptr<Format> make_nfdump_csv();
[[nodiscard]] bool is_json_flows(std::string_view head);
[[nodiscard]] std::unique_ptr<Format> make_json_flows();
[[nodiscard]] bool is_argus_csv(std::string_view head);
[[nodiscard]] std::unique_ptr<Format> make_argus_csv();
[[nodiscard]] bool is_aws_text(std::string_view head);
[[nodiscard]] std::unique_ptr<Format> make_aws_text();
[[nodiscard]] bool is_conntrack(std::string_view head);
[[nodiscard]] std::unique_ptr<Format> make_conntrack();
[[nodiscard]] bool is_firewall(std::string_view head);
[[nodiscard]] std::unique_ptr<Format> make_firewall();
[[nodiscard]] bool is_aws_custom(std::string_view head);

struct Known {
  std::string_view name;
  bool (*recognises)(std::string_view head);
  std::unique_ptr<Format> (*make)();
  bool has_documents = false;  ///< a record may be longer than a glance
};
/// Null: none.
[[nodiscard]] const Known* known_format(std::string_view head);

/// Why a file that begins so is not read, and what to do; empty: no such file is known.
[[nodiscard]] std::string_view advice_on(std::string_view head);

}  // namespace auexfil::flow
