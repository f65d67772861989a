#include "auexfil/artefacts/volumes.hpp"

#include <memory>

#include <catch2/catch.hpp>

#include "../transfer/rules.hpp"
#include "auexfil/input/tree.hpp"
#include "image.hpp"

namespace auexfil::artefacts::test {
namespace {

using Argv = std::vector<std::string>;

Sending call(const char* tool, Argv argv, std::string cwd = "/home/a", Argv above = {}) {
  Sending sending;
  sending.tool = auexfil::test::rules().tools.find(tool);
  REQUIRE(sending.tool != nullptr);
  sending.argv = std::move(argv);
  sending.cwd = std::move(cwd);
  if (!above.empty()) {
    sending.above.push_back(std::move(above));
  }
  return sending;
}

Sending shell(const char* tool, Argv argv, std::string text) {
  return call(tool, std::move(argv), "/home/a", {"/bin/sh", "-c", std::move(text)});
}

Image image() {
  return Image(Files{
      {"/home/a/f", std::string(1000, 'x')},
      {"/home/a/g", std::string(50, 'x')},
      {"/home/a/d/1", std::string(100, 'x')},
      {"/home/a/d/e/2", std::string(200, 'x')},
      {"/home/a/put", "lcd d\nput 1 up/\nput e/2\nput gone\n"},
      {"/opt/ftp.sh", "#!/bin/sh\nftp -n h <<END\nuser a b\nput /home/a/f x\nEND\necho done\n"},
      {"/opt/two.sh", "#!/bin/sh\nftp -n h <<A\nput f\nA\nftp -n h <<B\nput g\nB\n"},
      {"/opt/no", "ftp -n h <<A\nput f\nA\n"},
  });
}

}  // namespace

TEST_CASE("volumes: what commands name weighs what the image has") {
  const auto files = input::rooted(std::make_shared<Image>(image()), "");
  struct Case {
    Sending sending;
    std::uint64_t bytes;
    std::uint64_t found;
    std::uint64_t named;
  };
  const Case cases[] = {
      {call("scp", {"scp", "f", "/home/a/g", "h:"}), 1050, 2, 2},
      {call("scp", {"scp", "f", "h:"}, ""), 0, 0, 1},
      {call("scp", {"scp", "f", "h:"}, "/else"), 0, 0, 1},
      {call("scp", {"scp", "f", "nothing", "h:"}), 1000, 1, 2},
      {call("scp", {"scp", "d", "h:"}), 0, 0, 1},
      {call("scp", {"scp", "-r", "d", "h:"}), 300, 1, 1},
      {call("rsync", {"rsync", "-a", "./d/", "h:"}), 300, 1, 1},
      {call("rsync", {"rsync", "-a", "--exclude=e", "d", "h:"}), 0, 0, 0},
      {call("sftp", {"sftp", "-b", "put", "h"}), 300, 2, 3},
      {call("sftp", {"sftp", "-b", "gone", "h"}), 0, 0, 1},
      {call("lftp", {"lftp", "-c", "open h; mput *"}), 1083, 3, 4},
      {call("curl", {"curl", "-F", "a=@g", "http://h/"}), 50, 1, 1},
      {shell("nc", {"nc", "h", "9"}, "nc h 9 < f"), 1000, 1, 1},
      {shell("nc", {"nc", "h", "9"}, "cat f g | nc h 9"), 1050, 2, 2},
      {shell("nc", {"nc", "h", "9"}, "cat f || nc h 9"), 0, 0, 0},
      {shell("nc", {"nc", "h", "9"}, "(cat f; cat g) | nc h 9"), 0, 0, 0},
      {shell("nc", {"nc", "h", "9"}, "nc h 9 < $X"), 0, 0, 0},
      {shell("nc", {"nc", "h", "9"}, "nc i 9 < f"), 0, 0, 0},
      {shell("nc", {"nc", "h", "9"}, "nc h 9 < f; nc h 9 < g"), 0, 0, 0},
      {shell("nc", {"nc", "h", "9"}, "gzip -c f | nc h 9"), 1000, 1, 1},
      {shell("nc", {"nc", "h", "9"}, "dd if=f bs=1M | nc h 9"), 1000, 1, 1},
      {shell("ssh", {"ssh", "h", "cat > x"}, "tar cf - d f | ssh h 'cat > x'"), 10240, 2, 2},
      {shell("ssh", {"ssh", "h", "cat > x"}, "tar -c -C /home/a g | ssh h 'cat > x'"), 10240, 1, 1},
      {shell("ssh", {"ssh", "h", "cat > x"}, "tar cf /b d | ssh h 'cat > x'"), 0, 0, 0},
      {shell("ssh", {"ssh", "h", "cat > x"}, "tar c --exclude=1 d | ssh h 'cat > x'"), 0, 0, 0},
      {shell("sftp", {"sftp", "h"}, "echo put f | sftp h"), 1000, 1, 1},
      {call("ftp", {"ftp", "-n", "h"}, "/", {"/bin/sh", "/opt/ftp.sh"}), 1000, 1, 1},
      {call("ftp", {"ftp", "-n", "h"}, "/home/a", {"/bin/sh", "/opt/two.sh"}), 0, 0, 0},
      {call("ftp", {"ftp", "-n", "h"}, "/home/a", {"/bin/sh", "/opt/no"}), 0, 0, 0},
  };
  for (const Case& one : cases) {
    Volumes volumes(*files);
    const Volume volume = volumes.of(one.sending);
    INFO(transfer::join_argv(one.sending.argv)
         << " in " << (one.sending.above.empty() ? "" : one.sending.above[0].back()));
    CHECK(volume.bytes() == one.bytes);
    CHECK(volume.files.size() == one.found);
    CHECK(volume.named == one.named);
  }
}

TEST_CASE("volumes: files of several names, links, parts, and what is only tried") {
  /// /home/a/d/h is another name of /home/a/f.
  class Linked : public Image {
   public:
    Linked() : Image(image()) { files["/home/a/d/h"] = files["/home/a/f"]; }
    int stat(const std::string& path, Info& info) const override {
      const int error = Image::stat(path, info);
      info.inode = path == "/home/a/d/h" || path == "/home/a/f" ? 4711 : info.inode;
      return error;
    }
  };
  const auto tree = std::make_shared<Linked>();
  tree->links["/home/a/l"] = "/home/a/f";
  struct Case {
    Sending sending;
    std::uint64_t bytes;
    std::uint64_t named;
    std::uint64_t open = 0;
  };
  const auto tar = [](const char* words) {
    return shell("ssh", {"ssh", "h", "cat > x"},
                 std::string("tar ") + words + " | ssh h 'cat > x'");
  };
  tree->sizes = {{"/home/a/f", 20000}, {"/home/a/d/h", 20000}};
  const Case cases[] = {
      {call("scp", {"scp", "-r", "f", "d", "h:"}), 40300, 2},
      {call("rsync", {"rsync", "-a", "f", "d", "h:"}), 40300, 2},
      {call("rsync", {"rsync", "-aH", "f", "d", "h:"}), 20300, 2},
      {call("rsync", {"rsync", "-a", "--hard-links", "f", "d", "h:"}), 20300, 2},
      {tar("c f d"), 30720, 2},
      {tar("c l"), 10240, 1},
      {tar("ch l"), 30720, 1},
      {call("scp", {"scp", "l", "h:"}), 20000, 1},
      {call("rsync", {"rsync", "-a", "l", "h:"}), 0, 1},
      {call("rsync", {"rsync", "-aL", "l", "h:"}), 20000, 1},
      {call("rsync", {"rsync", "-an", "f", "h:"}), 0, 0},
      {call("rsync", {"rsync", "-a", "--list-only", "f", "d", "h:"}), 0, 0},
      {call("rsync", {"rsync", "-a", "--existing", "d", "h:"}), 0, 0},
      {call("curl", {"curl", "-T", "f", "ftp://h/"}), 20000, 1},
      {call("curl", {"curl", "-C", "500", "-T", "f", "ftp://h/"}), 0, 0, 1},
      {call("curl", {"curl", "-T", "f", "--range", "0-9", "ftp://h/"}), 0, 0, 1},
  };
  Volumes volumes(*tree);
  for (const Case& c : cases) {
    CAPTURE(c.sending.argv, c.sending.above);
    const Volume volume = volumes.of(c.sending);
    CHECK(volume.bytes() == c.bytes);
    CHECK(volume.named == c.named);
    CHECK(volume.open == c.open);
  }
}

TEST_CASE("volumes: in words") {
  Image files = image();
  files.changed["/home/a/g"] = 2000;
  files.changed["/home/a/put"] = 3000;
  const auto words = [&](const Sending& sending, std::optional<audit::TimeMs> ended) {
    return Volumes(files).of(sending).describe(ended);
  };
  CHECK(words(call("scp", {"scp", "f", "g", "h:"}), 1'000'000) ==
        "2 files named in the command are 1.0 KiB in the image; one changed after the transfer");
  CHECK(words(call("scp", {"scp", "f", "g", "h:"}), 2'000'000) ==
        "2 files named in the command are 1.0 KiB in the image");
  CHECK(words(call("scp", {"scp", "f", "x", "y", "h:"}), {}) ==
        "1 file named in the command is 1000 B in the image; 1 of 3 named are there");
  CHECK(words(call("scp", {"scp", "x", "h:"}), {}) ==
        "what the command names to be sent is not in the image");
  CHECK(words(call("scp", {"scp", "x", "y", "h:"}), {}) ==
        "none of the 2 that the command names to be sent is in the image");
  CHECK(words(call("scp", {"scp", "h:x", "y"}), {}).empty());
  files.links["/home/a/empty/l"] = "/nowhere";
  CHECK(words(call("rsync", {"rsync", "-a", "empty", "h:"}), {}) ==
        "nothing lies in what the command names to be sent, in the image");
  Sending written = call("scp", {"scp", "$", "{}", "/srv/$.gz", "h:"});
  written.is_written = true;
  CHECK(words(written, {}) == "what it sends only the run knows");
  written.argv = {"scp", "f", "$", "x", "h:"};
  CHECK(words(written, {}) ==
        "1 file named in the command is 1000 B in the image; 1 of 2 named are there; more of it "
        "only the run knows");
  CHECK(words(call("sftp", {"sftp", "-b", "put", "h"}), 1'000'000) ==
        "2 files named in the command are 300 B in the image; 2 of 3 named are there; what names "
        "them changed after the transfer");
  CHECK(words(shell("nc", {"nc", "h", "9"}, "xz -c f | nc h 9"), {}) ==
        "1 file named in the command is 1000 B in the image; made smaller on the way");
}

TEST_CASE("volumes: nothing leads out of the image, and nothing is read without end") {
  SECTION("sizes that are claimed do not wrap") {
    Image files = image();
    files.sizes["/home/a/f"] = ~std::uint64_t{0};
    files.sizes["/home/a/g"] = ~std::uint64_t{0};
    Volumes volumes(files);
    CHECK(volumes.of(call("scp", {"scp", "f", "g", "h:"})).bytes() == ~std::uint64_t{0});
    CHECK(volumes.of(shell("ssh", {"ssh", "h", "cat"}, "tar c f g | ssh h cat")).bytes() ==
          ~std::uint64_t{0});
  }
  SECTION("folders have bounds, of one call and of all") {
    Image files;
    for (int i = 0; i < 100; ++i) {
      files.files["/d/" + std::to_string(i)] = "x";
    }
    Volumes volumes(files, {60, 100, 32});
    for (const std::uint64_t looked_at : {60U, 40U, 0U}) {
      const Volume volume = volumes.of(call("rsync", {"rsync", "-a", "/d", "h:"}));
      CHECK(volume.bytes() == looked_at);
      CHECK(volume.bounded);
    }
    CHECK(volumes.of(call("rsync", {"rsync", "-a", "/d", "h:"})).describe({}) ==
          "0 files named in the command are 0 B in the image; not all could be looked at");
  }
  SECTION("deep ones as well") {
    Image files;
    std::string path;
    for (int i = 0; i < 100; ++i) {
      path += "/d";
      files.files[path + "/f"] = "x";
    }
    const Volume volume = Volumes(files).of(call("scp", {"scp", "-r", "/d", "h:"}));
    CHECK(volume.bytes() == 32);
    CHECK(volume.bounded);
  }
  SECTION("a file of commands is read so far and no further") {
    Image files = image();
    std::string text;
    while (text.size() < (std::size_t{3} << 20U)) {
      text += "put /home/a/g\n";
    }
    files.files["/home/a/put"] = text;
    const Volume volume = Volumes(files).of(call("sftp", {"sftp", "-b", "put", "h"}));
    CHECK(volume.files.size() == 4096);
    CHECK(volume.bounded);
  }
  SECTION("links in folders are not followed") {
    Image files = image();
    files.links["/home/a/d/l"] = "/home/a/f";
    CHECK(Volumes(files).of(call("scp", {"scp", "-r", "d", "h:"})).bytes() == 300);
  }
  SECTION("a rooted tree holds names with ..") {
    auto tree = std::make_shared<Image>(
        Files{{"/img/etc/passwd", "inside"}, {"/img/root/x", "x"}, {"/etc/passwd", "o"}});
    tree->links["/img/root/out"] = "/etc/passwd";
    const auto rooted = input::rooted(tree, "/img");
    CHECK(Volumes(*rooted)
              .of(call("scp", {"scp", "../../../../etc/passwd", "h:"}, "/root"))
              .bytes() == 6);
    CHECK(Volumes(*rooted).of(call("scp", {"scp", "out", "h:"}, "/root")).bytes() == 6);
  }
}

}  // namespace auexfil::artefacts::test
