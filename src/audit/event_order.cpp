#include "event_order.hpp"

#include <algorithm>

namespace auexfil::audit {
namespace {

constexpr unsigned kSerialBits = 40;  // 2^32 and 255 wraps; the boot's number stands above
// A line that stands in the wrong place is wrong by hundreds of serials; a boot falls from what
// the machine had reached to nearly nothing.
constexpr std::uint32_t kMisplaced = 4096;
constexpr std::uint32_t kMarkerReach = 512;
constexpr std::uint32_t kEarly = 1024;  // a boot's first serials
// Of a boot that no marker tells: serials as low as these, and a machine was down for so long.
constexpr std::uint32_t kFirstSerials = 64;
constexpr TimeMs kDown = 5000;

/// systemd-update-utmp's message is a boot's only where the serials have started over: any program
/// of root's may send one, and none can make the kernel count anew. A line that is displaced by a
/// few is none: a boot falls by more than half of what there was.
/// Source: doc/records.md 7; systemd, src/update-utmp/update-utmp.c.
bool is_fall(std::uint32_t serial, std::uint32_t max) {
  constexpr std::uint32_t kFew = 16;
  return serial <= max / 2 && max - serial > kFew;
}

}  // namespace

bool EventOrder::starts_boot(TimeMs time, std::uint32_t serial, std::uint16_t type) const {
  if (!boot_.any || serial >= boot_.max_serial) {
    return false;
  }
  const std::uint32_t drop = boot_.max_serial - serial;
  if (drop > 0x80000000U) {
    return false;  // the counter wrapped
  }
  if (since_marker_ < kMarkerReach) {
    // auditd has just started. Its first kernel events are the boot's first.
    return (serial < kEarly && time >= boot_.max_time) ||
           (serial < kFirstSerials && drop > kMarkerReach);
  }
  if (type == type::kSystemBoot && serial < kEarly && is_fall(serial, boot_.max_serial) &&
      time >= boot_.max_time) {
    return true;
  }
  // What a boot logs before it says that it is one.
  if (serial < kFirstSerials && drop > kMarkerReach && time >= boot_.max_time + kDown) {
    return true;
  }
  return drop > kMisplaced && time >= boot_.max_time;
}

EventOrder::Place EventOrder::place(TimeMs time, std::uint32_t serial, std::uint16_t type) {
  if (since_marker_ < kMarkerReach) {
    ++since_marker_;
  }
  if (type::is_daemons(type)) {
    if (type == type::kDaemonStart) {
      since_marker_ = 0;
    }
    return {last_order_, number_};
  }
  if (type == type::kKernel) {
    since_marker_ = 0;
  }
  if (starts_boot(time, serial, type)) {
    previous_ = boot_;
    boot_ = Boot{};
    ++number_;
    since_marker_ = kMarkerReach;
  } else if (number_ > 0 && boot_.any && serial > boot_.max_serial + kMisplaced &&
             time < boot_.first_time && serial <= previous_.max_serial + kMisplaced) {
    // A line of the boot before, displaced over its end.
    return {(std::uint64_t{number_ - 1} << kSerialBits) | serial, number_ - 1};
  }
  std::uint64_t unrolled = serial;
  if (boot_.any) {
    // Nearest to the highest so far, modulo 2^32.
    const auto distance = static_cast<std::int32_t>(serial - boot_.max_serial);
    const auto moved = static_cast<std::int64_t>(boot_.max) + distance;
    unrolled = moved >= 0 ? static_cast<std::uint64_t>(moved) : serial;
  } else {
    boot_.first_time = time;
    boot_.max_time = time;
  }
  if (!boot_.any || unrolled > boot_.max) {
    boot_.max = unrolled;
    boot_.max_serial = serial;
  }
  boot_.any = true;
  boot_.max_time = std::max(boot_.max_time, time);
  last_order_ = std::max(last_order_, (std::uint64_t{number_} << kSerialBits) | boot_.max);
  return {(std::uint64_t{number_} << kSerialBits) | (unrolled & ((1ULL << kSerialBits) - 1)),
          number_};
}

bool EventOrder::Reached::holds(TimeMs time, std::uint32_t serial, std::uint16_t type) {
  if (time > last_) {
    return false;
  }
  if (type::is_daemons(type)) {
    return true;
  }
  // Before the boot's first event the number has to go on from the last one: it may be another
  // boot's.
  constexpr std::uint32_t kHalf = 0x80000000U;
  const bool is_ahead = serial - serial_ - 1 < kHalf && time > before_;
  const bool is_far = serial - highest_ < kHalf && serial - highest_ > kMisplaced;
  if (!is_ahead || (is_far && time < first_)) {
    return true;
  }
  highest_ = serial - highest_ < kHalf ? serial : highest_;
  return false;
}

}  // namespace auexfil::audit
