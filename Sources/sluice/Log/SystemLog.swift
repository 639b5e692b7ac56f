import API
import Glibc
import Logging
import Synchronization

/// The daemon's lines to syslog: datagrams to the socket of the local daemon, in the form in which glibc's syslog(3) sends them, and so in that
/// of RFC 3164 without a host name.
///
/// Not by syslog(3) itself: it waits when the socket's queue is full, and so would everything that logs, the reconciler among it. A line that
/// finds no room, or nobody who listens, is dropped; the next one that gets through says how many.
final class SystemLog: Sendable {
  static let usualPath = "/dev/log"
  /// LOG_DAEMON.
  private static let facility = 3

  private let path: String
  private let state = Mutex((socket: Int32(-1), dropped: 0))

  init(path: String = usualPath) { self.path = path }

  deinit { state.withLock { if $0.socket >= 0 { close($0.socket) } } }

  func send(_ level: Logger.Level, _ text: String, at time: time_t = Glibc.time(nil)) {
    state.withLock { state in
      if state.dropped > 0, put(.warning, "\(state.dropped) lines before this one found no room in \(path)", time, &state.socket)
      {
        state.dropped = 0
      }
      if !put(level, text, time, &state.socket) { state.dropped += 1 }
    }
  }

  private func put(_ level: Logger.Level, _ text: String, _ time: time_t, _ socket: inout Int32) -> Bool {
    let head = "<\(Self.facility << 3 | level.severity)>\(Self.stamp(time)) "
    // Without the end of the line: a datagram is a line. `sluice:` becomes `sluice[123]:`.
    let body = LogLine.of(level, text).dropFirst(LogLine.name.utf8.count).dropLast()
    let line = Array("\(head)\(LogLine.name)[\(getpid())]".utf8) + body
    // Twice: after a restart of the syslog daemon the old socket leads nowhere.
    for _ in 0..<2 {
      if socket < 0 { socket = Self.connected(to: path) }
      guard socket >= 0 else { return false }
      if line.withUnsafeBytes({ Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL)) }) >= 0 {
        return true
      }
      if errno == EAGAIN || errno == ENOBUFS { return false }
      close(socket)
      socket = -1
    }
    return false
  }

  private static func connected(to path: String) -> Int32 {
    let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { return -1 }
    guard UnixAddress(path: path).withSockaddr({ connect(socket, $0, $1) }) == 0 else {
      close(socket)
      return -1
    }
    return socket
  }

  /// RFC 3164 4.1.2: `Nov  6 09:05:07`, in local time and English whatever the locale.
  private static func stamp(_ time: time_t) -> String {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    var (time, local) = (time, tm())
    localtime_r(&time, &local)
    func two(_ number: Int32, _ fill: String) -> String { (number < 10 ? fill : "") + "\(number)" }
    let clock = [local.tm_hour, local.tm_min, local.tm_sec].map { two($0, "0") }.joined(separator: ":")
    return "\(months[Int(local.tm_mon) % 12]) \(two(local.tm_mday, " ")) \(clock)"
  }
}

/// Logs to syslog.
struct SystemLogHandler: LogHandler {
  let log: SystemLog
  var logLevel = Logger.Level.info
  var metadata = Logger.Metadata()
  var metadataProvider: Logger.MetadataProvider?

  init(_ log: SystemLog) { self.log = log }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { log.send(event.level, event.text(metadata)) }
}
