import Testing

@testable import Model

@Suite struct MACAddressTests {
  @Test(arguments: ["02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff"])
  func `a MAC address is printed as it was read`(text: String) throws {
    #expect(try #require(MACAddress(text)).description == text)
  }

  @Test(arguments: [
    "", "02:00:00:00:00", "02:00:00:00:00:01:02", "2:0:0:0:0:1", "02-00-00-00-00-01", "+2:00:00:00:00:01", "0g:00:00:00:00:01",
  ])
  func `what isn't a MAC address is none`(text: String) {
    #expect(MACAddress(text) == nil)
  }

  @Test func `six bytes make a MAC address and give it back, as an array and as the tables hold it`() throws {
    let bytes: [UInt8] = [0x02, 0x80, 0xff, 0x00, 0x7f, 0x01]
    let address = try #require(MACAddress(bytes: bytes))
    #expect(address.bytes == bytes)
    #expect(address.tuple == (0x02, 0x80, 0xff, 0x00, 0x7f, 0x01))
    #expect(MACAddress(address.tuple) == address)
    #expect(MACAddress(bytes: bytes.dropLast()) == nil)
    #expect(MACAddress(bytes: bytes + [0]) == nil)
  }

  @Test func `it is one word in memory`() { #expect(MemoryLayout<MACAddress>.size == 8) }
}
