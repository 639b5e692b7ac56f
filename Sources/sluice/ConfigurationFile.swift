import Control
import Foundation
import Glibc

extension Configuration {
  /// Reads a configuration file.
  init(file: String, needsInterfaces: Bool = true) throws {
    let bytes: Data
    do {
      bytes = try Data(contentsOf: URL(filePath: file))
    } catch {
      throw FileError(file: file, action: "read", reason: error)
    }
    try self.init(utf8: bytes, file: file, needsInterfaces: needsInterfaces)
  }

  /// Replaces a configuration file, whole or not at all: a daemon that starts in this moment reads the old one or the new one.
  func write(to file: String) throws {
    do {
      try Data(yaml.utf8).write(to: URL(filePath: file), options: .atomic)
    } catch {
      throw FileError(file: file, action: "write", reason: error)
    }
  }
}

/// A file that can't be read or written.
struct FileError: Error, CustomStringConvertible {
  var file: String
  var action: String
  var reason: any Error

  var description: String {
    let posix = ((reason as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? reason as NSError)
    let why = posix.domain == NSPOSIXErrorDomain ? String(cString: strerror(Int32(posix.code))) : reason.localizedDescription
    return "can't \(action) \(file): \(why); check the path and its permissions"
  }
}
