import Model

/// A table that `ipvsadm -S` has saved, read without a daemon: for `sluice import ipvsadm`.
package struct ImportedTable: Sendable {
  package private(set) var table = ServiceTable()
  /// What is only kept, with its line.
  package private(set) var notes: [String] = []

  /// - Throws: the first line that can't be read, or that the table refuses.
  package init(_ text: String, names: Names) throws(Failure) {
    // Bytes: a carriage return and a line feed are one Character.
    for (index, line) in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      let place = "line \(index + 1)"
      let requests: [Request]
      do throws(Failure) { requests = try RestoredLines.read(String(Substring(line)), names: names) } catch {
        throw Failure(error.message, code: error.code, place: place)
      }
      for request in requests {
        guard case .change(let command) = request else {
          throw Failure("this changes no table: give what 'ipvsadm -S -n' prints", place: place)
        }
        do throws(Refusal) { try command.apply(to: &table) } catch {
          throw Failure(error.message, code: Failure.refused, place: place)
        }
        notes += command.notes.map { "\(place): \($0)" }
      }
    }
  }
}
