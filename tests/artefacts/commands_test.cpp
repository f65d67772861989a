#include "commands.hpp"

#include <catch2/catch.hpp>

#include "image.hpp"

namespace auexfil::artefacts::test {

TEST_CASE("commands: what a shell is given, as simple commands") {
  struct Case {
    const char* text;
    const char* told;
  };
  const auto c = GENERATE(values<Case>({
      {"", ""},
      {"scp -q /a b@c:d", "scp -q /a b@c:d"},
      {"lftp -e 'mirror -R a b; quit' 192.0.2.1", "lftp -e mirror -R a b; quit 192.0.2.1"},
      {"cd / && run-parts --report /etc/cron.daily", "cd / | run-parts --report /etc/cron.daily"},
      {"tar cf - x | ssh h 'cat > t'", "tar cf - x | ssh h cat > t"},
      {"nc -N h 9002 < /srv/data", "nc -N h 9002"},
      {"a >/dev/null 2>&1 b", "a b"},
      {"a 2> x>>y; b", "a | b"},
      {"a file2>x", "a file2"},
      {"test -x /a || { cd / && b; }", "test -x /a | cd / | b"},
      {"if [ -f x ]; then scp a b; fi", "[ -f x ] | scp a b"},
      {"A=1 B='x y' curl $HOST", "curl *..."},
      {"curl -T \"$FILE\" http://h/$(hostname)", "hostname | curl -T * http://h/*..."},
      {"x=`curl -T f h`", "curl -T f h"},
      {"scp /srv/*.gz h:", "scp /srv/*.gz... h:"},
      {"rsync /a u@[2001:db8::5]:/b [::1]:c", "rsync /a u@[2001:db8::5]:/b [::1]:c"},
      {"scp x[0-9a].gz y[:alpha:]z h:", "scp x*.gz... y*z... h:"},
      {"scp ~/x ~bob/y", "scp */x */y"},
      {"sh -c 'curl -T a b; true'", "sh -c curl -T a b; true | curl -T a b | true"},
      {"su - bob -c 'scp x y:'", "su - bob -c scp x y: | scp x y:"},
      {"find /a -exec scp {} b@c: \\;", "find /a -exec scp {} b@c: ; | scp * b@c:"},
      {"find /a -ok b {} ';' -execdir c x-{} \";\"",
       "find /a -ok b {} ; -execdir c x-{} ; | b * | c x-*"},
      {"sudo find /a -exec b + {} + -print", "sudo find /a -exec b + {} + -print | b + *..."},
      {"find /a -exec sh -c 'd \"$1\"' _ {} \\;",
       "find /a -exec sh -c d \"$1\" _ {} ; | sh -c d \"$1\" _ * | d *"},
      {"find /a -exec b {}; c", "find /a -exec b {} | c"},
      {"find /a -exec \\;", "find /a -exec ;"},
      {"finder -exec b \\;", "finder -exec b ;"},
      {"a x[", "a x*..."},
      {"a x[b", "a x*..."},
      {"a x[ b", "a x*... b"},
      {"a # b c", "a"},
      {"eval \"scp a h:\"; b", "eval scp a h: | scp a h: | b"},
      {"trap 'scp a h:' EXIT", "trap scp a h: EXIT | scp a h:"},
      {"tmux new-session -d 'scp a h:'", "tmux new-session -d scp a h: | scp a h:"},
      {"perl -e 'system(\"scp\", \"a\", \"h:\")'",
       "perl -e system(\"scp\", \"a\", \"h:\") | scp a h:"},
      {"python3 -c 'import os; os.system(\"scp a h:\")'",
       "python3 -c import os; os.system(\"scp a h:\") | scp a h:"},
      {"$(which scp) a h: `hostname`", "hostname | scp a h: *..."},
      {"$(which scp; true) a", "which scp | true | *... a"},
      {"cat <<EOF >f\nscp a h:\nEOF\nb", "cat | b"},
      {"cat <<A <<-B\nscp a h:\nA\nscp b h:\n\tB\nb", "cat | b"},
      {"bash <<EOF\nscp a h:\nEOF\nb", "bash | scp a h: | EOF | b"},
      {"ssh h sh <<EOF\nscp a h:\nEOF", "ssh h sh"},
      {"cat <<EOF", "cat"},
      {"a b#c", "a b#c"},
      {"a \\  b\\\"", "a   b\""},
      {"a '' \"\"", "a  "},
      {"a ${X:-b c} $ $$", "a *... $ *..."},
      {"'unclosed a", "unclosed a"},
      {"a \"unclosed $(b", "b | a unclosed *"},
  }));
  CAPTURE(c.text);
  CHECK(told(split_shell(c.text)) == c.told);
}

TEST_CASE("commands: of a shell there are at most 256, nested ones to a depth of four") {
  std::string many;
  std::string nested;
  std::string words;
  for (int i = 0; i < 20000; ++i) {
    many += "a;";
    nested += "$(";
    words += "w ";
  }
  CHECK(split_shell(many).size() == 256);
  CHECK(split_shell(words).at(0).size() == 512);
  CHECK(split_shell(nested).size() <= 256);
  CHECK(split_shell(std::string(100000, '(')).empty());
}

TEST_CASE("commands: of an ExecStart") {
  struct Case {
    const char* text;
    const char* told;
    const char* unit = "x.service";
  };
  const auto c = GENERATE(values<Case>({
      {"/usr/bin/rsync -a /a b:", "/usr/bin/rsync -a /a b:"},
      {"-/bin/a", "/bin/a"},
      {"!!/bin/a", "/bin/a"},
      {"@/bin/a b c", "b c"},
      {"/bin/sh -c 'a \"b c\" && d'", "/bin/sh -c a \"b c\" && d | a b c | d"},
      {"/bin/a \"b c\" 'd e'f", "/bin/a b c d ef"},
      {"/bin/a ; /bin/b c", "/bin/a | /bin/b c"},
      {"/bin/a \\; b;c", "/bin/a ; b;c"},
      {"/bin/find /a -exec b {} \\; ; c", "/bin/find /a -exec b {} ; | c | b *"},
      {"/bin/a %i %n %p", "/bin/a one job@one.service job", "job@one.service"},
      {"/bin/a %i-%n", "/bin/a *-*", "job@.service"},
      {"/bin/a %i %I", "/bin/a srv-a\\x2db\\x2g srv/a-b\\x2g", "job@srv-a\\x2db\\x2g.service"},
      {"/bin/a %I", "/bin/a *", "job@.service"},
      {"/bin/a %h/x %%", "/bin/a */x %"},
      {"/bin/a $OPTS ${ONE} x${TWO}y $$", "/bin/a *... * x*y $"},
      {":/bin/a $OPTS", "/bin/a $OPTS"},
      {"/bin/a \\x41\\101\\s\\n\\q", "/bin/a AA \nq"},
      {"/bin/a \\", "/bin/a"},
      {"/bin/a \"open", "/bin/a open"},
      {"", ""},
      {"@", ""},
      {"/bin/a ${open", "/bin/a *"},
  }));
  CAPTURE(c.text);
  CHECK(told(split_exec(c.text, c.unit)) == c.told);
}

TEST_CASE("commands: a word of which only the run knows some parts") {
  const Word word{{"http://", "/up/", ".gz"}, false};
  CHECK(word.matches("http://h/up/a.gz"));
  CHECK(word.matches("http:///up/.gz"));
  CHECK_FALSE(word.matches("http://h/down/a.gz"));
  CHECK_FALSE(word.matches("http://h/up/a.g"));
  CHECK_FALSE(Word{{"ab", "ba"}, false}.matches("aba"));  // no letter stands for both
}

}  // namespace auexfil::artefacts::test
