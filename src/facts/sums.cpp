#include "auexfil/facts/sums.hpp"

#include <algorithm>
#include <array>

namespace auexfil::facts {

const char* to_word(FlowGrade grade) {
  constexpr std::array kWords = {"exact", "shared", "window"};
  return kWords[static_cast<std::size_t>(grade)];
}

std::optional<FlowGrade> flow_grade_from(std::string_view text) {
  for (const FlowGrade grade : {FlowGrade::exact, FlowGrade::shared, FlowGrade::window}) {
    if (text == to_word(grade)) {
      return grade;
    }
  }
  return std::nullopt;
}

Direction join(Direction a, Direction b) {
  if (a == b || b == Direction::none) {
    return a;
  }
  if (a == Direction::none) {
    return b;
  }
  if (a == Direction::unknown || b == Direction::unknown) {
    return a == Direction::out || b == Direction::out || a == Direction::both ||
                   b == Direction::both
               ? (a == Direction::unknown ? b : a)
               : Direction::unknown;
  }
  return Direction::both;
}

Direction direction_by(Direction argv, const transfer::Tool* tool, std::optional<std::uint64_t> out,
                       std::optional<std::uint64_t> in, Proof proof, std::uint64_t calls_out) {
  const std::uint64_t floor = tool != nullptr ? tool->floor : 0;
  if (!out) {
    return argv;
  }
  // tftp acknowledges each block of a download with four bytes, and sends 512 a block of an upload.
  // The request before them, with its options, weighs on the mean of few calls.
  constexpr std::uint64_t kSomeBlocks = 8;
  constexpr std::uint64_t kAcknowledgement = 24;
  if (argv == Direction::unknown && tool != nullptr && tool->udp && calls_out >= kSomeBlocks &&
      *out < kAcknowledgement * calls_out) {
    return Direction::in;
  }
  if (in && proof.whole && (*in > 0 || *out > 0)) {
    // Acknowledgements and checksums of what comes in: up to 2 % and the protocol's own.
    const std::uint64_t sent = *out > floor + *in / 50 ? *out - floor - *in / 50 : 0;
    const std::uint64_t got = *in > floor + *out / 50 ? *in - floor - *out / 50 : 0;
    if (sent == 0 && got == 0) {
      return proof.conclusive ? Direction::none : Direction::unknown;
    }
    // Neither is an eighth of the other or less: files went both ways, for what is left of a file
    // that went one way is far less.
    if (sent > 0 && got > 0 && sent / 8 < got && got / 8 < sent) {
      return Direction::both;
    }
    return sent >= got ? Direction::out : Direction::in;
  }
  if (argv == Direction::in) {
    // A download sends requests and acknowledgements, tftp the most (0.8 %). Sums that no
    // download explains, those of 8 GB, are left open, to be judged like an upload.
    constexpr std::uint64_t kMuch = std::uint64_t{64} << 20;
    return *out > kMuch ? Direction::unknown : Direction::in;
  }
  if (*out == 0) {
    return proof.conclusive ? Direction::none : argv;
  }
  if (*out <= floor) {
    // Less than an upload of anything: the login failed, nothing was there to send, or (without
    // a word in argv) something was fetched.
    return proof.conclusive ? Direction::none : Direction::unknown;
  }
  if (argv == Direction::out || argv == Direction::both) {
    return argv;
  }
  // The floor is of one login: a jump, a second try or a listing send it again.
  return *out <= floor * 4 ? Direction::unknown : Direction::out;
}

void sum_up(Fact& fact) {
  const auto add = [](std::optional<std::uint64_t>& sum, const std::optional<std::uint64_t>& more) {
    if (more) {
      sum = saturating_sum(sum.value_or(0), *more);
    }
  };
  fact.direction = Direction::none;
  fact.bytes_out.reset();
  fact.bytes_in.reset();
  fact.basis = Basis::measured;
  bool any_unknown = false;
  for (const Destination& d : fact.destinations) {
    fact.direction = join(fact.direction, d.direction);
    add(fact.bytes_in, d.bytes_in);
    add(fact.bytes_out, d.bytes_out);
    if (d.bytes_out) {
      fact.basis = transfer::weaker(fact.basis, d.basis);
    } else {
      any_unknown = true;
    }
  }
  if (any_unknown) {  // some destinations have sums, others none
    fact.basis = fact.bytes_out ? transfer::weaker(fact.basis, Basis::at_least) : Basis::unknown;
  }
}

}  // namespace auexfil::facts
