import Testing

@testable import Model

@Suite struct IPAddressTests {
  @Test(arguments: [
    "0.0.0.0", "10.0.0.1", "255.255.255.255", "::", "::1", "2001:db8::1", "2001:db8:0:1::", "fe80::1", "1:2:3:4:5:6:7:8",
  ])
  func `canonical text is printed as it was read`(text: String) throws {
    #expect(try #require(IPAddress(text)).description == text)
  }

  @Test(arguments: [
    "", "10.0.0", "10.0.0.01", "10.0.0.256", " 10.0.0.1", "10.0.0.1 ", "10.0.0.1/8", "0x0a.0.0.1", "::1%lo", "[::1]",
    "2001:db8::1::", "1:2:3",
    "::ffff:10.0.0.1", "::ffff:0a00:1", "10.0.0.1\0", "localhost", "10.0.0.1:80",
  ])
  func `text that is not exactly an address is refused`(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test func `IPv6 is printed by RFC 5952, whatever form was read`() {
    #expect(IPAddress("2001:DB8:0:0:0:0:0:1")?.description == "2001:db8::1")
    #expect(IPAddress("2001:0db8:0:0:1:0:0:1")?.description == "2001:db8::1:0:0:1")
  }

  @Test func `an IPv4 address is stored v4-mapped, in network order`() {
    #expect(IPAddress(192, 0, 2, 1).bytes == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1])
    #expect(IPAddress(192, 0, 2, 1) == IPAddress("192.0.2.1"))
    #expect(IPAddress(192, 0, 2, 1).isIPv4)
    #expect(IPAddress("2001:db8::1")?.isIPv4 == false)
  }

  @Test func `an address is made from 16 bytes and returns them`() throws {
    let bytes = (1...16).map { UInt8($0 * 15) }
    #expect(try #require(IPAddress(bytes: bytes)).bytes == bytes)
    #expect(IPAddress(IPAddress(9, 8, 7, 6).tuple) == IPAddress(9, 8, 7, 6))
    #expect(IPAddress(bytes: bytes.dropLast()) == nil)
  }

  @Test func `addresses are ordered by their bytes`() throws {
    let sorted = try ["::", "::1", "10.0.0.2", "10.0.0.10", "2001:db8::1", "ff02::1"].map { try #require(IPAddress($0)) }
    #expect(sorted.reversed().sorted() == sorted)
  }

  @Test(arguments: [
    ("0.0.0.0", "unspecified"), ("::", "unspecified"), ("0.1.2.3", "0.0.0.0/8"), ("127.0.0.1", "loopback"), ("::1", "loopback"),
    ("224.0.0.1", "multicast"), ("239.255.255.255", "multicast"), ("ff02::1", "multicast"), ("255.255.255.255", "broadcast"),
    ("fe80::1", "link-local"),
  ])
  func `addresses that no host can have are reported with the reason`(text: String, reason: String) {
    #expect(IPAddress(text)?.reasonNotUnicast?.contains(reason) == true)
  }

  @Test(arguments: [
    "1.0.0.0", "10.0.0.1", "126.255.255.255", "128.0.0.1", "169.254.1.1", "223.255.255.255", "240.0.0.1", "2001:db8::1",
    "fc00::1", "fec0::1",
  ])
  func `a host's address is accepted`(text: String) throws {
    #expect(try #require(IPAddress(text)).reasonNotUnicast == nil)
  }

  @Test func `identities never change between releases`() {
    // Another value would move every flow of a fleet that is upgraded one director at a time.
    #expect(IPAddress(10, 0, 0, 2).identity == 9_899_971_072_754_694_627)
    #expect(IPAddress("2001:db8::1")?.identity == 5_613_903_895_206_896_597)
  }
}
