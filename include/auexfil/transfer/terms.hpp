#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// The words in which a transfer is told. Meaning: DESIGN, "Automation", "Direction and side",
/// "Bytes".
namespace auexfil::transfer {

enum class Side : std::uint8_t { client, server };
enum class Direction : std::uint8_t { none, out, in, both, unknown };
/// How sure a byte count is, surest first.
enum class Basis : std::uint8_t { measured, at_least, estimated, flow, unknown };
/// Where the bytes of a file are from: read calls, some of them, or the size that the image has.
enum class FileBasis : std::uint8_t { measured, at_least, image, unknown };
enum class Verdict : std::uint8_t { unattended, attended, unknown };
enum class Transport : std::uint8_t { tcp, udp, sctp, unknown };
enum class Source : std::uint8_t { connect, accept, sendto, argv, flow };

/// The words of the JSON contract.
[[nodiscard]] const char* to_word(Side);
[[nodiscard]] const char* to_word(Direction);
[[nodiscard]] const char* to_word(Basis);
[[nodiscard]] const char* to_word(FileBasis);
[[nodiscard]] const char* to_word(Verdict);
[[nodiscard]] const char* to_word(Transport);
[[nodiscard]] const char* to_word(Source);

/// The way back; empty for a word that is none of the contract's.
[[nodiscard]] std::optional<Side> side_from(std::string_view);
[[nodiscard]] std::optional<Direction> direction_from(std::string_view);
[[nodiscard]] std::optional<Basis> basis_from(std::string_view);
[[nodiscard]] std::optional<FileBasis> file_basis_from(std::string_view);
[[nodiscard]] std::optional<Verdict> verdict_from(std::string_view);
[[nodiscard]] std::optional<Transport> transport_from(std::string_view);
[[nodiscard]] std::optional<Source> source_from(std::string_view);

/// The less sure of two bases.
[[nodiscard]] Basis weaker(Basis a, Basis b);

/// A number under which a process held a socket.
struct DescriptorUse {
  std::uint32_t fd{};
  std::uint32_t pid{};
  bool operator==(const DescriptorUse&) const = default;
};

}  // namespace auexfil::transfer
