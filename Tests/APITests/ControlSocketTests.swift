import Foundation
import Glibc
import PlainDirector
import Testing

@testable import API
@testable import Configuration
@testable import Model
@testable import Reconciler

@Suite struct ControlSocketTests {
  @Test func `only its owner may connect`() async throws {
    try await LiveAPI.run { api in
      var status = stat()
      #expect(stat(api.path, &status) == 0)
      #expect(status.st_mode & S_IFMT == S_IFSOCK)
      #expect(status.st_mode & 0o777 == 0o600)
    }
  }

  @Test func `it has its mode from the moment it is there, and files made meanwhile have theirs`() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder + "/sluice.sock"
      // The first mode that another user could see.
      let seen = Task {
        try await blocking { () -> mode_t in
          var status = stat()
          let deadline = ContinuousClock.now + .seconds(60)
          while stat(path, &status) != 0, ContinuousClock.now < deadline {}
          return status.st_mode & 0o777
        }
      }
      let plain = try PlainDirector()
      _ = try await plain.director.apply(ServiceTable())
      let mask = umask(0)
      defer { umask(mask) }
      try await LiveAPI.serve(plain, at: path) { _ in
        let mode = await seen.result
        #expect((try? mode.get()) == 0o600)
        #expect(umask(0) == 0, "the mask is the whole process's")
      }
    }
  }

  @Test func `what a dead daemon left is replaced`() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder + "/sluice.sock"
      let dead = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      #expect(UnixAddress(path: path).withSockaddr { bind(dead, $0, $1) } == 0)
      close(dead)
      #expect(FileManager.default.createFile(atPath: path + ".lock", contents: nil))
      let plain = try PlainDirector()
      _ = try await plain.director.apply(ServiceTable())
      try await LiveAPI.serve(plain, at: path) { api in
        let status = try await api.client.status()
        #expect(status.generation == 1)
      }
    }
  }

  @Test func `a live daemon is left alone`() async throws {
    try await LiveAPI.run { api in
      #expect(throws: ControlSocketError.alreadyRunning(api.path)) { try ControlSocket(claiming: api.path) }
      let status = try await api.client.status()
      #expect(status.generation == 1)
    }
  }

  @Test func `a program that isn't Sluice is left alone`() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder + "/other.sock"
      let other = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(other) }
      #expect(UnixAddress(path: path).withSockaddr { bind(other, $0, $1) } == 0)
      #expect(listen(other, 1) == 0)
      #expect(throws: ControlSocketError.inUse(path)) { try ControlSocket(claiming: path) }
      #expect(access(path, F_OK) == 0)
      #expect(access(path + ".lock", F_OK) != 0)
    }
  }

  @Test func `a file that is no socket is left alone`() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder + "/precious"
      #expect(FileManager.default.createFile(atPath: path, contents: Data("keep me".utf8)))
      #expect(throws: ControlSocketError.notASocket(path)) { try ControlSocket(claiming: path) }
      #expect(FileManager.default.contents(atPath: path) == Data("keep me".utf8))
    }
  }

  @Test func `an orderly end leaves nothing behind`() async throws {
    try await TemporaryFolder.with { folder in
      let plain = try PlainDirector()
      _ = try await plain.director.apply(ServiceTable())
      try await LiveAPI.serve(plain, at: folder + "/sluice.sock") { _ in }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    }
  }

  @Test func `a folder that is missing is made, one whose folder is missing is not`() async throws {
    try await TemporaryFolder.with { folder in
      _ = try ControlSocket(claiming: folder + "/new/sluice.sock")
      let lost = folder + "/no/such/sluice.sock"
      #expect(throws: ControlSocketError.failed("make", lost + ".lock", .noSuchFileOrDirectory)) {
        try ControlSocket(claiming: lost)
      }
    }
  }

  @Test func `a path that doesn't fit is refused, not cut off`() {
    let path = "/tmp/" + String(repeating: "x", count: 100)
    #expect(throws: ControlSocketError.pathTooLong(path)) { try ControlSocket(claiming: path) }
  }

  @Test func `a client without a daemon says how to start one`() async throws {
    let path = "/tmp/sluice-nobody-here.sock"
    await #expect(throws: ControlClientError.notRunning(path)) { try await ControlClient(path: path).status() }
    #expect(ControlClientError.notRunning(path).description.contains("sluice run --config"))
  }

  @Test func `a client waits for a silent daemon only so long`() async throws {
    try await TemporaryFolder.with { folder in
      let path = folder + "/silent.sock"
      let silent = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(silent) }
      #expect(UnixAddress(path: path).withSockaddr { bind(silent, $0, $1) } == 0)
      #expect(listen(silent, 1) == 0)
      let timeout = Duration.milliseconds(200)
      await #expect(throws: ControlClientError.silent(path, timeout)) {
        try await ControlClient(path: path, timeout: timeout).status()
      }
    }
  }
}
