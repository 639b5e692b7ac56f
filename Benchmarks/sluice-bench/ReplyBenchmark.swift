import API
import ArgumentParser
import Foundation
import Reconciler

/// How long the control API takes to produce its largest reply, compared with Foundation's encoder.
struct ReplyBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replies",
    abstract: "Milliseconds to make the status of a large table, as JSON and as text."
  )

  @Option(help: "Services of the table.") var services = 1000
  @Option(help: "Real servers of each.") var servers = 100
  @Option(help: "Rounds; medians are printed.") var rounds = 9
  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    let status = try Self.status(services: services, servers: servers)
    let fields = try JSON.encode(status).text.split(separator: "\":").count - 1
    var report = Report(machine: Machine(), services: services, servers: servers, fields: fields)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    for _ in 0..<rounds {
      report.own.add(try Self.time { report.bytes = try JSON.encode(status).count })
      report.foundation.add(try Self.time { _ = try encoder.encode(status) })
      report.text.add(
        Self.time {
          var text = ChunkedBytes()
          status.write(to: &text)
          report.textBytes = text.count
        }
      )
    }
    try report.show(json: json)
  }

  private static func time(_ work: () throws -> Void) rethrows -> Double {
    let start = monotonicNanoseconds()
    try work()
    return Double(monotonicNanoseconds() - start)
  }

  /// Decoded from JSON, since only the reconciler can create one.
  private static func status(services: Int, servers: Int) throws -> Status {
    let list = (0..<services).map { service in
      let rows = (0..<servers).map { server in
        """
        {"address":"10.\(2 + server >> 16).\(server >> 8 & 255).\(server & 255)","forward":"ipip","source":"interface","weight":1,\
        "state":"ok","active":12,"inactive":3,"totals":{"packets":\(123_456 + server),"bytes":98765432,"connections":1234},\
        "share":\(100 / Double(servers + 1))}
        """
      }
      return """
        {"service":"tcp 10.1.\(service >> 8).\(service & 255):80","scheduler":"maglev","ring":65537,"on-server-loss":"rehash",\
        "no-server":"unreachable","totals":{"packets":123456,"bytes":7890123,"connections":4567},"active":100,"inactive":50,\
        "servers":[\(rows.joined(separator: ","))]}
        """
    }
    let text = "{\"generation\":42,\"interfaces\":[],\"services\":[\(list.joined(separator: ","))]}"
    return try JSONDecoder().decode(Status.self, from: Data(text.utf8))
  }

  private struct Report: Codable {
    var machine: Machine
    var services: Int
    var servers: Int
    var fields: Int
    var bytes = 0
    var textBytes = 0
    var own = Measurement()
    var foundation = Measurement()
    var text = Measurement()

    func show(json: Bool) throws {
      guard !json else { return try printJSON() }
      print(
        "\(machine.processor), \(machine.cores) cores, Linux \(machine.kernel); medians of \(own.nanoseconds.count) alternating rounds"
      )
      print("\(services) services of \(servers) servers: \(fields) fields\n")
      line("JSON", own, bytes)
      line("JSON by Foundation", foundation, bytes)
      line("text", text, textBytes)
    }

    private func line(_ what: String, _ times: Measurement, _ bytes: Int) {
      let name = what.padding(toLength: 18, withPad: " ", startingAt: 0)
      let milliseconds = [times.median, times.least, times.greatest].map { String(format: "%.0f", $0 / 1e6) }
      let rate = String(format: "%.2f", Double(fields) / times.median * 1e3)
      print("\(name)  \(milliseconds[0]) ms (\(milliseconds[1])-\(milliseconds[2])), \(bytes) bytes, \(rate) M fields/s")
    }
  }
}
