import Glibc
import SystemPackage

/// A file that is read once, from its beginning; a pipe works too.
final class InputFile {
  fileprivate let descriptor: Int32
  private let path: String

  init(_ path: String) throws {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(file: path, action: "read", error: Errno(rawValue: errno)) }
  }

  deinit { close(descriptor) }

  /// At most `count` bytes; none at the end of the file.
  func read(_ count: Int) throws -> [UInt8] {
    while true {
      var bytes = [UInt8](repeating: 0, count: count)
      let got = Glibc.read(descriptor, &bytes, count)
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw FileError(file: path, action: "read", error: Errno(rawValue: errno)) }
      return Array(bytes.prefix(got))
    }
  }
}

/// A file that is truncated and written.
final class OutputFile {
  private let descriptor: Int32
  private let path: String

  /// Throws when `path` is the input file.
  init(_ path: String, besides input: InputFile) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError(file: path, action: "write", error: Errno(rawValue: errno)) }
    var (own, other) = (stat(), stat())
    let isSame =
      fstat(descriptor, &own) == 0 && fstat(input.descriptor, &other) == 0 && own.st_ino == other.st_ino
      && own.st_dev == other.st_dev
    if isSame && own.st_mode & S_IFMT == S_IFREG { throw OutputIsInput(path: path) }
    // A pipe or device can't be truncated, and need not be.
    if own.st_mode & S_IFMT == S_IFREG, ftruncate(descriptor, 0) != 0 {
      throw FileError(file: path, action: "write", error: Errno(rawValue: errno))
    }
  }

  deinit { close(descriptor) }

  func write(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileError(file: path, action: "write", error: Errno(rawValue: errno)) }
      rest = rest.dropFirst(count)
    }
  }
}

struct OutputIsInput: Error, CustomStringConvertible {
  var path: String

  var description: String { "\(path) is both input and output: give the output another name" }
}

/// Buffered lines to standard output: `print` would make a system call for each packet.
final class LineOutput {
  private var text = ""

  func add(_ line: String) throws {
    text += line + "\n"
    if text.utf8.count >= 1 << 16 { try finish() }
  }

  func finish() throws {
    var rest = Array(text.utf8)[...]
    text = ""
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileError(file: "standard output", action: "write", error: Errno(rawValue: errno)) }
      rest = rest.dropFirst(count)
    }
  }
}
