import Glibc
import Model

/// A file's content, read on a thread of its own: it may be on a file system that doesn't answer.
struct WatchedFile: Sendable {
  let path: String
  let pattern: ReplyPattern?
  let limit: Int

  func read() -> CheckResult {
    // Without O_NONBLOCK a pipe without a writer would hold the thread for ever.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return .bad("\(path) can't be read: \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = Glibc.read(descriptor, &bytes, limit)
    guard count >= 0 else { return .bad("\(path) can't be read: \(String(cString: strerror(errno)))") }
    bytes.removeLast(limit - count)
    if let pattern { return pattern.isMatch(bytes) ? .good() : .bad("the text is not in \(path)") }
    let word =
      String(decoding: bytes.prefix(16), as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
    if word == "up" { return .good() }
    if let weight = Int(word), RealServer.weights.contains(weight) { return .good(weight: weight) }
    return .bad(word.isEmpty ? "\(path) is empty" : "\(path) does not say up")
  }
}
