import Testing

@testable import Model

@Suite struct AddressPrefixTests {
  @Test(
    "A subnet contains its own addresses and no other",
    arguments: [
      ("10.0.0.1/24", "10.0.0.255", true), ("10.0.0.1/24", "10.0.1.0", false), ("10.0.0.1/23", "10.0.1.0", true),
      ("10.0.0.1", "10.0.0.1", true), ("10.0.0.1", "10.0.0.2", false), ("0.0.0.0/0", "203.0.113.9", true),
      ("0.0.0.0/0", "2001:db8::1", false), ("2001:db8::1/64", "2001:db8::ffff", true),
      ("2001:db8::1/64", "2001:db8:0:1::", false),
      ("2001:db8::1/33", "2001:db8:7fff::1", true), ("2001:db8::1/33", "2001:db8:8000::1", false), ("::/0", "10.0.0.1", false),
    ]
  )
  func containing(prefix: String, address: String, isInside: Bool) throws {
    let prefix = try #require(AddressPrefix(prefix))
    #expect(prefix.contains(try #require(IPAddress(address))) == isInside)
  }

  @Test(
    "Text that is not an address with a prefix length is refused",
    arguments: ["", "10.0.0.1/", "10.0.0.1/33", "10.0.0.1/-1", "::1/129", "/24", "10.0.0.1/2/4"]
  )
  func refusal(text: String) { #expect(AddressPrefix(text) == nil) }

  @Test func `it is written with its prefix length`() {
    #expect(AddressPrefix("10.0.0.1")?.description == "10.0.0.1/32")
    #expect(AddressPrefix("2001:db8::1/64")?.description == "2001:db8::1/64")
  }

  @Test(
    "Its first and last address have all host bits clear and set",
    arguments: [
      ("10.200.3.4/16", "10.200.0.0", "10.200.255.255"), ("10.0.0.1/31", "10.0.0.0", "10.0.0.1"),
      ("10.0.0.1", "10.0.0.1", "10.0.0.1"), ("192.0.2.1/1", "128.0.0.0", "255.255.255.255"),
      ("2001:db8::1/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff"),
      ("2001:db8::ff/125", "2001:db8::f8", "2001:db8::ff"),
    ]
  )
  func ends(prefix: String, first: String, last: String) throws {
    let prefix = try #require(AddressPrefix(prefix))
    #expect((prefix.first.description, prefix.last.description) == (first, last))
  }
}
