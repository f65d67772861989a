#include "auexfil/flow/kept_flows.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace auexfil::flow {
namespace {

constexpr char kCommand = 'c';
constexpr char kAnswer = 'a';

template <typename Record>
std::string bytes_of(Record record) {
  std::string bytes;
  input::StateWriter writer(bytes);
  record.walk(writer);
  writer.flush();
  return bytes;
}

/// \throws input::StateRefused
template <typename Record>
Record read(std::string_view bytes) {
  Record record;
  input::StateReader reader(bytes);
  record.walk(reader);
  input::StateReader::refuse_unless(reader.is_at_end());
  return record;
}

/// A NameAnswer that owns its name, and asks for no client.
struct OwnAnswer {
  TimeUs time{};
  std::string name;
  std::vector<audit::IpAddress> addresses;

  static constexpr std::size_t kLongest = 256;  // of DNS 255

  template <typename Io>
  void walk(Io& io) {
    io.number(time);
    io.text(name, kLongest);
    io.list(addresses, NameAnswer::kMostAddresses, [&](audit::IpAddress& one) { one.walk(io); });
  }
};

/// Gives what a row tells, a command or an answer, to `take`.
template <typename Take>
auto read_told(std::string_view bytes, const Take& take) {
  input::StateReader::refuse_unless(!bytes.empty());
  const std::string_view rest = bytes.substr(1);
  return bytes.front() == kCommand ? take(read<FtpCommand>(rest)) : take(read<OwnAnswer>(rest));
}

std::uint64_t weight(const FlowRecord& record) {
  return std::max(
      {record.out.bytes.value_or(0), record.back.bytes.value_or(0), record.both.value_or(0)});
}

}  // namespace

void KeptFlows::put(Rows& rows, std::string bytes, const Place& place) {
  const auto [at, is_new] = rows.try_emplace(std::move(bytes), place);
  at->second = std::min(at->second, place);
}

void KeptFlows::on_flow(const FlowRecord& record) {
  put(flows_, bytes_of(record), {record.file, record.line});
  if (flows_.size() >= most_flows_ + most_flows_ / 4 + 1) {  // not for each that comes
    drop_light();
  }
}

void KeptFlows::put_told(char kind, std::string bytes, const Place& place) {
  bytes.insert(bytes.begin(), kind);
  if (told_.size() < 2 * kMostTold || told_.contains(bytes)) {
    put(told_, std::move(bytes), place);
  } else {
    ++left_out_;
  }
}

void KeptFlows::on_ftp(const FtpCommand& command) {
  put_told(kCommand, bytes_of(command), {command.file, command.line});
}

void KeptFlows::on_name(const NameAnswer& answer) {
  if (answer.name.size() > OwnAnswer::kLongest) {
    ++left_out_;
    return;
  }
  put_told(kAnswer, bytes_of(OwnAnswer{answer.time, std::string(answer.name), answer.addresses}),
           {answer.file, answer.line});
}

void KeptFlows::drop_light() {
  if (flows_.size() <= most_flows_) {
    return;
  }
  using Weighed = std::pair<std::uint64_t, Rows::iterator>;
  std::vector<Weighed> all;
  all.reserve(flows_.size());
  for (auto row = flows_.begin(); row != flows_.end(); ++row) {
    all.emplace_back(weight(read<FlowRecord>(row->first)), row);
  }
  const auto light = all.begin() + static_cast<std::ptrdiff_t>(flows_.size() - most_flows_);
  std::nth_element(all.begin(), light, all.end(), [](const Weighed& x, const Weighed& y) {
    return std::tie(x.first, x.second->first) < std::tie(y.first, y.second->first);
  });
  left_out_ += static_cast<std::uint64_t>(light - all.begin());
  std::for_each(all.begin(), light, [this](const Weighed& one) {
    const auto record = read<FlowRecord>(one.second->first);
    lost_.add(record.first, record.last);
    flows_.erase(one.second);
  });
}

void KeptFlows::look_through() const {
  for (const auto& [bytes, place] : flows_) {
    static_cast<void>(read<FlowRecord>(bytes));
  }
  for (const auto& [bytes, place] : told_) {
    read_told(bytes, [](const auto& /*told*/) {});
  }
}

void KeptFlows::begin(std::uint32_t files) {
  for (Rows* const rows : {&flows_, &told_}) {
    for (auto& [bytes, place] : *rows) {
      place.file += files;
    }
  }
}

namespace {

void give(FtpCommand command, std::uint32_t file, std::uint64_t line, FlowSink& to) {
  command.file = file;
  command.line = line;
  to.on_ftp(command);
}

void give(OwnAnswer answer, std::uint32_t file, std::uint64_t line, FlowSink& to) {
  to.on_name({answer.time, {}, answer.name, std::move(answer.addresses), line, file});
}

}  // namespace

void KeptFlows::give_told(FlowSink& to) const {
  const LostTimes lost = lost_;  // which takes again what it gives
  lost.each([&](TimeUs from, TimeUs until) { to.on_lost(from, until); });
  for (const auto& [bytes, row] : told_) {
    const Place& place = row;
    read_told(bytes, [&](auto told) { give(std::move(told), place.file, place.line, to); });
  }
}

void KeptFlows::give_flows(FlowSink& to) const {
  for (const auto& [bytes, place] : flows_) {
    auto record = read<FlowRecord>(bytes);
    record.file = place.file;
    record.line = place.line;
    to.on_flow(record);
  }
}

namespace {

/// Names that are of something, by new numbers.
class Names {
 public:
  explicit Names(const std::vector<std::string>& all) : all_(all) {}
  std::uint32_t number_of(std::uint32_t was) {
    const auto [at, is_new] = numbers_.try_emplace(was, static_cast<std::uint32_t>(names.size()));
    if (is_new) {
      names.push_back(was < all_.size() ? all_[was] : std::string());
    }
    return at->second;
  }

  std::vector<std::string> names;

 private:
  const std::vector<std::string>& all_;
  std::map<std::uint32_t, std::uint32_t> numbers_;
};

using IsOfUse = std::function<bool(const FlowRecord&)>;

/// As a record of its time and ends.
bool is_told_of_use(const FtpCommand& command, const IsOfUse& is_of_use) {
  FlowRecord like;
  like.from = command.client;
  like.to = command.server;
  like.first = like.last = command.time;
  return is_of_use(like);
}

bool is_told_of_use(const OwnAnswer& answer, const IsOfUse& is_of_use) {
  FlowRecord like;
  like.first = like.last = answer.time;
  return std::any_of(answer.addresses.begin(), answer.addresses.end(),
                     [&](const audit::IpAddress& one) {
                       like.to.address = one;
                       return is_of_use(like);
                     });
}

}  // namespace

void KeptFlows::settle(const std::vector<std::string>& files,
                       const std::vector<std::string>& observers,
                       const std::function<bool(const FlowRecord&)>& is_of_use) {
  std::erase_if(told_, [&](const auto& row) {
    return !read_told(row.first, [&](const auto& told) { return is_told_of_use(told, is_of_use); });
  });
  lost_.forget_unless([&](TimeUs from, TimeUs until) {
    FlowRecord like;
    like.first = from;
    like.last = until;
    return is_of_use(like);
  });
  Names files_of_use(files);
  Names observers_of_use(observers);
  Rows flows;
  for (const auto& [bytes, place] : std::exchange(flows_, {})) {
    auto record = read<FlowRecord>(bytes);
    if (is_of_use(record)) {
      // 0 is of one that is not named.
      record.observer =
          record.observer == 0 ? 0 : observers_of_use.number_of(record.observer - 1) + 1;
      flows.emplace(bytes_of(record), place);
    }
  }
  flows_ = std::move(flows);
  drop_light();
  for (Rows* const rows : {&flows_, &told_}) {
    for (auto& [bytes, place] : *rows) {
      place.file = files_of_use.number_of(place.file);
    }
  }
  files_ = std::move(files_of_use.names);
  observers_ = std::move(observers_of_use.names);
}

}  // namespace auexfil::flow
