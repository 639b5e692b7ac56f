import Foundation
import Testing

@testable import API
@testable import Model
@testable import Reconciler

@Suite struct JSONKeyCheckTests {
  private func fault(_ json: String) -> String? { JSONKeyCheck.fault(in: Data(json.utf8)) }

  @Test(
    "A key that stands twice in an object is named with its place",
    arguments: [
      (#"{"weight":1,"weight":2}"#, "weight", "line 1, column 13"),
      (#"{"a":{"weight":1},"weight":2,"a":3}"#, "a", "line 1, column 30"),
      (#"[{"a":1},{"b":[{"x":0}],"c":{"d":1,"d":1}}]"#, "d", "line 1, column 36"),
      ("{\n \"weight\": 1,\n \"weight\": 1\n}", "weight", "line 3, column 2"),
      // The same key with another spelling.
      (#"{"weight":1,"w\u0065ight":2}"#, "weight", "line 1, column 13"),
      (#"{"a\/b":1,"a/b":2}"#, "a/b", "line 1, column 11"),
      (#"{"":1,"":2}"#, "", "line 1, column 7"),
      // Values that look like keys or brackets do not count.
      (#"{"a":"b","b":"}","c":"\",\"c","c":1}"#, "c", "line 1, column 31"),
    ]
  )
  func duplicate(json: String, key: String, place: String) {
    #expect(fault(json) == "the key '\(key)' stands twice in an object, the second time at \(place): keep one")
  }

  @Test(
    "A key that stands twice, but not in one object, is none of its business",
    arguments: [
      #"{"services":[{"service":"a"},{"service":"a"}],"x":{"services":1}}"#, #"{"a":"a","b":"a"}"#, #"["a","a"]"#, #""a""#,
      #"{"a":1,"A":2}"#, "{}", "[]", "", " 1 ", "\u{feff}{}",
    ]
  )
  func fine(json: String) {
    #expect(fault(json) == nil)
  }

  @Test(
    "What is no JSON is left to the decoder",
    arguments: ["{", "}", "]]", #"{"a"#, #"{"a\"#, #"{"a":1"#, #"{"a":1]"#, #"{{"a""#, #"{"\u00"#, #"{"\u00zz":1,"#, ",,,"]
  )
  func broken(json: String) {
    #expect(fault(json) == nil)
    // And it does refuse.
    #expect(throws: (any Error).self) { try JSONDecoder().decode([String: Int].self, from: Data(json.utf8)) }
  }

  /// All texts of up to six of these tokens. Of those that are JSON, a decoder keeps fewer keys than stand there if one stands twice.
  @Test func `it agrees with a decoder's loss of keys on every short text`() throws {
    let tokens = ["{", "}", "[", "]", ",", #""a":"#, #""a":1"#, #""b":"a""#]
    var texts: [[Int]] = [[]]
    var (sound, refused) = (0, 0)
    for _ in 0..<6 {
      texts = texts.flatMap { text in tokens.indices.map { text + [$0] } }
      for text in texts {
        let json = text.map { tokens[$0] }.joined()
        let fault = fault(json)
        guard let value = try? JSONSerialization.jsonObject(with: Data(json.utf8)) else { continue }
        sound += 1
        refused += fault == nil ? 0 : 1
        #expect((fault != nil) == (Self.keys(of: value) < text.count { $0 >= 5 }), "\(json)")
      }
    }
    #expect(sound >= 30, "\(sound)")
    #expect(refused >= 2, "\(refused)")
  }

  private static func keys(of value: Any) -> Int {
    switch value {
    case let object as [String: Any]: object.count + object.values.reduce(0) { $0 + keys(of: $1) }
    case let list as [Any]: list.reduce(0) { $0 + keys(of: $1) }
    default: 0
    }
  }

  @Test func `nesting is taken as far as 64 levels and no further`() {
    #expect(fault(String(repeating: "[", count: 64) + String(repeating: "]", count: 64)) == nil)
    #expect(fault(String(repeating: "[", count: 65)) == "it nests deeper than 64 levels at line 1, column 65")
    #expect(fault(String(repeating: #"{"a":"#, count: 1_000_000))?.hasPrefix("it nests deeper than 64") == true)
    // One after the other is not deep.
    #expect(fault("[" + String(repeating: "[],", count: 100_000) + "[]]") == nil)
  }

  @Test func `an object has a bounded number of keys`() {
    let keys = (0..<257).map { "\"\($0)\":0" }
    #expect(fault("{\(keys.dropLast().joined(separator: ","))}") == nil)
    #expect(fault("{\(keys.joined(separator: ","))}")?.hasPrefix("an object has more than 256 keys at line 1, column") == true)
    let many = (0..<100_000).map { "\"\($0)\":0" }
    #expect(fault("{\(many.joined(separator: ","))}") == fault("{\(keys.joined(separator: ","))}"))
  }

  /// The decoder would detect UTF-16 and take the last of two keys.
  @Test(arguments: [String.Encoding.utf16, .utf16LittleEndian, .utf16BigEndian, .utf32])
  func `other encodings are refused`(encoding: String.Encoding) throws {
    let body = try #require(#"{"weight":1,"weight":2}"#.data(using: encoding))
    #expect(JSONKeyCheck.fault(in: body)?.hasPrefix("it is not UTF-8 at line 1, column") == true)
  }

  @Test func `a body of 4 MiB is walked in proportion to its length`() {
    let clock = ContinuousClock()
    let server = #"{"address":"10.0.0.2","weight":1},"#
    let keys = "{" + (0..<256).map { "\"key-\($0)\":0" }.joined(separator: ",") + "},"
    for piece in [server, keys, "\"\\u0061\":", "{\"a\":\"" + String(repeating: "x", count: 1000) + "\"},"] {
      func time(_ bytes: Int) -> Duration {
        let body = Data(("[" + String(repeating: piece, count: bytes / piece.utf8.count)).utf8)
        return clock.measure { _ = JSONKeyCheck.fault(in: body) }
      }
      // A quarter takes a quarter of the time; what isn't linear takes a sixteenth. Not in seconds, which a busy machine has fewer of.
      let quarter = time(1 << 20)
      #expect(time(4 << 20) < quarter * 10 + .milliseconds(100))
    }
  }

  @Test func `the API refuses a key that stands twice, and changes nothing`() async throws {
    try await LiveAPI.run { api in
      let body = #"{"services":[{"service":"tcp 10.0.0.100:80","servers":[{"address":"10.0.0.2","weight":1,"weight":0}]}]}"#
      let answer = try await api.raw(post("/v1/apply", body))
      #expect(answer.hasPrefix("HTTP/1.1 400 "))
      #expect(answer.contains("the key 'weight' stands twice in an object"))
      #expect(await api.plain.director.generation == 1)
    }
  }
}
