#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace auexfil::host {

/// No such thing: of every kind of index, and of plain numbers.
struct None {
  // Stands for each of them. NOLINTNEXTLINE(google-explicit-constructor)
  constexpr operator std::uint32_t() const { return 0xffffffffU; }
};
inline constexpr None kNone{};

/// Place in one kind of table, so that the number of a socket is never taken for that of a process.
/// It comes back when what had it is gone.
template <typename Kind>
class Index {
 public:
  constexpr Index() = default;
  constexpr Index(None) {}  // NOLINT(google-explicit-constructor): as above
  constexpr explicit Index(std::size_t number) : number_(static_cast<std::uint32_t>(number)) {}

  [[nodiscard]] constexpr std::uint32_t number() const { return number_; }
  friend constexpr auto operator<=>(Index, Index) = default;

 private:
  std::uint32_t number_ = kNone;
};

using ProcessIndex = Index<struct OfProcesses>;
using ProgramIndex = Index<struct OfPrograms>;
using SocketIndex = Index<struct OfSockets>;
/// What a process's numbers stand for: of DescriptorTables.
using FilesIndex = Index<struct OfFiles>;

/// For maps by index.
struct IndexHash {
  template <typename Kind>
  [[nodiscard]] std::size_t operator()(Index<Kind> index) const noexcept {
    return index.number();
  }
};

}  // namespace auexfil::host
