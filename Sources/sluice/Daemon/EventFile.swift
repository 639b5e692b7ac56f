import Dispatch
import Foundation
import Glibc
import Logging
import Reconciler
import Synchronization

/// Keeps events across restarts: a JSON object a line, appended to a file beside the control socket.
///
/// The file is for reading back, not a journal: it is never synced, so a crash of the host may lose the last lines, and in /run it ends with the
/// host's uptime. A write never holds up the control plane: events wait in a bounded queue for a thread of their own, and what finds the queue
/// full is dropped and counted. A line that cannot be read is skipped.
final class EventFile: Sendable {
  /// Bytes of the file; when it has more, it is written anew with the newest `kept` bytes.
  static let longest = 4 << 20
  static let kept = 2 << 20
  /// Events that wait to be written: some bursts of 10,000.
  static let longestQueue = 32_768

  private struct State {
    var waiting: [Event] = []
    var dropped = 0
    var isWriting = false
    /// Whether the last write failed; reported once.
    var isFailing = false
  }

  let path: String
  private let logger: Logger
  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "sluice.events")

  init(_ path: String, logger: Logger) {
    self.path = path
    self.logger = logger
  }

  /// What earlier daemons have kept, oldest first: the newest `kept` bytes, for which a start takes tens of milliseconds.
  func read() -> [Event] {
    guard let bytes = bytes(last: Self.kept) else { return [] }
    let decoder = JSONDecoder()
    // At once, as a list, is several times as fast as line by line, which only a damaged file needs.
    var all = [UInt8(ascii: "[")] + bytes
    let end = UInt8(ascii: "\n")
    for index in all.indices where all[index] == end { all[index] = UInt8(ascii: ",") }
    if all.last == UInt8(ascii: ",") { all[all.count - 1] = UInt8(ascii: "]") }
    if let events = try? decoder.decode([Event].self, from: Data(all)) { return events }
    let lines = bytes.split(separator: end)
    let events = lines.compactMap { try? decoder.decode(Event.self, from: Data($0)) }
    let bad = lines.count - events.count
    if bad > 0 { logger.warning("\(path): \(bad) of \(lines.count) events of earlier daemons cannot be read and are skipped") }
    return events
  }

  /// Queues events to be written. Never blocks.
  func append(_ events: [Event]) {
    let starts = state.withLock { state in
      let taken = events.prefix(Self.longestQueue - state.waiting.count)
      state.waiting += taken
      state.dropped += events.count - taken.count
      defer { state.isWriting = true }
      return !state.isWriting
    }
    if starts { queue.async { self.writeAll() } }
  }

  /// Returns when everything queued is written.
  func flush() { queue.sync {} }

  private func writeAll() {
    while true {
      let (events, dropped): ([Event], Int) = state.withLock { state in
        defer { (state.waiting, state.dropped) = ([], 0) }
        state.isWriting = !state.waiting.isEmpty
        return (state.waiting, state.dropped)
      }
      if events.isEmpty { return }
      report(write(events))
      if dropped > 0 { logger.warning("\(dropped) events came faster than they could be written and are not in \(path)") }
    }
  }

  private func report(_ failure: Failure?) {
    let (isFirst, isLast) = state.withLock { state in
      defer { state.isFailing = failure != nil }
      return (failure != nil && !state.isFailing, failure == nil && state.isFailing)
    }
    if let failure, isFirst { logger.warning("events are not kept across restarts: \(failure)") }
    if isLast { logger.info("events are kept in \(path) again") }
  }

  private func write(_ events: [Event]) -> Failure? {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var lines = Data()
    for event in events {
      guard let line = try? encoder.encode(event) else { continue }
      lines += line + [UInt8(ascii: "\n")]
    }
    // Not through a link that somebody put there.
    let file = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
    guard file >= 0 else { return Failure("open", path) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, Self.isOwn(status) else { return Failure("write", path, EPERM) }
    // What a full disk has cut off stays a line of its own.
    var last = UInt8(ascii: "\n")
    if status.st_size > 0, pread(file, &last, 1, status.st_size - 1) == 1, last != UInt8(ascii: "\n") {
      lines.insert(UInt8(ascii: "\n"), at: 0)
    }
    guard Self.write(lines, to: file) else { return Failure("write", path) }
    return Int(status.st_size) + lines.count > Self.longest ? shorten() : nil
  }

  /// Replaces the file by one with its newest lines.
  private func shorten() -> Failure? {
    guard let bytes = bytes(last: Self.kept) else { return nil }
    let new = path + ".new"
    unlink(new)
    let file = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { return Failure("make", new) }
    let isWritten = Self.write(Data(bytes), to: file)
    close(file)
    guard isWritten else { return Failure("write", new) }
    return rename(new, path) == 0 ? nil : Failure("rename", new)
  }

  /// A file of ours, with no other name: in a folder where others may write, one could be a link to another file of ours, or be forged.
  private static func isOwn(_ status: stat) -> Bool {
    status.st_mode & S_IFMT == S_IFREG && status.st_uid == geteuid() && status.st_nlink == 1
  }

  /// The end of the file, whole lines of it; nil if there is none.
  private func bytes(last count: Int) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, Self.isOwn(status) else { return nil }
    let size = Int(status.st_size)
    var bytes = [UInt8](repeating: 0, count: min(size, count))
    let read = bytes.withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, size - $0.count) }
    guard read >= 0 else { return nil }
    bytes.removeLast(bytes.count - read)
    if size > count, let cut = bytes.firstIndex(of: UInt8(ascii: "\n")) { bytes.removeFirst(cut + 1) }
    return bytes
  }

  private static func write(_ bytes: Data, to file: Int32) -> Bool {
    bytes.withUnsafeBytes { bytes in
      var written = 0
      while written < bytes.count {
        let count = Glibc.write(file, bytes.baseAddress! + written, bytes.count - written)
        guard count > 0 else { return false }
        written += count
      }
      return true
    }
  }

  private struct Failure: CustomStringConvertible {
    let description: String

    init(_ doing: String, _ path: String, _ code: Int32 = errno) {
      description = "can't \(doing) \(path): \(String(cString: strerror(code)))"
    }
  }
}
