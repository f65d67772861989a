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

  /// Time of the latest event of this boot.
  [[nodiscard]] TimeMs latest() const { return boot_.max_time; }

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
