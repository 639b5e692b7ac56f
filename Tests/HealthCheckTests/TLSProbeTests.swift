import Foundation
import Glibc
import Model
import Testing

@testable import HealthCheck

/// Against `openssl s_server`, which answers each request with a page about the connection.
struct TLSProbeTests {
  private static let openssl = "/usr/bin/openssl"
  private static let hasOpenSSL = FileManager.default.isExecutableFile(atPath: openssl)

  /// A server with a certificate of its own for www.example.com.
  private final class Server {
    let port: UInt16
    let certificate: String
    private let folder: URL
    private let process = Process()

    init() throws {
      folder = FileManager.default.temporaryDirectory.appending(path: "sluice-tls-\(UUID())")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      port = try closedPort()
      certificate = folder.appending(path: "cert.pem").path
      let key = folder.appending(path: "key.pem").path
      let request = Process()
      request.executableURL = URL(filePath: TLSProbeTests.openssl)
      request.arguments =
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj"]
        + ["/CN=www.example.com", "-addext", "subjectAltName=DNS:www.example.com"]
      request.standardError = FileHandle.nullDevice
      try request.run()
      request.waitUntilExit()
      process.executableURL = URL(filePath: TLSProbeTests.openssl)
      process.arguments = ["s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", key, "-www", "-quiet"]
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      process.standardInput = FileHandle.nullDevice
      try process.run()
    }

    deinit {
      // Not SIGTERM, which children of a test's thread may have blocked; and not waited for, which would hold a thread of the pool.
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      try? FileManager.default.removeItem(at: folder)
    }
  }

  @Test(.enabled(if: hasOpenSSL, "there is no openssl")) func certificates() async throws {
    let server = try Server()
    func result(_ more: [String: CheckValue]) async throws -> CheckResult {
      let settings: [String: CheckValue] = ["kind": .text("https"), "timeout": .text("10s")]
      return try await found(settings.merging(more) { $1 }, port: server.port)
    }
    // Until it listens.
    for _ in 0..<100 where try await !found(["kind": .text("tcp")], port: server.port).isGood {
      try await Task.sleep(for: .milliseconds(50))
    }
    #expect(try await result([:]) == .good(), "not verified")
    #expect(try await result(["contains": .text("Ciphers supported")]) == .good())
    let own: [String: CheckValue] = ["verify": .truth(true), "ca": .text(server.certificate)]
    #expect(try await result(own.merging(["sni": .text("www.example.com")]) { $1 }) == .good())
    #expect(try await !result(own.merging(["sni": .text("www.example.org")]) { $1 }).isGood, "another name")
    #expect(try await !result(["verify": .truth(true), "sni": .text("www.example.com")]).isGood, "nobody has signed it")
    #expect(try await !result(["verify": .truth(true), "ca": .text("/nonexistent")]).isGood)
    withExtendedLifetime(server) {}
  }

  @Test func aServerWithoutTLS() async throws {
    let server = try LoopbackServer.answering("HTTP/1.1 200 OK\r\n\r\n")
    let result = try await found(["kind": .text("https")], at: server)
    #expect(!result.isGood)
    #expect(result.reason == "TLS failed: wrong version number (SERVER/)")
  }
}
