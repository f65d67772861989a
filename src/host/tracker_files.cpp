#include <algorithm>

#include "abi.hpp"
#include "auexfil/audit/fields.hpp"
#include "auexfil/host/automation.hpp"
#include "auexfil/host/paths.hpp"
#include "auexfil/host/tracker.hpp"

/// What followed programs open, what they are started with, and what is removed.
namespace auexfil::host {
namespace {

using audit::Call;

std::uint64_t parse_octal(std::string_view text) {
  std::uint64_t value = 0;
  for (const char digit : text.substr(0, 21)) {
    if (digit < '0' || digit > '7') {
      return 0;
    }
    value = value << 3U | static_cast<std::uint64_t>(digit - '0');
  }
  return value;
}

OpenedFile::Kind kind_of(std::uint64_t mode) {
  switch (mode & abi::kFileType) {
    case 0:
      return OpenedFile::Kind::unknown;
    case abi::kRegular:
      return OpenedFile::Kind::regular;
    case abi::kFolder:
      return OpenedFile::Kind::folder;
    case abi::kBlockDevice:
      return OpenedFile::Kind::block_device;
    default:
      return OpenedFile::Kind::other;
  }
}

/// The flags that open(2) was given; of openat2(2) they stand in a record of their own.
std::uint64_t flags_of(const audit::Event& event, Call call, const audit::Syscall& args) {
  if (call == Call::creat) {
    return abi::kWriteOnly;
  }
  if (call != Call::openat2) {
    return call == Call::open ? args.a[1] : args.a[2];
  }
  const audit::Record* const how = event.find(audit::type::kOpenat2);
  audit::Field field;
  return how != nullptr && audit::find_field(how->body, "oflag", field) ? parse_octal(field.value)
                                                                        : 0;
}

}  // namespace

/// What CWD and PATH say of a call.
struct Tracker::NamedFile {
  std::string& path;  ///< as it was given, then absolute where the log tells
  std::string& cwd;
  std::uint64_t mode{};
};

/// Of the paths of a call the last is its file's; before it stands its folder's (nametype=PARENT).
/// \param removed  that which was deleted is meant.
void Tracker::read_names(const audit::Event& event, bool removed, NamedFile& named) {
  named.path.clear();
  named.cwd.clear();
  event.for_each_path([&](const audit::Record& record) {
    audit::Field field;
    if (record.type == audit::type::kCwd) {
      if (!audit::find_field(record.body, "cwd", field) ||
          audit::decode_string(field, named.cwd) != audit::Decoded::text) {
        named.cwd.clear();
      }
      return;
    }
    const bool has_type = audit::find_field(record.body, "nametype", field) ||
                          audit::find_field(record.body, "objtype", field);
    if (has_type && (field.value == "PARENT" || (removed != (field.value == "DELETE")))) {
      return;
    }
    std::string& name = text_;
    if (audit::find_field(record.body, "name", field) &&
        audit::decode_string(field, name) == audit::Decoded::text) {
      named.path.assign(name);
      named.mode =
          audit::find_field(record.body, "mode", field) ? parse_octal(field.value) : named.mode;
    }
  });
}

/// \param folder  the descriptor that a relative name counts from.
void Tracker::make_absolute(std::uint64_t folder, FilesIndex files, NamedFile& named) {
  std::string_view from = named.cwd;
  const auto fd = static_cast<std::uint32_t>(folder);
  if (fd != abi::kAtCwd && !named.path.starts_with('/')) {
    const Descriptor descriptor = files == kNone ? Descriptor{} : descriptors_.get(files, fd);
    const OpenedFile* const opened =
        descriptor.kind == Descriptor::Kind::other ? opened_.find(descriptor.object) : nullptr;
    from = opened != nullptr ? symbols_.text(opened->path) : std::string_view{};
  }
  join_path(from, named.path, text_);
  named.path.assign(text_);
}

/// \return the number of what was opened.
std::uint32_t Tracker::note_open(const audit::Event& event, Call call, const audit::Syscall& args,
                                 ProcessIndex process) {
  NamedFile named{blob_, folder_};
  read_names(event, false, named);
  const bool has_folder = call == Call::openat || call == Call::openat2;
  make_absolute(has_folder ? args.a[0] : abi::kAtCwd, processes_[process].files, named);
  const std::uint64_t flags = flags_of(event, call, args);
  const std::uint64_t access = flags & abi::kAccessMode;
  OpenedFile file;
  file.pid = processes_[process].pid;
  file.path = symbols_.intern(named.path);
  if (file.path == Symbols::kTooMany) {
    file.path = 0;
  }
  file.kind = kind_of(named.mode);
  file.reads = access != abi::kWriteOnly && (flags & abi::kOpenPath) == 0;
  file.writes = access == abi::kWriteOnly || access == abi::kReadWrite;
  file.opened = place_of(event);
  const std::uint32_t number = opened_.add(file);
  listener_.on_open(processes_[process].image, number);
  return number;
}

/// What a program finds open when it begins: files that its shell opened for it, pipes, a
/// connection. Where closes are not in the log, a number that the parent had may long be closed;
/// one that the process itself opened on its way to the exec is believed.
void Tracker::note_inherited(ProcessIndex process, ProgramIndex image) {
  const Process& p = processes_[process];
  constexpr std::uint32_t kStandardOutput = 1;
  const Descriptor output = descriptors_.get(p.files, kStandardOutput);
  if (output.kind == Descriptor::Kind::other && OpenedFiles::is_pipe(output.object)) {
    listener_.on_pipe(image, output.object, true);
  } else if (output.kind == Descriptor::Kind::socket) {
    listener_.on_connected_output(image, sockets_[output.socket()].owner);
  }
  if (!images_[image].opens) {
    return;
  }
  const Descriptor input = descriptors_.get(p.files, kStandardInput);
  if (input.kind == Descriptor::Kind::other && OpenedFiles::is_pipe(input.object)) {
    listener_.on_pipe(image, input.object, false);
  }
  const bool closes_seen = tally_.of(Call::close).events > 0;
  descriptors_.for_each(p.files, [&](std::uint32_t, const Descriptor& descriptor) {
    if (descriptor.kind != Descriptor::Kind::other || descriptor.object == 0 ||
        OpenedFiles::is_pipe(descriptor.object)) {
      return;
    }
    const OpenedFile* const file = opened_.find(descriptor.object);
    if (file != nullptr && (closes_seen || file->pid == p.pid)) {
      listener_.on_open(image, descriptor.object);
    }
  });
}

void Tracker::note_file_read(const audit::Syscall& args, ProcessIndex process,
                             Descriptor descriptor) {
  const ProgramIndex image = processes_[process].image;
  if (args.has_exit && args.exit > 0 && descriptor.kind == Descriptor::Kind::other &&
      descriptor.object != 0 && images_[image].opens && !OpenedFiles::is_pipe(descriptor.object)) {
    listener_.on_file_read(image, descriptor.object, static_cast<std::uint64_t>(args.exit));
  }
}

/// The table of processes is not asked to learn from it.
void Tracker::on_unlink(const audit::Event& event, Call call, const audit::Syscall& args) {
  unlinks_seen_ = true;
  if (!args.has_exit || args.exit < 0 || !listener_.asks_for_removal({})) {
    return;
  }
  NamedFile named{blob_, folder_};
  read_names(event, true, named);
  const ProcessIndex process =
      processes_.may_be_pid(args.pid) ? processes_.by_pid(args.pid) : ProcessIndex{};
  make_absolute(call == Call::unlinkat ? args.a[0] : abi::kAtCwd,
                process == kNone ? FilesIndex{} : processes_[process].files, named);
  if (!listener_.asks_for_removal(named.path)) {
    return;
  }
  const std::string_view program = base_name(symbols_.text(read_subject(event).exe));
  listener_.on_remove(named.path, program, args.pid, place_of(event));
}

}  // namespace auexfil::host
