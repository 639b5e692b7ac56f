import Model

/// A file that keepalived watches: a number, which counts by its weight.
struct TrackFile {
  var path: String
  var weight = 1
}

extension Mapping {
  mutating func takeTrackFile(_ statement: Statement) {
    guard let name = statement.argument,
      let path = statement.statements.first(where: { $0.keyword == "file" })?.argument
    else { return notes.addBad(statement, "a name, and a block with the file's path") }
    var file = TrackFile(path: path)
    if let weight = statement.statements.first(where: { $0.keyword == "weight" })?.argument.flatMap({ Int($0) }) {
      file.weight = weight
    }
    trackFiles[name] = file
  }
}
