import Foundation
import Model
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL
import Synchronization
import Testing

@testable import HealthCheck

/// A server of gRPC's health protocol, as the test says.
private final class GRPCServer: Sendable {
  struct Answer: Sendable {
    /// The head, and whether it is also the trailers.
    var head: HPACKHeaders = [":status": "200", "content-type": "application/grpc"]
    var message: [UInt8] = [0, 0, 0, 0, 2, 8, 1]
    var trailers: HPACKHeaders? = ["grpc-status": "0"]
    /// Without end.
    var isEndless = false
  }

  let port: UInt16
  private let channel: any Channel
  private let requests: Requests

  init(_ answer: Answer, tls: NIOSSLContext? = nil) async throws {
    let requests = Requests()
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          _ = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
            mode: .server,
            connectionConfiguration: NIOHTTP2Handler.ConnectionConfiguration(),
            streamConfiguration: NIOHTTP2Handler.StreamConfiguration()
          ) { stream in
            stream.eventLoop.makeCompletedFuture { try stream.pipeline.syncOperations.addHandler(Handler(answer, requests)) }
          }
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    port = UInt16(channel.localAddress?.port ?? 0)
    self.requests = requests
  }

  var first: (headers: HPACKHeaders, body: [UInt8])? { requests.list.withLock { $0.first } }

  deinit { channel.close(promise: nil) }

  final class Requests: Sendable {
    let list = Mutex([(headers: HPACKHeaders, body: [UInt8])]())
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload
    private let answer: Answer
    private let requests: Requests
    private var headers = HPACKHeaders()

    init(_ answer: Answer, _ requests: Requests) { (self.answer, self.requests) = (answer, requests) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .headers(let frame): headers = frame.headers
      case .data(let frame):
        guard frame.endStream, case .byteBuffer(let bytes) = frame.data else { return }
        let request = (headers, Array(bytes.readableBytesView))
        requests.list.withLock { $0.append(request) }
        reply(context)
      default: break
      }
    }

    private func reply(_ context: ChannelHandlerContext) {
      let isAll = answer.trailers == nil && answer.message.isEmpty
      context.writeAndFlush(
        wrapOutboundOut(.headers(HTTP2Frame.FramePayload.Headers(headers: answer.head, endStream: isAll))),
        promise: nil
      )
      if isAll { return }
      let count = answer.isEndless ? 100_000 : 1
      for _ in 0..<count {
        let data = HTTP2Frame.FramePayload.Data(
          data: .byteBuffer(ByteBuffer(bytes: answer.message)),
          endStream: answer.trailers == nil
        )
        context.write(wrapOutboundOut(.data(data)), promise: nil)
      }
      context.flush()
      guard let trailers = answer.trailers, !answer.isEndless else { return }
      context.writeAndFlush(
        wrapOutboundOut(.headers(HTTP2Frame.FramePayload.Headers(headers: trailers, endStream: true))),
        promise: nil
      )
    }
  }
}

struct GRPCProbeTests {
  private func result(_ answer: GRPCServer.Answer, _ more: [String: CheckValue] = [:]) async throws -> CheckResult {
    let server = try await GRPCServer(answer)
    defer { withExtendedLifetime(server) {} }
    let settings: [String: CheckValue] = ["kind": .text("grpc"), "timeout": .text("10s")]
    return try await found(settings.merging(more) { $1 }, port: server.port)
  }

  @Test func theRequestIsGRPCs() async throws {
    let server = try await GRPCServer(GRPCServer.Answer())
    let settings: [String: CheckValue] = [
      "kind": .text("grpc"), "timeout": .text("10s"), "grpc-service": .text("my.Web"), "host": .text("web.example.com"),
    ]
    #expect(try await found(settings, port: server.port) == .good())
    let request = try #require(server.first)
    #expect(request.headers.first(name: ":path") == "/grpc.health.v1.Health/Check")
    #expect(request.headers.first(name: ":authority") == "web.example.com" && request.headers.first(name: "te") == "trailers")
    #expect(request.headers.first(name: ":scheme") == "http")
    #expect(request.body == [0, 0, 0, 0, 8, 0x0a, 6] + Array("my.Web".utf8))
  }

  @Test(arguments: [
    ([UInt8](), "UNKNOWN from SERVER"), ([8, 2], "NOT_SERVING from SERVER"), ([8, 3], "SERVICE_UNKNOWN from SERVER"),
    ([8, 77], "status 77 from SERVER"), ([8], "a reply that is no health message from SERVER"),
    ([8, 1, 0x0b], "a reply that is no health message from SERVER"),
  ])
  func statuses(_ message: [UInt8], _ reason: String) async throws {
    var answer = GRPCServer.Answer()
    answer.message = [0, 0, 0, 0, UInt8(message.count)] + message
    #expect(try await result(answer).reason == reason)
  }

  @Test func fieldsOfLaterVersionsAreSkipped() async throws {
    var answer = GRPCServer.Answer()
    // Lengths, varints, 8 and 4 bytes.
    let message: [UInt8] = [0x12, 3, 1, 2, 3, 0x18, 0xff, 1, 8, 1, 0x21, 1, 2, 3, 4, 5, 6, 7, 8, 0x2d, 1, 2, 3, 4]
    answer.message = [0, 0, 0, 0, UInt8(message.count)] + message
    #expect(try await result(answer) == .good())
  }

  @Test(
    arguments: [
      ([":status": "200", "content-type": "application/grpc", "grpc-status": "5"], "the service is unknown to SERVER"),
      ([":status": "200", "content-type": "application/grpc", "grpc-status": "12"], "no health service at SERVER"),
      ([":status": "200", "content-type": "application/grpc", "grpc-status": "x\u{1b}y"], "gRPC status x?y from SERVER"),
      ([":status": "200", "content-type": "text/html"], "no gRPC reply from SERVER"),
      ([":status": "503"], "HTTP 503 from SERVER"),
    ] as [(HPACKHeaders, String)]
  )
  func refusals(_ head: HPACKHeaders, _ reason: String) async throws {
    #expect(try await result(GRPCServer.Answer(head: head, message: [], trailers: nil)).reason == reason)
  }

  @Test func aReplyWithoutEndIsCut() async throws {
    var answer = GRPCServer.Answer()
    answer.message = [UInt8](repeating: 0, count: 1000)
    answer.isEndless = true
    #expect(try await result(answer).reason == "a reply without end from SERVER")
  }

  @Test func otherServers() async throws {
    let web = try LoopbackServer.answering("HTTP/1.1 400 Bad Request\r\n\r\n")
    let settings: [String: CheckValue] = ["kind": .text("grpc"), "timeout": .text("2s")]
    #expect(try await !found(settings, at: web).isGood)
    #expect(try await found(settings, port: closedPort()).reason == "connection refused (SERVER)")
  }

  private static let openssl = "/usr/bin/openssl"

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: openssl), "there is no openssl")) func overTLS() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-grpc-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (certificate, key) = (folder.appending(path: "cert.pem").path, folder.appending(path: "key.pem").path)
    let request = Process()
    request.executableURL = URL(filePath: Self.openssl)
    request.arguments =
      ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj"]
      + ["/CN=www.example.com", "-addext", "subjectAltName=DNS:www.example.com"]
    request.standardError = FileHandle.nullDevice
    try request.run()
    request.waitUntilExit()
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
      privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
    )
    configuration.applicationProtocols = ["h2"]
    let server = try await GRPCServer(GRPCServer.Answer(), tls: NIOSSLContext(configuration: configuration))
    func result(_ more: [String: CheckValue]) async throws -> CheckResult {
      let settings: [String: CheckValue] = ["kind": .text("grpc"), "timeout": .text("10s"), "tls": .truth(true)]
      return try await found(settings.merging(more) { $1 }, port: server.port)
    }
    #expect(try await result([:]) == .good())
    let own: [String: CheckValue] = ["verify": .truth(true), "ca": .text(certificate)]
    #expect(try await result(own.merging(["sni": .text("www.example.com")]) { $1 }) == .good())
    #expect(try await !result(own.merging(["sni": .text("www.example.org")]) { $1 }).isGood)
    #expect(server.first?.headers.first(name: ":scheme") == "https")
    withExtendedLifetime(server) {}
  }
}
