#include "held_facts.hpp"

#include "auexfil/facts/fact_json.hpp"
#include "auexfil/facts/fact_reader.hpp"

namespace auexfil::flow {

void HeldFacts::add(const facts::Fact& fact) {
  constexpr std::size_t kBlock = std::size_t{256} << 10;
  facts::append_json(lines_, fact);
  ++size_;
  if (lines_.size() >= kBlock) {
    packed_.push_back(packer_.pack(lines_));
    lines_.clear();
  }
}

void HeldFacts::give(const std::function<void(facts::Fact&)>& take) {
  facts::FactSink sink;
  sink.fact = [&take](const facts::Fact& read) {
    facts::Fact fact = read;
    take(fact);
  };
  facts::FactReader reader(std::move(sink));
  reader.begin_file("facts that wait for their flows");
  for (std::string& packed : packed_) {
    reader.feed(input::unpack(packed));
    packed = {};
  }
  reader.feed(lines_);
  reader.end_file();
  packed_.clear();
  lines_.clear();
  size_ = 0;
}

}  // namespace auexfil::flow
