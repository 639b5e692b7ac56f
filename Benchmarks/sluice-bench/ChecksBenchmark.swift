import ArgumentParser
import Foundation
import Glibc
import HealthCheck
import Model
import Synchronization

/// What health checks cost: CPU time of their thread, for servers on 127.0.0.0/8 that accept connections.
struct ChecksBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checks",
    abstract: "CPU time of the checks' thread for many servers on loopback, each checked every two seconds."
  )

  @Option(help: "How many servers, at most 60,000.") var servers = 10_000
  @Option(help: "Seconds to measure, after as many to settle.") var seconds = 10
  @Option(help: "tcp, or http for servers that answer.") var kind = "tcp"

  func run() throws {
    let port = try Self.listen(answering: kind == "http")
    let verdicts = Atomic(0)
    let reports = CheckRunner.Reports(
      verdicts: { verdicts.add($0.count(where: { $0.verdict.state == .up }), ordering: .relaxed) },
      late: { _, count in print("\(count) checks are late") }
    )
    var limits = CheckLimits()
    limits.running = 512
    let runner = CheckRunner(limits, reports)
    guard let service = ServiceKey("tcp 127.0.0.1:\(port)") else { throw ValidationError("no service") }
    let settings = HealthCheck(["kind": .text(kind), "jitter": .text("1s")])
    guard let check = try? settings.check(of: service) else { throw ValidationError("no kind '\(kind)'") }
    runner.set(
      (0..<min(servers, 60_000)).compactMap { number in
        IPAddress("127.1.\(number / 250).\(number % 250 + 1)").map { (ServerName($0, of: service), check) }
      }
    )
    sleep(UInt32(seconds))
    let (before, counts) = (try Self.threadTime(), runner.counts)
    sleep(UInt32(seconds))
    let (after, end) = (try Self.threadTime(), runner.counts)
    let checks = Double(end.begun - counts.begun)
    print("\(verdicts.load(ordering: .relaxed)) of \(servers) servers up; \(end.bad) bad results, \(end.late) late")
    print(
      "\(Int(checks) / seconds) checks a second, \((after - before) * 100 / Double(seconds)) % of a core, \((after - before) * 1e6 / checks) us each"
    )
    runner.stop()
  }

  /// Seconds of CPU time that threads of SwiftNIO's event loops have used.
  private static func threadTime() throws -> Double {
    let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
    return tasks.reduce(0) { sum, task in
      let name = (try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)) ?? ""
      guard name.hasPrefix("NIO-ELT"),
        let stat = try? String(contentsOfFile: "/proc/self/task/\(task)/schedstat", encoding: .utf8),
        let time = stat.split(separator: " ").first.flatMap({ Double($0) })
      else { return sum }
      return sum + time / 1e9
    }
  }

  /// Accepts, answers and closes connections on every loopback address, on threads of its own.
  private static func listen(answering: Bool) throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var (address, length) = (sockaddr_in(), socklen_t(MemoryLayout<sockaddr_in>.size))
    address.sin_family = sa_family_t(AF_INET)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && Glibc.listen(descriptor, 4096) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isListening else { throw ValidationError("no port to listen on") }
    Thread.detachNewThread {
      let reply = Array("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".utf8)
      var request = [UInt8](repeating: 0, count: 4096)
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { continue }
        if answering {
          _ = recv(connection, &request, request.count, 0)
          _ = send(connection, reply, reply.count, Int32(MSG_NOSIGNAL))
        }
        close(connection)
      }
    }
    return UInt16(bigEndian: address.sin_port)
  }
}
