import Testing

@testable import Model

@Suite struct ServiceKeyTests {
  @Test(arguments: ["tcp 10.0.0.100:80", "udp [2001:db8::1]:53", "tcp 10.0.0.100:0", "udp 192.0.2.1:65535"])
  func `text is printed as it was read`(text: String) throws {
    #expect(try #require(ServiceKey(text)).description == text)
  }

  @Test(arguments: [
    "", "tcp", "tcp 10.0.0.100", "tcp 10.0.0.100:", "tcp 10.0.0.100:http", "tcp 10.0.0.100:65536", "tcp 10.0.0.100:-1",
    "tcp 10.0.0.100:+80",
    "tcp  10.0.0.100:80", " tcp 10.0.0.100:80", "TCP 10.0.0.100:80", "sctp 10.0.0.100:80", "tcp [10.0.0.100]:80",
    "tcp 2001:db8::1:80",
    "tcp [2001:db8::1]", "tcp []:80", "tcp [2001:db8::1:80", "tcp:10.0.0.100:80", "tcp 10.0.0.100:80 x", "tcp :80",
    "tcp [::1]x:80",
  ])
  func `text that is not exactly a service is refused`(text: String) {
    #expect(ServiceKey(text) == nil)
  }

  @Test func `services are ordered by address, port and protocol`() throws {
    let sorted = try ["udp 10.0.0.1:53", "tcp 10.0.0.1:80", "udp 10.0.0.1:80", "tcp 10.0.0.2:1"].map {
      try #require(ServiceKey($0))
    }
    #expect(sorted.reversed().sorted() == sorted)
  }

  @Test(arguments: ["02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff"])
  func `a MAC address is printed as it was read`(text: String) throws {
    #expect(try #require(MACAddress(text)).description == text)
  }

  @Test(arguments: [
    "", "02:00:00:00:00", "02:00:00:00:00:01:02", "2:0:0:0:0:1", "02-00-00-00-00-01", "+2:00:00:00:00:01", "0g:00:00:00:00:01",
  ])
  func `text that is not a MAC address is refused`(text: String) {
    #expect(MACAddress(text) == nil)
  }
}
