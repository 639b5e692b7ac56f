import API
import Configuration
import Foundation
import Model

/// One daemon with a table of one size; each command is sent as an operator sends it.
struct ControlScale {
  let size: ControlSize
  let program: String
  private static let edits = 20

  func run(_ report: inout ControlReport) throws {
    let name = "\(size)"
    let daemon = try BenchDaemon(program: program)
    let services = BenchServices(size: size)
    try daemon.configure(addresses: "external", services: [])
    try daemon.start()
    try daemon.waitUntilHealthy()
    let client = daemon.client
    let table = try ServiceTable(services: services.services)
    let traffic = try BenchTraffic(to: services.vips(atMost: 64), perMillisecond: 1)
    let applied = DispatchSemaphore(value: 0)
    try report.measure("first apply, to the first packet forwarded", name) {
      Task.detached {
        _ = try? await client.apply(table)
        applied.signal()
      }
      try traffic.waitForPacket()
    }
    traffic.end()
    applied.wait()
    let service = services.services[size.services / 2]
    for edit in 0..<Self.edits {
      let settings = ServerSettings(weight: 2 + edit)
      _ = try report.measure("one weight, to live", name) {
        try blocking { try await client.set(service.servers[0].id, of: service.key, to: settings) }
      }
    }
    for _ in 0..<5 {
      _ = try report.measure("list", name) { try blocking { try await client.servicesText() } }
      _ = try report.measure("status of one service", name) { try blocking { try await client.statusText(of: service.key) } }
      _ = try report.measure("status of all", name) { try blocking { try await client.statusText() } }
    }
    // Waits until the memory for reading the request has been returned to the kernel.
    usleep(3_000_000)
    report.add("resident memory", "MB", name, daemon.residentMegabytes)
    daemon.stop()
    try start(services, daemon, &report)
  }

  /// Starts from the file, then again after a crash.
  private func start(_ services: BenchServices, _ daemon: BenchDaemon, _ report: inout ControlReport) throws {
    let name = "\(size)"
    try daemon.configure(addresses: "external", services: services.yaml)
    let traffic = try BenchTraffic(to: services.vips(atMost: 64), perMillisecond: 1)
    defer { traffic.end() }
    try report.measure("start from the file, to the first packet forwarded", name) {
      try daemon.start()
      try traffic.waitForPacket()
    }
    try daemon.waitUntilHealthy()
    daemon.kill()
    usleep(200_000)
    try report.measure("restart after a crash, to the first packet forwarded", name) {
      traffic.forget()
      try daemon.start()
      try traffic.waitForPacket()
    }
    try daemon.waitUntilHealthy()
    usleep(3_000_000)
    report.add("resident memory after that", "MB", name, daemon.residentMegabytes)
    daemon.stop()
  }
}

/// The services of a size, UDP port 53 of VIPs from 10.200.0.0, each with its own servers behind the gateway.
struct BenchServices {
  let services: [VirtualService]

  init(size: ControlSize) {
    services = (0..<size.services).map { service in
      Self.service(service, (0..<size.servers).map { RealServer(Self.behindGateway(service * size.servers + $0), method: .ipip) })
    }
  }

  init(_ services: [VirtualService]) { self.services = services }

  static func service(_ number: Int, _ servers: [RealServer]) -> VirtualService {
    VirtualService(ServiceKey(.udp, vip(number), port: 53), servers: servers)
  }

  static func vip(_ number: Int) -> IPAddress { IPAddress(10, 200, UInt8(number >> 8 & 255), UInt8(number & 255)) }
  static func behindGateway(_ number: Int) -> IPAddress {
    IPAddress(10, UInt8(64 + number >> 16), UInt8(number >> 8 & 255), UInt8(number & 255))
  }

  /// The VIPs of some services, spread over all.
  func vips(atMost count: Int) -> [IPAddress] {
    stride(from: services.count - 1, through: 0, by: -max(1, services.count / count)).map { services[$0].key.address }
  }

  var yaml: [String] {
    services.flatMap { service in
      ["  - service: \(service.key)", "    servers:"]
        + service.servers.map { "      - { address: \($0.address), forward: \($0.method.rawValue) }" }
    }
  }
}
