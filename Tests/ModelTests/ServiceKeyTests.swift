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
    "tcp  10.0.0.100:80", " tcp 10.0.0.100:80", "TCP 10.0.0.100:80", "dccp 10.0.0.100:80", "tcp [10.0.0.100]:80",
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
}
