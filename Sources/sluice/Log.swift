import Glibc

/// The daemon's lines for its operator: to standard error, where systemd's journal adds the time.
enum Log {
  static func line(_ text: String) {
    let line = "sluice: \(text)\n"
    _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
  }
}
