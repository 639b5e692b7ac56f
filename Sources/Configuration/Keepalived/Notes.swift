/// Something of a keepalived configuration that is not carried, in one line.
package struct ImportNote: Equatable, Sendable, CustomStringConvertible {
  package let place: Place
  /// What, and why it isn't.
  package let what: String
  /// What to do instead.
  package let hint: String
  /// The same in other places, up to `ImportLimit.places`.
  package fileprivate(set) var others: [Place] = []
  fileprivate var further = 0

  package var description: String { "\(place): \(what); \(hint)\(also)" }

  private var also: String {
    guard !others.isEmpty else { return "" }
    let places = others.map { $0.file == place.file ? "\($0.line)" : "\($0)" }
    let more = further > 0 ? " and \(further) more" : ""
    return " (also at \(places.joined(separator: ", "))\(more))"
  }
}

/// What is not carried. The same thing is one line, however often it occurs.
struct Notes {
  private(set) var all: [ImportNote] = []
  private var positions: [String: Int] = [:]
  /// Beyond the limit.
  private(set) var dropped = 0

  /// By file, in the order in which they came up, and line.
  mutating func sort() {
    var files: [String: Int] = [:]
    for note in all where files[note.place.file] == nil { files[note.place.file] = files.count }
    all.sort { (files[$0.place.file] ?? 0, $0.place.line) < (files[$1.place.file] ?? 0, $1.place.line) }
    positions = Dictionary(uniqueKeysWithValues: all.enumerated().map { (Self.key($1.what, $1.hint), $0) })
  }

  private static func key(_ what: String, _ hint: String) -> String { "\(what); \(hint)" }

  var isFull: Bool { all.count >= ImportLimit.notes }

  mutating func drop() { dropped += 1 }

  mutating func add(_ place: Place, _ what: String, _ hint: String) {
    let key = Self.key(what, hint)
    if let position = positions[key] {
      if all[position].place == place || all[position].others.contains(place) { return }
      if all[position].others.count < ImportLimit.places {
        all[position].others.append(place)
      } else {
        all[position].further += 1
      }
      return
    }
    if isFull { return drop() }
    positions[key] = all.count
    all.append(ImportNote(place: place, what: what, hint: hint))
  }
}
