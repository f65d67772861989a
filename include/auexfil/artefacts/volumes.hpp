#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auexfil/audit/stamp.hpp"
#include "auexfil/input/tree.hpp"
#include "auexfil/transfer/tools.hpp"

namespace auexfil::artefacts {

/// A call of a tool, of which is asked what it names.
struct Sending {
  const transfer::Tool* tool = nullptr;
  std::vector<std::string> argv;
  std::string cwd;    ///< empty: not known
  std::string input;  ///< at the standard input of the shell above it
  bool is_written{};  ///< the words are a file's: what only the run knows stands there as "$"
  /// Command lines of the programs above it, nearest first: a shell among them may redirect or
  /// pipe something to it.
  std::vector<std::vector<std::string>> above;
};

/// What a call names that stands in the image. Sizes are those that the image has, whenever it was
/// taken: nothing says that so much went out.
struct Volume {
  struct File {
    std::string path;  ///< as the image has it
    std::uint64_t bytes{};
    std::uint64_t files = 1;  ///< that lie in a folder
    std::int64_t changed{};   ///< last, of what is in it: seconds since the epoch
    std::string peer;         ///< host that it goes to, where the command line tells
  };
  /// A file that is no part of what goes out, but names it: a script, a batch file.
  struct Namer {
    std::string path;
    std::int64_t changed{};
  };
  std::vector<File> files;
  std::vector<Namer> namers;
  std::uint64_t named{};   ///< files and folders that it names
  std::uint64_t open{};    ///< that only the run knows
  std::uint64_t around{};  ///< bytes that tar adds to them
  bool packed{};           ///< something makes them smaller on the way
  bool bounded{};          ///< a folder holds more than was looked at

  /// With what tar adds.
  [[nodiscard]] std::uint64_t bytes() const;
  /// "3 files named in the command are 3.2 MiB in the image; one changed after the transfer".
  /// \param ended  of the transfer; nothing: there was none that is known. Empty where nothing is
  ///               named.
  [[nodiscard]] std::string describe(std::optional<audit::TimeMs> ended) const;
};

/// What the files of an image weigh that commands name. Nothing is read but scripts and files of
/// commands, and no path leads out of the image.
class Volumes {
 public:
  struct Bounds {
    std::uint64_t entries = 65536;        ///< of the folders of one call
    std::uint64_t all_entries = 1000000;  ///< of all calls
    unsigned depth = 32;                  ///< of folders
  };
  /// \param image  outlives it.
  Volumes(const input::Tree& image, const Bounds& bounds);
  explicit Volumes(const input::Tree& image) : Volumes(image, Bounds()) {}
  ~Volumes();
  Volumes(Volumes&&) noexcept;
  Volumes& operator=(Volumes&&) noexcept;

  [[nodiscard]] Volume of(const Sending& sending);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace auexfil::artefacts
