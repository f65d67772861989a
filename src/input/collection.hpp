#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "auexfil/input/disk_image.hpp"
#include "auexfil/input/tree.hpp"

namespace auexfil::input {

/// The machine whose log lies in a folder.
struct Machine {
  std::string host;  ///< empty: nothing says
  std::shared_ptr<const Names> names;
  Surroundings around;
};

/// What the collection around a log says of its machine: the image in whose var/log it lies
/// (etc/hostname, passwd), what the collector wrote down, the collection's name.
/// Its other logs are looked for in that image, else beside the log.
/// \param shown   what people read in place of `top`
/// \param folder  of the log, a path of `tree`
/// \param top     a folder above it, the last that is looked at
/// \param way     how `top` was reached, for the names of archives and folders on it
[[nodiscard]] Machine machine_of(const std::shared_ptr<const Tree>& tree, const std::string& folder,
                                 const std::string& top, const std::string& way,
                                 const std::string& shown = {});

/// The part of a collection that is the file system of its machine: "", "[root]" of UAC,
/// "uploads/auto" of Velociraptor, the one top folder of sosreport. "" also where nothing is.
[[nodiscard]] std::string root_in_collection(const Tree& tree, const std::string& top);

/// "etl-01" of "sosreport-etl-01-2026-12-02-abcdefg", "uac-etl-01-linux-20261202010203" and
/// "Collection-etl-01-2026-12-02T01_02_03Z", with or without an archive's ending; else empty.
[[nodiscard]] std::string host_of_collection(std::string_view name);

}  // namespace auexfil::input
