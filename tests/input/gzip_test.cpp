#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>
#include <zlib.h>

#include <catch2/catch.hpp>

#include "decoder.hpp"
#include "files.hpp"

using namespace auexfil::input;        // NOLINT(google-build-using-namespace): a test
using namespace auexfil::input::test;  // NOLINT(google-build-using-namespace): a test

namespace {

/// What a decoder made of one member.
struct Decoded {
  std::string text;
  bool is_whole = false;
  bool is_corrupt = false;
  std::size_t left = 0;  ///< Of the input behind the member.
};

Decoded decode(Decoder& decoder, std::string_view packed, std::size_t in_step,
               std::size_t out_step) {
  Decoded result;
  std::vector<char> out(out_step);
  std::size_t at = 0;
  for (;;) {
    Window window{packed.data() + at, std::min(in_step, packed.size() - at), out.data(),
                  out.size()};
    const std::size_t offered = window.in_left;
    const Step step = decoder.step(window);
    const std::size_t produced = out.size() - window.out_left;
    result.text.append(out.data(), produced);
    at += offered - window.in_left;
    if (step != Step::going || (produced == 0 && window.in_left == offered)) {
      result.is_whole = step == Step::stream_end;
      result.is_corrupt = step == Step::corrupt;
      result.left = packed.size() - at;
      return result;
    }
  }
}

/// A member with all that a header may have.
std::string pack(std::string_view text, int level, bool with_header) {
  z_stream stream{};
  deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  gz_header header{};
  std::string name = "audit.log";
  std::string comment(500, 'c');
  std::string extra(300, '\x1f');
  if (with_header) {
    header.text = 1;
    header.name = reinterpret_cast<Bytef*>(name.data());
    header.comment = reinterpret_cast<Bytef*>(comment.data());
    header.extra = reinterpret_cast<Bytef*>(extra.data());
    header.extra_len = static_cast<uInt>(extra.size());
    header.hcrc = 1;
    deflateSetHeader(&stream, &header);
  }
  std::string out(deflateBound(&stream, text.size()) + 2000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::vector<std::string> texts() {
  std::mt19937 random(12);
  std::string varied;
  for (int i = 0; i < 1500; ++i) {
    varied += record(1796173321 + static_cast<long>(random() % 100'000'000), i);
  }
  std::string noise(70'000, '\0');
  for (char& c : noise) {
    c = static_cast<char>(random());
  }
  return {"", "x", records(2000), varied, noise, std::string(300'000, 'a')};
}

std::unique_ptr<Decoder> fast_gzip() {
  auto made = make_isal_gzip();
  if (!made) {
    WARN("built without ISA-L: zlib stands in for it");
    made = make_zlib_gzip();
  }
  return made;
}

}  // namespace

TEST_CASE("gzip: the fast decoder gives what zlib gives, whatever the pieces") {
  for (const std::string& text : texts()) {
    for (const int level : {0, 1, 6, 9}) {
      for (const bool with_header : {false, true}) {
        const std::string packed = pack(text, level, with_header);
        for (const std::size_t in_step : {1UL, 7UL, 1000UL, packed.size() + 20}) {
          for (const std::size_t out_step : {1000UL, 1UL << 18U}) {
            auto decoder = fast_gzip();
            const Decoded got = decode(*decoder, packed + "behind the end", in_step, out_step);
            CAPTURE(text.size(), level, with_header, in_step, out_step);
            REQUIRE(got.is_whole);
            REQUIRE((got.text == text));
            REQUIRE(got.left == 14);
          }
        }
      }
    }
  }
}

TEST_CASE("gzip: members one behind the other, through one decoder") {
  auto decoder = fast_gzip();
  std::string packed;
  for (const std::string& text : texts()) {
    packed += pack(text, 6, text.size() % 2 == 0);
  }
  std::string_view rest = packed;
  for (const std::string& text : texts()) {
    const Decoded got = decode(*decoder, rest, 1 << 18, 1 << 18);
    REQUIRE(got.is_whole);
    REQUIRE((got.text == text));
    rest.remove_prefix(rest.size() - got.left);
    decoder->restart();
  }
  CHECK(rest.empty());
}

TEST_CASE("gzip: cut short anywhere, nothing is made up and hardly a byte is lost") {
  for (const std::string& text : texts()) {
    const std::string packed = pack(text, 6, true);
    for (std::size_t cut = 1; cut < packed.size(); cut += 100) {
      const std::string_view kept = std::string_view(packed).substr(0, packed.size() - cut);
      auto fast = fast_gzip();
      const auto slow = make_zlib_gzip();
      const Decoded got = decode(*fast, kept, 1 << 18, 1 << 18);
      const Decoded wanted = decode(*slow, kept, 1 << 18, 1 << 18);
      CAPTURE(text.size(), cut);
      REQUIRE_FALSE(got.is_whole);
      REQUIRE_FALSE(got.is_corrupt);
      REQUIRE_FALSE(wanted.is_corrupt);
      REQUIRE(got.left == 0);
      REQUIRE((got.text == text.substr(0, got.text.size())));
      // One symbol stands for 258 bytes at most.
      REQUIRE(got.text.size() + 258 >= wanted.text.size());
    }
  }
}

TEST_CASE("gzip: a byte changed anywhere is damage, and what came before is there") {
  const std::string text = texts()[3];
  const std::string packed = pack(text, 6, true);
  std::mt19937 random(99);
  for (std::size_t at = 0; at < packed.size();
       at += at < 900 || at + 20 > packed.size() ? 1U : 97U) {
    std::string bad = packed;
    bad[at] = static_cast<char>(bad[at] ^ (1 << random() % 8));
    for (const std::size_t out_step : {1000UL, 1UL << 18U}) {
      auto fast = fast_gzip();
      const auto slow = make_zlib_gzip();
      const Decoded got = decode(*fast, bad, 1 << 18, out_step);
      const Decoded wanted = decode(*slow, bad, 1 << 18, out_step);
      CAPTURE(at, out_step, got.text.size(), wanted.text.size());
      REQUIRE(got.is_whole == wanted.is_whole);
      REQUIRE(!got.is_whole);
      REQUIRE(got.is_corrupt == wanted.is_corrupt);
      // Behind the change both may give nonsense until they notice; before it both are right.
      const std::size_t same = std::min(got.text.size(), wanted.text.size());
      REQUIRE((got.text.substr(0, same) == wanted.text.substr(0, same)));
      REQUIRE(got.text.size() + 258 >= wanted.text.size());
    }
  }
}
