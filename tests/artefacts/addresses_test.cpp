#include "auexfil/artefacts/addresses.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "image.hpp"

namespace auexfil::artefacts::test {
namespace {

Lines own(const Files& files) {
  Image image;
  for (const auto& [path, text] : files) {
    image.files[path] = text;
  }
  Lines lines;
  for (const audit::IpAddress& address : own_addresses(image).addresses) {
    lines.push_back(address.to_string());
  }
  return lines;
}

TEST_CASE("own addresses: what each kind of configuration sets by hand") {
  struct Case {
    const char* path;
    const char* text;
    Lines addresses;
  };
  const auto c = GENERATE(values<Case>({
      {"/etc/network/interfaces",
       "auto lo\niface lo inet loopback\n  address 127.0.0.1\niface eth0 inet static\n"
       "\taddress 192.0.2.5/24\n  gateway 192.0.2.1\n#  address 192.0.2.6\n"
       "iface eth0 inet6 static\n  address 2001:db8::5/64\niface eth1 inet dhcp\n",
       {"192.0.2.5", "2001:db8::5"}},
      {"/etc/network/interfaces.d/eth1",
       "iface eth1 inet static\naddress 192.0.2.7\n",
       {"192.0.2.7"}},
      {"/etc/netplan/50-cloud-init.yaml",
       "network:\n  ethernets:\n    eth0:\n      addresses: [192.0.2.5/24, '2001:db8::5/64']\n"
       "      nameservers:\n        addresses: [192.0.2.53, 192.0.2.54]\n      routes:\n"
       "      - to: 198.51.100.0/24\n        via: 192.0.2.1\n    eth1:\n      addresses:\n"
       "      - 192.0.2.8/24  # the other\n      - \"192.0.2.9/24\":\n          lifetime: 0\n"
       "      - fe80::1/64\n      gateway4: 192.0.2.1\n    eth2:\n      addresses: [\n"
       "        192.0.2.10/24,\n        192.0.2.11/24 ]\n      mtu: 9000\n",
       {"192.0.2.5", "192.0.2.8", "192.0.2.9", "192.0.2.10", "192.0.2.11", "2001:db8::5"}},
      {"/etc/systemd/network/10-eth0.network",
       "[Match]\nName=eth0\n[Network]\nAddress=192.0.2.5/24\nGateway=192.0.2.1\nDNS=192.0.2.53\n"
       "[Address]\nAddress=2001:db8::5/64\nPeer=192.0.2.77\n[Route]\nDestination=198.51.100.0/24\n",
       {"192.0.2.5", "2001:db8::5"}},
      {"/etc/systemd/network/10-eth0.link", "[Network]\nAddress=192.0.2.5/24\n", {}},
      {"/etc/NetworkManager/system-connections/lan.nmconnection",
       "[connection]\nid=lan\naddress1=192.0.2.99/24\n[ipv4]\naddress1=192.0.2.5/24,192.0.2.1\n"
       "address2=192.0.2.6/24\ndns=192.0.2.53;\n[ipv6]\naddresses=2001:db8::5/64,fe80::1;\n",
       {"192.0.2.5", "192.0.2.6", "2001:db8::5"}},
      {"/etc/sysconfig/network-scripts/ifcfg-eth0",
       "DEVICE=eth0\nIPADDR=192.0.2.5\nIPADDR1=\"192.0.2.6\"\nNETMASK=255.255.255.0\n"
       "GATEWAY=192.0.2.1\nIPV6ADDR=2001:db8::5/64\nIPV6ADDR_SECONDARIES=\"2001:db8::6/64 "
       "2001:db8::7/64\"\n",
       {"192.0.2.5", "192.0.2.6", "2001:db8::5", "2001:db8::6", "2001:db8::7"}},
      {"/etc/sysconfig/network-scripts/route-eth0", "IPADDR=192.0.2.5\n", {}},
      {"/etc/sysconfig/network/ifcfg-eth0",
       "IPADDR='192.0.2.5/24'\nIPADDR_1='192.0.2.6/24'\n",
       {"192.0.2.5", "192.0.2.6"}},
      {"/etc/network/interfaces",
       "address\naddress host.example\naddress 300.1.2.3\naddress 0.0.0.0\n",
       {}},
  }));
  CAPTURE(c.path, c.text);
  CHECK(own({{c.path, c.text}}) == c.addresses);
}

TEST_CASE("own addresses: more of them than any machine has are counted") {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    text += fmt::format("address 10.0.{}.{}\naddress 10.0.{}.{}\n", i / 250, i % 250 + 1, i / 250,
                        i % 250 + 1);
  }
  Image image;
  image.files["/etc/network/interfaces"] = text;
  const OwnAddresses found = own_addresses(image);
  CHECK(found.addresses.size() == OwnAddresses::kMost);
  CHECK(found.left_out == 2 * (300 - OwnAddresses::kMost));
}

}  // namespace
}  // namespace auexfil::artefacts::test
