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

  // Not by Foundation: its errors don't have the kernel's reason.
  static func bytes(of file: String) throws -> [UInt8] {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(file: file, action: "read", error: Errno(rawValue: errno)) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &part, part.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileError(file: file, action: "read", error: Errno(rawValue: errno)) }
      if count == 0 { return bytes }
      bytes += part[..<count]
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
