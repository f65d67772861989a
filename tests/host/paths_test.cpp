#include "auexfil/host/paths.hpp"

#include <string>

#include <catch2/catch.hpp>

namespace auexfil::host {
namespace {

std::string joined(std::string_view folder, std::string_view name) {
  std::string path = "before";
  CHECK(join_path(folder, name, path));
  return path;
}

}  // namespace

TEST_CASE("paths: a name below its folder") {
  CHECK(joined("/srv", "a") == "/srv/a");
  CHECK(joined("/srv/", "./a//b/") == "/srv/a/b");
  CHECK(joined("/srv/x", "../a") == "/srv/a");
  CHECK(joined("/", "a") == "/a");
  CHECK(joined("/srv", "/a/b/../c") == "/a/c");
  CHECK(joined("/srv", ".") == "/srv");
  CHECK(joined("/srv", "..") == "/");
  CHECK(joined("/srv", "a\nb") == "/srv/a\nb");
  CHECK(joined("/srv", "").empty());
}

TEST_CASE("paths: nothing leads above the root") {
  CHECK(joined("/srv", "../../../../etc/passwd") == "/etc/passwd");
  CHECK(joined("/", "..") == "/");
}

TEST_CASE("paths: without a folder a name stays as it was given") {
  CHECK(joined("", "a/../b") == "a/../b");
  CHECK(joined("srv", "b") == "b");  // no working directory is relative
}

TEST_CASE("paths: one that no kernel writes is none") {
  std::string path;
  CHECK_FALSE(join_path("/srv", std::string(kLongestPath, 'x'), path));
  CHECK(path.empty());
}

TEST_CASE("paths: below a folder") {
  CHECK(is_below("/srv/a", "/srv"));
  CHECK_FALSE(is_below("/srv", "/srv"));
  CHECK_FALSE(is_below("/srv2/a", "/srv"));
  CHECK_FALSE(is_below("/srv/a", "/"));
}

}  // namespace auexfil::host
