import Configuration
import Foundation
import Glibc
import SystemPackage

extension Configuration {
  /// Reads a configuration file.
  init(file: String, needsInterfaces: Bool = true, staticTopology: StaticTopology.Need = .optional) throws {
    try self.init(utf8: Self.bytes(of: file), file: file, needsInterfaces: needsInterfaces, staticTopology: staticTopology)
  }

  /// Replaces a configuration file atomically: a daemon that starts meanwhile reads the old file or the new one.
  func write(to file: String) throws {
    do {
      try Data(yaml.utf8).write(to: URL(filePath: file), options: .atomic)
    } catch {
      let code = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError).code
      throw FileError(file: file, action: "write", error: Errno(rawValue: Int32(clamping: code)))
    }
  }

  /// The bytes of a configuration file: a regular file, or a pipe as of `<(...)` in a shell.
  ///
  /// Devices are refused, since `/dev/zero` never ends; so are pipes that are idle for `timeout`, since a start or a reload would wait forever.
  // Not by Foundation: its errors don't have the kernel's reason.
  static func bytes(of file: String, timeout: Duration = .seconds(10)) throws -> [UInt8] {
    // Opening a pipe to which nobody writes would block.
    let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw FileError(file: file, action: "read", error: Errno(rawValue: errno)) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError(file: file, action: "read", error: Errno(rawValue: errno)) }
    let isPipe = status.st_mode & S_IFMT == S_IFIFO
    guard isPipe || status.st_mode & S_IFMT == S_IFREG else {
      throw RefusedFile(file, status.st_mode & S_IFMT == S_IFDIR ? .folder : .device)
    }
    guard status.st_size <= sizeLimit else { throw RefusedFile(file, .tooLarge) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if isPipe { try awaitWriter(of: descriptor, file, timeout) }
      let count = read(descriptor, &part, part.count)
      if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
      guard count >= 0 else { throw FileError(file: file, action: "read", error: Errno(rawValue: errno)) }
      if count == 0 { return bytes }
      // Files of /proc have no size, and a file may grow while it is read.
      guard bytes.count + count <= sizeLimit else { throw RefusedFile(file, .tooLarge) }
      bytes += part[..<count]
    }
  }

  /// Bytes of a configuration file. 100,000 servers take 4 to 12 MB.
  static let sizeLimit = 64 << 20

  /// Returns when the pipe has bytes or has lost its last writer.
  private static func awaitWriter(of pipe: Int32, _ file: String, _ timeout: Duration) throws {
    let end = ContinuousClock.now + timeout
    while true {
      let left = ContinuousClock.now.duration(to: end)
      var event = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
      let count = poll(&event, 1, max(0, Int32(clamping: Int64(left / .milliseconds(1)))))
      if count > 0 { return }
      if count < 0 && errno != EINTR { throw FileError(file: file, action: "read", error: Errno(rawValue: errno)) }
      if left <= .zero { throw RefusedFile(file, .idlePipe) }
    }
  }
}

/// A file that is not read as a configuration.
struct RefusedFile: Error, CustomStringConvertible {
  enum Reason {
    case folder
    case device
    case tooLarge
    case idlePipe
  }

  var file: String
  var reason: Reason

  init(_ file: String, _ reason: Reason) {
    self.file = file
    self.reason = reason
  }

  var description: String {
    switch reason {
    case .folder: "\(file): this is a folder, not a file; give the path of a YAML file"
    case .device: "\(file): this is a device, not a file; give the path of a YAML file"
    case .tooLarge:
      "\(file): the file is over \(Configuration.sizeLimit >> 20) MiB, enough for 500,000 servers; check that it is the right one"
    case .idlePipe: "\(file): nothing was written to this pipe in time; write to it, or give a file"
    }
  }
}

/// A file that can't be read or written.
struct FileError: Error, CustomStringConvertible {
  var file: String
  var action: String
  var error: Errno

  var description: String { "can't \(action) \(file): \(error); check the path and its permissions" }
}
