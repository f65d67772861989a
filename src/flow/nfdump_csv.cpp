#include <array>
#include <memory>

#include "lines.hpp"
#include "nfdump.hpp"
#include "values.hpp"

namespace auexfil::flow {
namespace {

using namespace nfdump;  // NOLINT(google-build-using-namespace): its fields

/// Names of the columns: of nfdump up to 1.7.4, and from 1.7.5 on.
constexpr std::array<ColumnName, 36> kNames = {{
    {"ts", kFirst},
    {"firstSeen", kFirst},
    {"te", kLast},
    {"lastSeen", kLast},
    {"tr", kReceived},
    {"received", kReceived},
    {"td", kDuration},
    {"duration", kDuration},
    {"pr", kProtocol},
    {"proto", kProtocol},
    {"sa", kFrom},
    {"srcAddr", kFrom},
    {"sp", kFromPort},
    {"srcPort", kFromPort},
    {"da", kTo},
    {"dstAddr", kTo},
    {"dp", kToPort},
    {"dstPort", kToPort},
    {"flg", kFlags},
    {"flags", kFlags},
    {"ipkt", kPackets},
    {"packets", kPackets},
    {"inPackets", kPackets},
    {"ibyt", kBytes},
    {"bytes", kBytes},
    {"inBytes", kBytes},
    {"opkt", kBackPackets},
    {"outPackets", kBackPackets},
    {"obyt", kBackBytes},
    {"outBytes", kBackBytes},
    {"srcXIP", kNatFrom},
    {"srcXPort", kNatFromPort},
    {"dstXIP", kNatTo},
    {"dstXPort", kNatToPort},
    {"ra", kRouter},
    {"router", kRouter},
}};

/// What `-q` leaves out, of the versions whose columns are fixed.
constexpr std::array<std::string_view, 2> kUnsaid = {
    "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,in,out,sas,das,smk,dmk,dtos,dir,nh,"
    "nhb,svln,dvln,ismc,odmc,idmc,osmc,mpls1,mpls2,mpls3,mpls4,mpls5,mpls6,mpls7,mpls8,mpls9,"
    "mpls10,cl,sl,al,ra,eng,exid,tr",
    "firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes,flows",
};

Values values_of(const Layout<kCount>& layout, const Columns& columns) {
  Values values;
  for (std::size_t field = 0; field < kCount; ++field) {
    values[field] = trim(layout.value(columns, field));
  }
  return values;
}

/// The columns of a file that begins with a record; none: it does not.
std::string_view unsaid_header(std::string_view line) {
  Columns columns;
  Layout<kCount> layout;
  for (const std::string_view header : kUnsaid) {
    columns.split<','>(header);
    layout.read(columns, kNames);
    columns.split<','>(line);
    FlowRecord record;
    if (columns.count() == layout.width() &&
        nfdump::read(values_of(layout, columns), record) == Fault::count_) {
      return header;
    }
  }
  return {};
}

/// `nfdump -o csv`, `-o csv:…` and `-o csv-fast`: one direction a record, unless it merged them.
class NfdumpCsv final : public LineFormat {
 protected:
  void line(std::string_view text, std::uint64_t number, Output& to) override {
    if (const std::string_view names = header_in(text); !names.empty()) {
      header(names, number, to);
    }
    if (is_header(text)) {
      return;
    }
    columns_.split<','>(text);
    is_over_ = is_over_ || text == "Summary";
    if (is_over_ || !is_usable_) {
      to.passed();
      return;
    }
    if (columns_.count() != layout_.width()) {
      to.fault(Fault::columns, number);
      return;
    }
    const Values values = values_of(layout_, columns_);
    FlowRecord record;
    record.line = number;
    if (const Fault fault = nfdump::read(values, record); fault != Fault::count_) {
      to.fault(fault, number);
      return;
    }
    record.observer = to.observer(values[kRouter]);
    to.flow(record);
  }

 private:
  static bool is_header(std::string_view text) {
    return text.starts_with("ts,te,") || text.starts_with("firstSeen,") ||
           text.starts_with("cnt,af,");
  }

  [[nodiscard]] std::string_view header_in(std::string_view text) const {
    return is_header(text) ? text : has_header_ ? std::string_view() : unsaid_header(text);
  }

  void header(std::string_view names, std::uint64_t number, Output& to) {
    has_header_ = true;
    columns_.split<','>(names);
    layout_.read(columns_, kNames);
    is_over_ = false;
    is_usable_ = layout_.width() > 0;
    for (const Field field : {kFirst, kProtocol, kFrom, kFromPort, kTo, kToPort}) {
      is_usable_ = is_usable_ && layout_.has(field);
    }
    if (!is_usable_) {
      to.fault(Fault::header, number);
    }
  }

  Columns columns_;
  Layout<kCount> layout_;
  bool has_header_ = false;
  bool is_usable_ = false;
  bool is_over_ = false;  ///< behind "Summary"
};

}  // namespace

bool is_nfdump_csv(std::string_view head) {
  const std::string_view line = first_line(head);
  return line.starts_with("ts,te,td,sa,") || line.starts_with("firstSeen,") ||
         line.starts_with("cnt,af,firstSeen,") || !unsaid_header(line).empty();
}

std::unique_ptr<Format> make_nfdump_csv() {
  return std::make_unique<NfdumpCsv>();
}

}  // namespace auexfil::flow
