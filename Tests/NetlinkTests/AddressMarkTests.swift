import CNetlink
import Testing

@testable import Model
@testable import Netlink

@Suite struct AddressMarkTests {
  @Test(
    "The label keeps to the kernel's 15 bytes, or there is none",
    arguments: [
      ("eth0", "eth0:sluice"), ("enp65s0f", "enp65s0f:sluice"), ("enp65s0f0", nil),
    ] as [(String, String?)]
  )
  func labels(interface: String, label: String?) {
    #expect(AddressMark.label(interface: interface) == label)
  }

  @Test("Protocol or label, either is enough; another's is not")
  func known() {
    #expect(AddressMark.isOn(proto: 0x53, label: "eth0"))
    #expect(AddressMark.isOn(proto: 0, label: "eth0:sluice"))
    #expect(!AddressMark.isOn(proto: 18, label: "eth0:vip"))
    #expect(!AddressMark.isOn(proto: 0, label: ""))
  }

  @Test("The host's own address is the first good one of the interface, and never a VIP of Sluice's")
  func ownAddresses() {
    let (vip, deprecated, own) = (IPAddress(10, 0, 0, 100), IPAddress(10, 0, 0, 2), IPAddress(10, 0, 0, 1))
    let all = [
      InterfaceAddress(address: IPAddress(10, 9, 9, 9), link: 3, prefix: 24),
      InterfaceAddress(address: vip, link: 2, prefix: 32, isSluices: true),
      InterfaceAddress(address: deprecated, link: 2, prefix: 24, isGood: false),
      InterfaceAddress(address: own, link: 2, prefix: 24),
    ]
    #expect(LinkAddresses(of: 2, among: all) == LinkAddresses(ipv4: own, ipv6: nil))
    #expect(LinkAddresses(of: 2, among: Array(all.prefix(3))).ipv4 == deprecated)
    #expect(LinkAddresses(of: 4, among: all) == LinkAddresses())
  }
}
