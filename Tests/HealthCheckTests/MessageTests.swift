import Model
import NIOCore
import Testing

@testable import HealthCheck

struct DNSMessageTests {
  let message = DNSMessage(identifier: 0x1234, name: "www.example.com", type: .aaaa)

  /// A reply to the question with this head.
  private func reply(flags: [UInt8] = [0x81, 0x80], answers: UInt8 = 1, change: (inout [UInt8]) -> Void = { _ in }) -> ByteBuffer
  {
    var bytes = message.question
    bytes.replaceSubrange(2..<4, with: flags)
    bytes[7] = answers
    change(&bytes)
    return ByteBuffer(bytes: bytes)
  }

  @Test func theQuestion() {
    let name = [3] + Array("www".utf8) + [7] + Array("example".utf8) + [3] + Array("com".utf8) + [0]
    #expect(message.question == [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + name + [0, 28, 0, 1])
    #expect(DNSMessage(identifier: 0, name: ".", type: .ns).question.suffix(5) == [0, 0, 2, 0, 1])
  }

  @Test func answers() {
    #expect(message.judge(reply(), from: "n") == .good())
    #expect(message.judge(reply { $0[13] = UInt8(ascii: "W") }, from: "n") == .good())
    #expect(message.judge(reply(answers: 0), from: "n") == .bad("no AAAA record for www.example.com from n"))
    #expect(message.judge(reply(flags: [0x81, 0x83]), from: "n") == .bad("DNS NXDOMAIN for www.example.com from n"))
    #expect(message.judge(reply(flags: [0x81, 0x85]), from: "n") == .bad("DNS REFUSED for www.example.com from n"))
  }

  @Test func otherMessagesAreIgnored() {
    #expect(message.judge(reply { $0[0] = 0 }, from: "n") == nil)
    #expect(message.judge(reply(flags: [1, 0]), from: "n") == nil, "a question")
    #expect(message.judge(reply { $0[13] = UInt8(ascii: "x") }, from: "n") == nil, "another name")
    #expect(message.judge(reply { $0[5] = 2 }, from: "n") == nil, "two questions")
    let whole = reply()
    for length in 0..<whole.readableBytes {
      #expect(message.judge(ByteBuffer(bytes: whole.readableBytesView.prefix(length)), from: "n") == nil)
    }
  }
}

struct EchoTests {
  private func reply(_ request: [UInt8], isIPv4: Bool, options: Int = 0) -> ByteBuffer {
    var bytes = request
    bytes[0] = isIPv4 ? 0 : 129
    let header = isIPv4 ? [UInt8(0x45 + options)] + [UInt8](repeating: 0, count: 19 + 4 * options) : []
    return ByteBuffer(bytes: header + bytes)
  }

  @Test(arguments: [true, false])
  func replies(_ isIPv4: Bool) {
    let echo = Echo(isIPv4: isIPv4, identifier: 7, token: 0x0102_0304_0506_0708)
    #expect(echo.isReply(reply(echo.request, isIPv4: isIPv4)))
    if isIPv4 { #expect(echo.isReply(reply(echo.request, isIPv4: true, options: 3))) }
    for other in [Echo(isIPv4: isIPv4, identifier: 8, token: echo.token), Echo(isIPv4: isIPv4, identifier: 7, token: 1)] {
      #expect(!echo.isReply(reply(other.request, isIPv4: isIPv4)))
    }
    let whole = reply(echo.request, isIPv4: isIPv4)
    for length in 0..<whole.readableBytes { #expect(!echo.isReply(ByteBuffer(bytes: whole.readableBytesView.prefix(length)))) }
  }

  /// RFC 1071: the sum of all words, the checksum among them, is all ones.
  @Test func checksum() {
    let bytes = Echo(isIPv4: true, identifier: 0xfffe, token: .max).request
    let sum = stride(from: 0, to: bytes.count, by: 2).reduce(0) { $0 + (Int(bytes[$1]) << 8 | Int(bytes[$1 + 1])) }
    #expect((sum & 0xffff) + (sum >> 16) == 0xffff)
  }
}
