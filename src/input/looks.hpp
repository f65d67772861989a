#pragma once

#include <cstdint>
#include <string_view>

#include "source.hpp"

namespace auexfil::input {

/// What a file that nobody named is taken for.
enum class Looks : std::uint8_t {
  other,
  log,
  archive,
  unread,  ///< Its name is a log's, and it could not be looked at.
};

/// A log by its name, and by its beginning where the name says little; an archive by its beginning.
[[nodiscard]] Looks looks_of(std::string_view name, const Source& source);

/// Worth a look because of its name: a log's.
[[nodiscard]] bool is_log_name(std::string_view name);

/// Archives that hold programs and documents, by their names: *.deb, *.jar, *.docx.
[[nodiscard]] bool is_package_name(std::string_view name);

/// A log or an archive that was encrypted, by its name: sosreport's *.tar.xz.gpg.
[[nodiscard]] bool is_sealed_name(std::string_view name);

/// An archive, compressed, or a form that carries records: worth a look because of its first bytes.
[[nodiscard]] bool may_be_one(std::string_view first_bytes);

}  // namespace auexfil::input
