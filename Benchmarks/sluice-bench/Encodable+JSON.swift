import Foundation

extension Encodable {
  /// Prints with sorted keys, so that two reports can be compared line by line.
  func printJSON() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    print(String(decoding: try encoder.encode(self), as: UTF8.self))
  }
}
