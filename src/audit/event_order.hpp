#pragma once

#include <cstdint>

#include "auexfil/audit/record.hpp"

namespace auexfil::audit {

/// Gives each event of one node its place: boots apart, serials in order within a boot.
/// Source: kernel/audit.c audit_serial(): from 1 at boot, wraps at 2^32; auditd.c
/// send_audit_event(): DAEMON_* have a counter of auditd's own.
class EventOrder {
 public:
  struct Place {
    std::uint64_t order{};  ///< Sorts the events of a node.
    std::uint32_t boot{};
  };

  /// \param type type of the event's first record as it came in the log.
  Place place(TimeMs time, std::uint32_t serial, std::uint16_t type);

  /// How far the boot that goes on has come.
  class Reached {
   public:
    Reached() = default;
    Reached(TimeMs before, TimeMs first, TimeMs last, std::uint32_t serial)
        : before_(before), first_(first), last_(last), serial_(serial), highest_(serial) {}
    /// Was what is so stamped there by then? A clock that is set back takes no number back: one
    /// that goes on is new, whatever its time. auditd's own numbers tell nothing. To be asked of
    /// each record in the order of the log.
    [[nodiscard]] bool holds(TimeMs time, std::uint32_t serial, std::uint16_t type);

   private:
    TimeMs before_ = INT64_MIN;  // the end of the boot before, if it is known
    TimeMs first_ = INT64_MIN;
    TimeMs last_ = INT64_MIN;
    std::uint32_t serial_ = 0;   // the highest then
    std::uint32_t highest_ = 0;  // with what has come since
  };
  [[nodiscard]] Reached reached() const {
    return {previous_.any ? previous_.max_time : INT64_MIN, boot_.first_time, boot_.max_time,
            boot_.max_serial};
  }

  /// See input/state_io.hpp.
  template <typename Io>
  void walk(Io& io) {
    boot_.walk(io);
    previous_.walk(io);
    io.numbers(number_, last_order_, since_marker_);
  }

 private:
  [[nodiscard]] bool starts_boot(TimeMs time, std::uint32_t serial, std::uint16_t type) const;

  struct Boot {
    bool any = false;
    std::uint64_t max = 0;  // highest serial, wraps unrolled
    std::uint32_t max_serial = 0;
    TimeMs first_time = 0;
    TimeMs max_time = 0;

    template <typename Io>
    void walk(Io& io) {
      io.flags(any);
      io.numbers(max, max_serial);
      io.times(first_time, max_time);
      io.refuse_unless(max >> 62 == 0);
    }
  };
  Boot boot_;
  Boot previous_;
  std::uint32_t number_ = 0;
  std::uint64_t last_order_ = 0;
  std::uint32_t since_marker_ = 1U << 31;  // events since DAEMON_START or KERNEL
};

}  // namespace auexfil::audit
