import Testing

@testable import Model

@Suite struct HashKeyTests {
  @Test func `the key of a text never changes between releases`() {
    // Directors with two releases in one fleet must choose the same servers.
    let words = HashKey("sluice").words
    #expect(words.0 == 10_662_675_293_351_635_532)
    #expect(words.1 == 7_603_065_005_223_790_962)
    #expect(words.2 == 16_025_985_130_775_314_164)
    #expect(words.3 == 16_446_471_463_193_426_020)
  }

  @Test func `similar texts have keys that differ in about half of their bits`() {
    let texts = ["sluice", "sluicf", "sluice ", "Sluice", "", "s"]
    for (number, text) in texts.enumerated() {
      for other in texts.dropFirst(number + 1) {
        let (a, b) = (HashKey(text).words, HashKey(other).words)
        let bits = [a.0 ^ b.0, a.1 ^ b.1, a.2 ^ b.2, a.3 ^ b.3].reduce(0) { $0 + $1.nonzeroBitCount }
        #expect((80...176).contains(bits), "\(text) and \(other)")
      }
    }
  }
}
