#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/host/model.hpp"

namespace auexfil::transfer {

/// Unix sockets that transfer tools have bound. Over ssh's ControlMaster the client names the job
/// and the master sends the bytes: whoever connects to a path works through who bound it.
class ControlSockets {
 public:
  /// A path has at most 108 bytes (unix(7)): all of them some 10 MB.
  static constexpr std::size_t kMost = 65536;

  struct Bound {
    host::ProgramIndex image{};
    std::uint32_t number{};  ///< of the image: it may be gone
    audit::Stamp event;
  };
  /// Is a program still the one of that number?
  using IsThere = std::function<bool(host::ProgramIndex image, std::uint32_t number)>;

  /// Where there are many, those are forgotten whose program is gone; past kMost what comes is
  /// counted and left out.
  void bind(std::string_view path, const Bound& bound, const IsThere& is_there);
  /// The program at the other end of `path`, or kNone. A master binds under a random suffix and
  /// links the socket to its name; of several, the one that bound last took the name over.
  [[nodiscard]] host::ProgramIndex master_of(std::string_view path, const IsThere& is_there) const;
  void clear() { bound_.clear(); }

  [[nodiscard]] std::size_t size() const { return bound_.size(); }
  /// Left out for want of room.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

  /// See input/state_io.hpp. \param images  of the tracker, that there are or were.
  template <typename Io>
  void walk(Io& io, std::size_t images);

 private:
  static constexpr std::size_t kFew = 128;           // not looked through for those that are gone
  static constexpr std::uint64_t kLookAgain = 4096;  // refusals

  std::multimap<std::string, Bound, std::less<>> bound_;  // by path
  std::size_t next_look_ = kFew;  // so many there are when it is time to look for those gone
  std::uint64_t refused_ = 0;
};

}  // namespace auexfil::transfer
