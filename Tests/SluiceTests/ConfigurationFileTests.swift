import Configuration
import Foundation
import Glibc
import Testing

@testable import sluice

/// Which files are read as a configuration, and how much of them.
@Suite struct ConfigurationFileTests {
  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "/sluice-file-\(UInt32.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private func refusal(_ file: String, timeout: Duration = .seconds(10)) -> String? {
    let error = #expect(throws: (any Error).self) { try Configuration.bytes(of: file, timeout: timeout) }
    return error.map { "\($0)" }
  }

  @Test("A device is refused, whatever it would return", arguments: ["zero", "null", "urandom"])
  func device(name: String) throws {
    let text = try #require(refusal("/dev/" + name))
    #expect(text == "/dev/\(name): this is a device, not a file; give the path of a YAML file")
  }

  @Test func `a folder is refused`() {
    #expect(refusal("/tmp") == "/tmp: this is a folder, not a file; give the path of a YAML file")
  }

  @Test func `a file that is not there is named with the kernel's reason`() {
    #expect(refusal("/nowhere/f") == "can't read /nowhere/f: No such file or directory; check the path and its permissions")
  }

  @Test func `a file of 64 MiB is read, and one byte more is refused without reading it`() throws {
    try inFolder { folder in
      let file = folder + "/f"
      #expect(FileManager.default.createFile(atPath: file, contents: Data("a".utf8)))
      #expect(truncate(file, off_t(64 << 20)) == 0)
      let bytes = try Configuration.bytes(of: file)
      #expect(bytes.count == 64 << 20)
      // A file with a hole, which takes no room on the disk.
      #expect(truncate(file, off_t(1) << 40) == 0)
      #expect(refusal(file) == "\(file): the file is over 64 MiB, enough for 500,000 servers; check that it is the right one")
    }
  }

  @Test func `a pipe is read to its end, however slowly it is written`() throws {
    try inFolder { folder in
      let file = folder + "/f"
      #expect(mkfifo(file, 0o600) == 0)
      Thread.detachNewThread {
        // Waits for the reader.
        let descriptor = open(file, O_WRONLY)
        for _ in 0..<5 {
          usleep(100_000)
          _ = write(descriptor, "[]  ", 4)
        }
        close(descriptor)
      }
      let bytes = try Configuration.bytes(of: file, timeout: .seconds(5))
      #expect(bytes.count == 20)
    }
  }

  @Test func `a pipe that has no end is refused at the limit`() throws {
    try inFolder { folder in
      let file = folder + "/f"
      #expect(mkfifo(file, 0o600) == 0)
      Thread.detachNewThread {
        signal(SIGPIPE, SIG_IGN)
        let descriptor = open(file, O_WRONLY)
        let zeros = [UInt8](repeating: 0, count: 1 << 16)
        while write(descriptor, zeros, zeros.count) > 0 {}
        close(descriptor)
      }
      #expect(refusal(file)?.hasPrefix("\(file): the file is over 64 MiB") == true)
    }
  }

  @Test func `a pipe that nobody writes to is given up on`() throws {
    try inFolder { folder in
      let file = folder + "/f"
      #expect(mkfifo(file, 0o600) == 0)
      #expect(
        refusal(file, timeout: .milliseconds(300))
          == "\(file): nothing was written to this pipe in time; write to it, or give a file"
      )
      // A writer that stops.
      let writer = open(file, O_RDWR)
      defer { close(writer) }
      #expect(write(writer, "[", 1) == 1)
      #expect(
        refusal(file, timeout: .milliseconds(300))
          == "\(file): nothing was written to this pipe in time; write to it, or give a file"
      )
    }
  }
}
