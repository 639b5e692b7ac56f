import Foundation
import InMemoryLogging
import Logging
import Testing

@testable import Reconciler
@testable import sluice

/// The events on disk.
@Suite struct EventFileTests {
  private let folder = NSTemporaryDirectory() + "/sluice-events-\(UInt32.random(in: 0 ... .max))"
  private var path: String { folder + "/sluice.sock.events" }
  private let log = InMemoryLogHandler()
  private var lines: [String] { log.entries.map(\.message.description) }

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

  private var file: EventFile { EventFile(path, logger: Logger(label: "test") { _ in log }) }

  private func events(_ numbers: ClosedRange<UInt64>, _ text: String = "eth0 \"is\" down\n") -> [Event] {
    numbers.map { Event(number: $0, time: 1_764_171_563.25, kind: .nextHop, text: text) }
  }

  @Test func `events are read back by the next daemon, and added to by it`() {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(file.read().isEmpty)
    let first = file
    first.append(events(1...3))
    first.append(events(4...4))
    first.flush()
    let second = file
    second.append(events(5...5))
    second.flush()
    #expect(file.read() == events(1...5))
    #expect(lines.isEmpty)
  }

  @Test func `what cannot be read is skipped and told in one line`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let first = file
    first.append(events(1...3))
    first.flush()
    var bytes = try Data(contentsOf: URL(filePath: path))
    bytes.insert(contentsOf: Data([0, 255, 10]), at: 0)
    bytes += #"{"kind":"of-a-later-version","number":9,"text":"x","time":1}"#.utf8 + Data([10])
    // Torn, as by a full disk.
    bytes += #"{"kind":"vip","numb"#.utf8
    try bytes.write(to: URL(filePath: path))
    #expect(file.read() == events(1...3))
    #expect(lines == ["\(path): 3 of 6 events of earlier daemons cannot be read and are skipped"])
    // What comes after a torn line is on a line of its own.
    let next = file
    next.append(events(10...10))
    next.flush()
    #expect(file.read() == events(1...3) + events(10...10))
  }

  @Test func `the file is bounded and keeps the newest`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = file
    let text = String(repeating: "x", count: 900)
    for start in stride(from: UInt64(1), to: 20_000, by: 1000) {
      file.append(events(start...start + 999, text))
      file.flush()
      let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
      #expect(size <= EventFile.longest)
    }
    let read = file.read()
    #expect(read.last?.number == 20_000 && read.count > 2000)
    #expect(read.map(\.number) == Array(read[0].number...20_000))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["sluice.sock.events"])
  }

  @Test(.timeLimit(.minutes(1)), arguments: [false, true])
  func `neither a link nor a pipe is followed, and that is told once`(_ isPipe: Bool) throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let other = folder + "/other"
    if isPipe {
      mkfifo(path, 0o600)
    } else {
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: other)
    }
    let file = file
    #expect(file.read().isEmpty)
    for number in UInt64(1)...3 {
      file.append(events(number...number))
      file.flush()
    }
    #expect(!FileManager.default.fileExists(atPath: other))
    #expect(lines.count == 1 && lines[0].hasPrefix("events are not kept across restarts: can't "))
  }

  @Test func `a file with a second name is not written to`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let other = folder + "/other"
    try Data("precious\n".utf8).write(to: URL(filePath: other))
    try FileManager.default.linkItem(atPath: other, toPath: path)
    let file = file
    file.append(events(1...1))
    file.flush()
    #expect(try String(contentsOfFile: other, encoding: .utf8) == "precious\n" && file.read().isEmpty)
    #expect(lines.count == 1)
  }

  @Test func `a burst beyond the queue is dropped and counted`() {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = file
    file.append(events(1...UInt64(EventFile.longestQueue) + 10))
    file.flush()
    #expect(lines == ["10 events came faster than they could be written and are not in \(path)"])
    #expect(file.read().last?.number == UInt64(EventFile.longestQueue))
  }
}
