#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/input/names.hpp"
#include "auexfil/input/tree.hpp"

namespace auexfil::input {

/// So many bytes, told by their hash.
struct Extent {
  std::uint64_t hash{};
  std::uint32_t bytes{};  ///< 0: none are known

  bool operator==(const Extent&) const = default;

  template <typename Io>
  void walk(Io& io) {
    io.numbers(hash, bytes);
  }
};

/// One file of a log, as found.
struct LogFile {
  std::string path;  ///< What is opened. "-" is standard input.
  std::string name;  ///< What evidence and messages say: relative to the INPUT it was found in.
  /// Size there, compressed if the file is; 0 where it has none (a pipe).
  std::uint64_t bytes{};
  std::shared_ptr<const Tree> tree = disk();  ///< In which `path` is.
  /// Files of a set that hold the same times, because the records came by several ways (auditd's
  /// log and an export of it), are in lanes: each in its own order, read side by side.
  std::uint32_t lane{};
  /// What the user named is no file but a pipe or a device, or "-": read as it comes. All else is
  /// read only as long as it is a regular file.
  bool is_stream{};
  /// Bytes of its lines, as a Block counts them, that a run before this one has taken: reading
  /// begins behind them.
  std::uint64_t taken = 0;
  /// The last of those bytes, at most kTail: where others stand before that place, or it has none,
  /// it is another file than was read, and is read from its beginning.
  Extent tail{};
  static constexpr std::size_t kTail = 4096;
  /// It is known to be another one.
  bool is_another = false;
  /// What `path` has to be still when it is opened; 0: whatever is there. Else it was rotated since
  /// it was looked at, and is left for the next run.
  std::uint64_t inode = 0;
  /// A line at its end that has no end is left: whoever writes it is not done.
  bool is_open = false;
  /// Its set holds lines of several hosts (a collector's syslog, an export): the header of a line,
  /// or the document that it stood in, says whose a record is that has no node.
  bool names_hosts = false;
  /// What another file of its set, which has its records too, calls the host of all of its records:
  /// their node. Empty: nothing does.
  std::string node{};
  /// Its newest records stand first, as searches and `journalctl -r` give them: it is read from its
  /// end. A stream that begins so is too.
  bool is_newest_first = false;
  /// Nothing of it is left to be read, or it is gone: here for its number among the others.
  bool is_done = false;
  /// A sentence, where not its name but its content tells which log it is of, or does not tell it
  /// well enough: what it goes on from, or why it does not.
  std::string joined{};
};

/// Where the other logs of a host are.
struct Surroundings {
  std::shared_ptr<const Tree> tree;  ///< rooted(); null: nothing is known of them
  std::string shown;                 ///< for people, in place of the first "/" of its paths
  bool is_image{};                   ///< the file system of a machine; else the folder of a log
};

/// One host's log with its rotations: auditd's `rotate_logs` gives the highest number to the
/// oldest file, so `files` runs from audit.log.10 over audit.log.9 down to audit.log.
struct LogSet {
  std::vector<LogFile> files;  ///< Oldest first, one lane after the other. Never empty.
  /// What tells this set from the others of the same run: the part of its folder's path that
  /// differs ("etl-01" for PILE/etl-01/var/log/audit). Empty when the run has one set.
  std::string label;
  /// What the image or collection in which the log lies says that its machine is called; empty:
  /// nothing does.
  std::string host{};
  /// What carries all of its records (a shipper's field, a logger's header) calls their host: its
  /// word. Empty: nothing does, or they are of several.
  std::string told_host{};
  std::shared_ptr<const Names> names{};  ///< Of that image; null: it has none.
  /// Of files that have a node and lie in an image of their own, by that node.
  std::map<std::string, std::shared_ptr<const Names>> names_of_node{};
  Surroundings around{};  ///< Found with it, below what the user named.
};

/// Why something that the user named could not be read, or not wholly.
enum class ProblemKind : std::uint8_t {
  missing,      ///< no such file or folder
  no_logs,      ///< a folder without an audit log in it
  permission,   ///< exists, may not be read
  unreadable,   ///< any other error of open or read
  damaged,      ///< compressed data cut short or corrupt; what came before was read
  not_a_log,    ///< readable, but no audit records: binary data or foreign text
  interpreted,  ///< text of `ausearch -i`, which cannot be decoded without loss
  wrapped,      ///< audit records inside JSON or another export
  copy,         ///< all of it is in another file that is read (not an error)
  empty,        ///< nothing in it (not an error by itself: a fresh log is empty)
  changed,      ///< no longer what a run before has read of it; it was read again
  twice,        ///< records that another file has too, and that were not held against one another
};

/// "not-a-log"
[[nodiscard]] const char* to_word(ProblemKind kind);

struct Problem {
  ProblemKind kind{};
  std::string where;  ///< The input as named by the user, or the file's `name`.
  std::string what;   ///< A sentence: what happened, what was done about it, what to do.
};

/// How a file holds what it holds.
struct FileForm {
  std::string form;       ///< "gzip, json", "audit lines"
  std::string taken_for;  ///< a log because of its "name", its "content", or as "given"
};
/// Looks at its beginning.
[[nodiscard]] FileForm form_of(const LogFile& file);

/// Files of folders and archives that are no logs.
struct PassedOver {
  static constexpr std::size_t kMostNames = 20;
  static constexpr std::size_t kMostWanted = 65536;
  std::uint64_t files{};
  std::vector<std::string> names;  ///< Of the first kMostNames.
  /// Those that the caller of find_logs() asks for, in the order of the walk.
  std::vector<LogFile> wanted;
  std::uint64_t wanted_left_out{};  ///< Beyond kMostWanted.
};

struct Found {
  std::vector<LogSet> sets;  ///< In the order of the INPUT arguments, then by path.
  std::vector<Problem> problems;
  std::vector<std::string> archives;  ///< Files of the disk whose members were looked at.
  PassedOver passed_over;
};

/// A run of whole lines of one file, at most the reader's block size long (a single longer line
/// is handed on in one piece up to `max_line_bytes`, the rest of it is dropped and counted).
/// Only the last block of a file may lack its final newline.
struct Block {
  std::string_view bytes;      ///< Into this block's own buffer, valid as long as the Block lives.
  std::uint32_t file{};        ///< Index into LogSet::files.
  std::uint64_t first_byte{};  ///< Offset of `bytes` in the (decompressed) file.
  bool starts_file{};          ///< First block of its file: line numbers start again at 1.
  bool names_hosts{};          ///< as LogFile::names_hosts
  std::string_view node;       ///< as LogFile::node; of the reader's set
  /// Its file is not what runs before have read of it, and is read from its beginning again: events
  /// up to those that they have reached are known.
  bool is_again{};
  /// Its lines stand from the last to the first, as they are handed on of a file whose newest
  /// records stand first: the number of its first line, from which they go down. 0: elsewhere.
  std::uint64_t from_line{};
  /// Lines (from 0, in this block) that stand in the same line of the file as the one before: what
  /// a form that carries several records a line gives. Elsewhere empty.
  std::vector<std::uint32_t> continued;
  std::vector<char> buffer;  ///< Owner of `bytes`; recycled with the Block.
};

using BlockPtr = std::unique_ptr<Block>;

/// Reads the files of one set, oldest first, as blocks of whole lines; of lanes the block comes
/// next that begins earliest. Plain, gzip, zstd, xz, bzip2 and lz4 files are told apart by content,
/// never by name; so are the forms that records are carried in, and what is handed on are lines of
/// the log. Not thread-safe: one caller at a time.
class BlockReader {
 public:
  struct Options {
    std::size_t block_bytes = std::size_t{1} << 20;     ///< At least 1 KiB.
    std::size_t max_line_bytes = std::size_t{1} << 20;  ///< A longer line is cut here.
    /// Compressed files that are decoded before their turn, each on a thread of its own. 0: none,
    /// and the files are read where next() is called.
    std::size_t files_ahead = 0;
  };

  BlockReader(const LogSet& set, Options options);
  ~BlockReader();
  BlockReader(const BlockReader&) = delete;
  BlockReader& operator=(const BlockReader&) = delete;

  /// \return the next block, or null at the end of the last file. Damage and read errors end that
  ///         file, are kept in problems(), and reading goes on with the next file.
  [[nodiscard]] BlockPtr next();

  /// Gives a block back, so that its buffer serves again. Optional; keeps the run free of
  /// allocations once warm.
  void recycle(BlockPtr block);

  /// Of each file, by its index, the place behind the last line that was handed on, those of runs
  /// before too: what LogFile::taken is next time.
  [[nodiscard]] std::vector<std::uint64_t> taken() const;
  /// Of each file what LogFile::tail is next time.
  [[nodiscard]] std::vector<Extent> tails() const;

  /// Bytes of input consumed so far, as they lie on disk (for a progress bar). Safe to read from
  /// another thread.
  [[nodiscard]] std::uint64_t bytes_consumed() const noexcept;

  /// Decompressed bytes handed on so far.
  [[nodiscard]] std::uint64_t bytes_delivered() const noexcept;

  /// Lines longer than max_line_bytes, and the bytes dropped from them.
  [[nodiscard]] std::uint64_t overlong_lines() const noexcept;
  [[nodiscard]] std::uint64_t overlong_bytes() const noexcept;

  [[nodiscard]] const std::vector<Problem>& problems() const noexcept;

  /// Bounds that were reached in forms that carry records (a JSON document that is too long …) ->
  /// times: what stood there was left out.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& bounds() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Finds the logs behind INPUT arguments: a file is a set of one (or joins the other files of its
/// rotation when they are named too), a folder gives each rotated set below it, "-" is standard
/// input. An archive (a file given, or found in a folder or in an archive, by its content) is a
/// folder of its members, which are named ARCHIVE!MEMBER. In a folder, a file counts as an audit
/// log by its name (audit.log, audit.log.N, audit.log-DATE, with or without a compression suffix),
/// any *.log / *.log.* whose content starts like audit records, and any other that is a form that
/// carries them (JSON, lines of syslog …).
/// \param tree  where they are.
/// \param wants  whether a file that is no log, and begins so (512 bytes, or more, without what
///               compresses them), is kept in PassedOver::wanted; empty: none is. Members of
///               archives are kept by their names alone, see is_flow_name().
[[nodiscard]] Found find_logs(const std::vector<std::string>& inputs,
                              std::shared_ptr<const Tree> tree = disk(),
                              const std::function<bool(std::string_view)>& wants = {});

}  // namespace auexfil::input
