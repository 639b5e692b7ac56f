import Foundation

/// What a process holds at one moment.
struct ProcessUsage {
  let residentKibibytes: Int
  let descriptors: Int
  let threads: Int

  init(of pid: pid_t) throws {
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    residentKibibytes = try Self.number("VmRSS", in: status)
    threads = try Self.number("Threads", in: status)
    descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
  }

  /// The number after `name:`.
  private static func number(_ name: String, in status: String) throws -> Int {
    let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
    guard let number = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) else {
      throw LabFailure("no \(name) in /proc/PID/status: \(status)")
    }
    return number
  }
}

extension Collection {
  /// The middle value; of an even number of values, the greater one in the middle. Nil if there is none.
  func median<Value: Comparable>(of value: (Element) -> Value) -> Value? {
    let sorted = map(value).sorted()
    return sorted.isEmpty ? nil : sorted[sorted.count / 2]
  }
}
