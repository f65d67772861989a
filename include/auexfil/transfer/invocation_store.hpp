#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auexfil/input/symbols.hpp"
#include "auexfil/transfer/invocation.hpp"

namespace auexfil::transfer {

class StateTools;
struct PackLimits;

/// Invocations that are over, packed and compressed: a log that holds a million of them must not
/// cost a gigabyte. In memory and not in a file, since command lines hold passwords. Texts are kept
/// once, whatever holds them.
class InvocationStore {
 public:
  /// \param tools outlives the store.
  explicit InvocationStore(const Tools& tools);
  [[nodiscard]] const Tools& tools() const { return tools_; }
  ~InvocationStore();
  InvocationStore(const InvocationStore&) = delete;
  InvocationStore& operator=(const InvocationStore&) = delete;

  [[nodiscard]] TextId intern(std::string_view text) { return texts_.intern(text); }
  /// Words, for Invocation::Program::argv.
  [[nodiscard]] TextId intern_list(std::span<const std::string> words);
  [[nodiscard]] std::string_view text(TextId id) const { return texts_.text(id); }
  /// Texts that are kept.
  [[nodiscard]] std::size_t texts() const { return texts_.size(); }
  /// Texts and ancestors that are kept, for invocations that are or will be.
  [[nodiscard]] std::size_t parts() const { return texts_.size() + ancestors_.size(); }

  /// A program above an invocation, or above others: jobs share what started them.
  struct Ancestor {
    Invocation::Program program;
    TextId script{};        ///< that it runs, else the nearest one above; 0: none
    std::uint32_t above{};  ///< number of the next; 0: none
  };
  /// \return its number, from 1 on.
  [[nodiscard]] std::uint32_t add_ancestor(const Ancestor& ancestor) {
    ancestors_.push_back(ancestor);
    return static_cast<std::uint32_t>(ancestors_.size());
  }
  [[nodiscard]] const Ancestor& ancestor(std::uint32_t number) const {
    return ancestors_[number - 1];
  }

  [[nodiscard]] std::size_t ancestors() const { return ancestors_.size(); }

  /// \return false when the store is full; nothing is kept then.
  [[nodiscard]] bool add(Invocation& invocation);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  /// See input/state_io.hpp; read into an empty one, written before a Cursor is made. What is
  /// packed is told as it is; that it refers to nothing that is not there is looked at where it is
  /// unpacked. \param symbols  of the host.
  template <typename Io>
  void walk(Io& io, const StateTools& tools, std::size_t symbols);

  /// Leaves out the invocations that were over by then and, once those are the most that it has
  /// had, what only they refer to. Throws input::StateRefused as Cursor::next() does.
  /// \return true: what is left has other ids and numbers.
  bool forget_before(audit::TimeMs time);

  /// Goes through every invocation in the order of its low(). One at a time; nothing is added
  /// meanwhile.
  class Cursor {
   public:
    explicit Cursor(InvocationStore& store);
    ~Cursor();
    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;
    /// Fills one, whatever stood in it. \return false at the end. Throws input::StateRefused where
    /// what a state held packed contradicts itself.
    [[nodiscard]] bool next(Invocation& invocation);

   private:
    InvocationStore& store_;
    std::size_t at_ = 0;
  };

 private:
  struct Entry {
    audit::TimeMs low{};
    std::uint32_t chunk{};
    std::uint32_t offset{};
  };
  /// When the invocations of a chunk were over.
  struct Ends {
    audit::TimeMs first = std::numeric_limits<audit::TimeMs>::max();
    audit::TimeMs last = std::numeric_limits<audit::TimeMs>::min();
    void add(audit::TimeMs end) {
      first = std::min(first, end);
      last = std::max(last, end);
    }
  };
  struct Chunk {
    std::unique_ptr<char[]> bytes;
    std::uint32_t size{};
    std::uint32_t unpacked{};  ///< equal to `size`: not compressed
    Ends ends;
  };
  struct Zstd;

  /// How large what an invocation refers to may be now; what was packed here alone is believed.
  [[nodiscard]] PackLimits limits() const;
  /// One that was packed here, or that a state held.
  void unpack(std::string_view bytes, Invocation& invocation) const;
  /// Of one that is to lie in the open chunk, at its end.
  void note(const Invocation& invocation);
  void close_chunk();
  void close_if_full();
  const std::string& unpack(std::uint32_t chunk);
  /// \return false: it was not packed here.
  [[nodiscard]] bool unpack(const Chunk& chunk, std::string& bytes);
  template <typename Io>
  void walk_chunks(Io& io);
  /// How many invocations behind the first ones lie in a chunk, and where. \param bytes  of it
  /// \return the first behind them
  template <typename Io>
  std::size_t walk_entries(Io& io, std::size_t chunk, std::size_t first, std::size_t bytes,
                           Ends& ends);
  /// Packs all anew, by the numbers that the rules' tools have now.
  void pack_again(const StateTools& tools);
  /// Invocations by chunk, in their order; the last are those of the open one.
  [[nodiscard]] std::vector<std::size_t> counts() const;
  void forget_entries(audit::TimeMs time);
  void keep_chunk(Chunk chunk, const std::vector<Entry>& entries);
  void keep_later(std::string_view bytes, const std::vector<Entry>& entries, audit::TimeMs time);
  void leave_unused();

  const Tools& tools_;
  input::Symbols texts_;
  std::vector<Ancestor> ancestors_;
  std::string list_;  ///< scratch
  std::unique_ptr<Zstd> zstd_;
  std::string open_;  ///< the chunk that is being filled
  Ends open_ends_;
  std::vector<Chunk> chunks_;
  std::deque<Entry> entries_;
  bool is_of_state_ = false;     ///< some of it
  std::uint64_t forgotten_ = 0;  ///< invocations whose texts and ancestors may still be there
  /// Chunks that were read last: those of long-lived programs lie far apart.
  struct Unpacked {
    std::uint32_t chunk{};
    std::uint64_t used{};  ///< when it was, by `uses_`
    std::string bytes;
  };
  std::vector<Unpacked> unpacked_;
  std::uint64_t uses_ = 0;
};

}  // namespace auexfil::transfer
