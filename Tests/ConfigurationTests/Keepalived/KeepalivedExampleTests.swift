import Configuration
import Foundation
import Testing

/// Complete configurations, after public examples: the file and the lines that come out of each.
struct KeepalivedExampleTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Examples").path + "/"
  static let names = [
    "any-port", "any-style", "conditional", "datagrams", "definitions", "digest", "direct-routing", "group", "http-status",
    "includes",
    "ipv6", "mail", "marks", "masquerading", "name-servers", "ping", "quorum", "scripts", "tls", "tunnel",
  ]

  private func text(_ name: String) throws -> String { try String(contentsOfFile: Self.folder + name, encoding: .utf8) }

  /// Paths as they are from the examples' folder.
  private func imported(_ name: String) throws -> KeepalivedImport {
    let host = ImportHost(
      read: { try Array(Data(contentsOf: URL(filePath: Self.folder + $0))) },
      // A star at the begin of the last part is enough here.
      paths: { pattern in
        let slash = pattern.lastIndex(of: "/").map { pattern.index(after: $0) } ?? pattern.startIndex
        let last = pattern[slash...]
        let names = (try? FileManager.default.contentsOfDirectory(atPath: Self.folder + pattern[..<slash])) ?? []
        return names.filter { last.hasPrefix("*") ? $0.hasSuffix(last.dropFirst()) : $0 == last }.sorted().map {
          pattern[..<slash] + $0
        }
      },
      configID: "main"
    )
    return try KeepalivedImport(file: name + ".conf", host: host)
  }

  @Test(arguments: names) func `what is carried, and what is not`(_ name: String) throws {
    let imported = try imported(name)
    let (yaml, notes) = (imported.configuration.yaml, imported.notes.map { "\($0)\n" }.joined())
    // To write them anew after a change, and to read the difference.
    if ProcessInfo.processInfo.environment["SLUICE_WRITE_EXAMPLES"] != nil {
      try Data(yaml.utf8).write(to: URL(filePath: Self.folder + name + ".yaml"))
      try Data(notes.utf8).write(to: URL(filePath: Self.folder + name + ".notes"))
    }
    #expect(yaml == (try text(name + ".yaml")))
    #expect(notes == (try text(name + ".notes")))
    #expect(
      try Configuration(yaml: yaml, file: name, needsInterfaces: false) == imported.configuration,
      "what is written is read as the same"
    )
  }

  @Test func `every example of the folder is here`() throws {
    let found = try FileManager.default.contentsOfDirectory(atPath: Self.folder).filter { $0.hasSuffix(".conf") }
    #expect(found.sorted() == Self.names.map { $0 + ".conf" }.sorted())
  }
}
