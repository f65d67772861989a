#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace auexfil::input {

/// Cuts a stream of JSON into its documents, without waiting for the end of an array that holds
/// them: a document a line, an array of them or a search's answer in any number of lines. One that
/// is broken ends where the next line can be one again. Memory is bounded, whatever comes.
class JsonUnits {
 public:
  /// A longer document is left out.
  static constexpr std::size_t kMostBytes = std::size_t{1} << 20;

  /// Where the documents go. Views live for the call; lines are the stream's, from 0.
  class Taker {
   public:
    virtual ~Taker() = default;
    /// \return false: it is of no use; what it is of is then told by one of the calls below.
    virtual bool take(std::string_view document, std::uint64_t line) = 0;
    /// A document that was not taken, or one that is broken.
    virtual void refuse(std::string_view unit, std::uint64_t line) = 0;
    /// A line between documents, with no document in it that was taken.
    virtual void pass(std::string_view text, std::uint64_t line) = 0;
    /// The stream ends in the middle of one. \param unit  empty: of a document, else of such a line
    virtual void cut(std::string_view unit, std::uint64_t line) = 0;
    /// A bound was reached ("json_depth"): what stood there is left out.
    virtual void bound(const char* name, std::uint64_t line) = 0;
  };

  /// Takes the next bytes, cut anywhere but in the first three (a byte order mark).
  /// \param last  the stream ends with them; they may be none.
  void take(std::string_view bytes, bool last, Taker& to);

  /// Does a file begin so? \param head  its first bytes.
  [[nodiscard]] static bool is_json(std::string_view head);

 private:
  static constexpr std::size_t kNone = std::string::npos;

  void step(char c, Taker& to);
  void step_string(char c, Taker& to);
  void step_outside(char c, Taker& to);
  void step_text(char c, Taker& to);
  void begin_text();
  void text_line(std::string_view line, Taker& to) const;
  [[nodiscard]] bool is_in_array() const;
  [[nodiscard]] bool is_between() const;
  [[nodiscard]] bool is_place_of_documents() const;
  [[nodiscard]] bool unit_has_stamp();
  [[nodiscard]] std::string_view last_string() const;
  void open(char c);
  void close();
  void begin_unit();
  void end_unit(Taker& to);
  void broken(Taker& to);
  void forget();
  void finish(Taker& to);
  void compact();

  bool is_at_start_ = true;
  std::string buffer_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 0;  ///< of the byte at at_
  std::string open_;        ///< brackets that are open, the outermost first
  std::size_t extra_ = 0;   ///< and those beyond the depth that is followed
  bool in_string_ = false;
  bool is_escaped_ = false;
  bool is_text_ = false;
  bool skips_text_ = false;  ///< it is too long
  bool is_list_ = false;     ///< what was opened last may hold the documents
  bool too_deep_ = false;    ///< the unit at hand
  bool unit_is_string_ = false;
  char before_ = ',';           ///< the byte before at_ that is no space
  std::size_t text_ = 0;        ///< where the text between documents begins
  std::size_t string_ = 0;      ///< where the last string begins, at its quote
  std::size_t string_end_ = 1;  ///< its closing quote
  std::size_t unit_ = kNone;    ///< where the document at hand begins
  std::size_t unit_depth_ = 0;
  bool is_first_unit_ = true;
  bool has_stamp_ = false;     ///< the document at hand, as far as
  std::size_t looked_at_ = 0;  ///< this place
  std::uint64_t unit_line_ = 0;
};

}  // namespace auexfil::input
