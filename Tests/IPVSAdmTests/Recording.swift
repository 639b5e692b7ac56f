import Foundation
import IPVSAdm
import Model

/// A command and how ipvsadm answered it.
struct Recording: Decodable {
  var cmd: String
  var out: String
  var err: String
  var rc: Int32
  /// Each script began with an empty table; nil: all are one script.
  var script: String?

  static func read(_ name: String, from file: String = #filePath) throws -> [Recording] {
    let path = URL(filePath: file).deletingLastPathComponent().appending(path: "../Fixtures/ipvsadm/\(name).jsonl")
    return try String(contentsOf: path, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(Recording.self, from: Data($0.utf8))
    }
  }
}

/// As much of a shell as the recordings need: words in single quotes, `|` to sort, input by `printf --`, and `;`.
struct Shell {
  let table: MemoryTable
  let names: Names

  func run(_ line: String) async -> Ended {
    var all = Ended()
    for command in line.components(separatedBy: "; ") {
      let next = await one(command)
      all = Ended(output: all.output + next.output, error: all.error + next.error, code: next.code)
    }
    return all
  }

  /// The order of services in what this prints is that of the kernel's hashes.
  static func inAnyOrder(_ command: String) -> Bool {
    command == "cat /proc/net/ip_vs" || command.contains("--nosort") && !command.contains(" | ")
  }

  private func one(_ command: String) async -> Ended {
    var parts = command.components(separatedBy: " | ")
    var input = ""
    if parts[0].hasPrefix("printf -- ") {
      input = Self.words(parts.removeFirst()).last ?? ""
      for (code, text) in [("\\n", "\n"), ("\\t", "\t"), ("\\r", "\r")] {
        input = input.replacingOccurrences(of: code, with: text)
      }
    }
    var words = Self.words(parts[0])
    if words.first == "cat" { return await procFile(words.last ?? "") }
    if words.suffix(2) == ["<", "/dev/null"] { words.removeLast(2) }
    let session = Session(table, names: names, program: words.first ?? "")
    var ended = await session.run(Array(words.dropFirst())) { input }
    if Self.inAnyOrder(command) { ended.output = Self.sortedServices(ended.output) }
    if parts.count > 1, parts[1] == "sort" {
      let lines = ended.output.split(separator: "\n")
      ended.output = lines.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { $0 + "\n" }.joined()
    }
    return ended
  }

  private func procFile(_ path: String) async -> Ended {
    let option = path.hasSuffix("stats") ? "--proc-stats" : "--proc"
    var ended = await Session(table, names: .none).run([option]) { "" }
    if option == "--proc" { ended.output = Self.sortedServices(ended.output) }
    return ended
  }

  /// Each service with the lines of its servers.
  static func sortedServices(_ text: String) -> String {
    var blocks: [String] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("  ->"), !blocks.isEmpty { blocks[blocks.count - 1] += line + "\n" } else { blocks.append(line + "\n") }
    }
    return blocks.sorted().joined()
  }

  static func words(_ text: String) -> [String] {
    var words: [String] = []
    var word: String?
    var isQuoted = false
    for character in text {
      switch character {
      case "'":
        isQuoted.toggle()
        word = word ?? ""
      case " " where !isQuoted:
        if let done = word { words.append(done) }
        word = nil
      default: word = (word ?? "") + String(character)
      }
    }
    return words + (word.map { [$0] } ?? [])
  }
}

extension Names {
  /// The names that were in force when the recordings were made.
  static let ofRecordings: Names = {
    let tcp: [String: UInt16] = [
      "http": 80, "https": 443, "domain": 53, "http-alt": 8080, "tcpmux": 1, "echo": 7, "sane-port": 6566, "git": 9418,
      "kamanda": 10081, "tproxy": 8081,
    ]
    let udp: [String: UInt16] = ["domain": 53]
    @Sendable func ports(_ transport: ServiceProtocol) -> [String: UInt16] {
      transport == .tcp ? tcp : transport == .udp ? udp : [:]
    }
    let local = IPAddress(127, 0, 0, 1)
    return Names(
      address: { $0 == "localhost" ? local : nil },
      port: { ports($1)[$0] },
      host: { $0 == local ? "localhost" : nil },
      service: { port, transport in ports(transport).first { $0.value == port }?.key }
    )
  }()
}
