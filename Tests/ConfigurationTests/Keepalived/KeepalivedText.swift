import Configuration

/// Configurations that exist only as text: the main file is `k.conf`.
struct KeepalivedText {
  struct Missing: Error {}

  var files: [String: [UInt8]]
  var configID = "main"

  init(_ text: String, _ others: [String: String] = [:]) {
    files = others.mapValues { Array($0.utf8) }
    files["k.conf"] = Array(text.utf8)
  }

  init(bytes: [UInt8]) { files = ["k.conf": bytes] }

  var host: ImportHost {
    let files = files
    return ImportHost(
      read: { path in
        guard let bytes = files[path] else { throw Missing() }
        return bytes
      },
      // A star at the end is enough here.
      paths: { pattern in
        guard pattern.hasSuffix("*") else { return files[pattern] == nil ? [] : [pattern] }
        let folder = pattern.dropLast()
        return files.keys.filter { $0.hasPrefix(folder) && !$0.dropFirst(folder.count).contains("/") }.sorted()
      },
      configID: configID,
      environment: ["VIP": "192.0.2.7"]
    )
  }

  func imported(interfaces: [String] = ["eth0"]) throws -> KeepalivedImport {
    try KeepalivedImport(file: "k.conf", host: host, interfaces: interfaces)
  }

  /// The one line of an error.
  func fault() -> String? {
    do {
      _ = try imported()
      return nil
    } catch {
      return "\(error)"
    }
  }
}

extension KeepalivedImport {
  var lines: [String] { notes.map(\.description) }
}
