import Foundation
import Testing

@testable import Model

@Suite struct HooksTests {
  @Test func `a service's commands replace the director's one by one`() {
    var director = Hooks([.serverUp: "/bin/up a  b", .serverDown: "/bin/down", .quorumUp: "/bin/q"])
    var service = Hooks([.serverDown: "/bin/own", .quorumUp: "none"])
    (director.user, director.timeout, service.timeout) = ("nobody", .seconds(5), .seconds(7))
    let all = service.over(director)
    #expect(all.command(for: .serverUp) == ["/bin/up", "a", "b"])
    #expect(all.command(for: .serverDown) == ["/bin/own"])
    #expect(all.command(for: .quorumUp) == nil && all.command(for: .quorumLost) == nil)
    #expect(all.user == "nobody" && all.timeout == .seconds(7))
  }

  @Test(arguments: ["", "sh -c x", "./x", " /bin/x", "/x\u{0}", "/" + String(repeating: "x", count: 1024)])
  func `a command is an absolute path with words`(_ text: String) {
    var hooks = Hooks()
    let isSet = hooks.set(.serverUp, to: text)
    #expect(!isSet && hooks.isEmpty)
  }

  @Test func `JSON has what is set, and refuses what is wrong`() throws {
    var hooks = Hooks([.quorumLost: "/bin/x"])
    (hooks.user, hooks.timeout) = ("nobody", .seconds(5))
    #expect(try JSONDecoder().decode(Hooks.self, from: JSONEncoder().encode(hooks)) == hooks)
    for wrong in [#"{"server-up":"x"}"#, #"{"server-upp":"/x"}"#, #"{"timeout":"1ms"}"#, #"{"user":""}"#] {
      #expect(throws: DecodingError.self) { try JSONDecoder().decode(Hooks.self, from: Data(wrong.utf8)) }
    }
  }
}
