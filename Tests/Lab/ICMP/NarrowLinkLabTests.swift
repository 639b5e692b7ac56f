import API
import Configuration
import Foundation
import Model
import Netlink
import Offline
import Reconciler
import Testing

extension DirectorLab {
  /// Paths with a smaller MTU than their ends know, on the client's side and on the real server's.
  @Suite struct NarrowLinkTests {
    /// A server of either method and family, and the address of a client behind the router.
    struct Download: CustomTestStringConvertible {
      let testDescription: String
      let vip: String
      let service: String
      let servers: [(Laboratory.Host, Server)]
      let client: String
    }

    private static let downloads: [Download] = [
      Download(
        testDescription: "direct",
        vip: Laboratory.vip,
        service: .http,
        servers: [(.rs1, .rs1), (.rs2, .rs2)],
        client: "10.9.3.13"
      ),
      Download(
        testDescription: "ipip",
        vip: Laboratory.vip,
        service: .http,
        servers: [(.rs1, .rs1.tunnelled), (.rs2, .rs2.tunnelled)],
        client: "10.9.3.13"
      ),
      Download(
        testDescription: "direct over IPv6",
        vip: Laboratory.vip6,
        service: .http6,
        servers: [(.rs1, .rs1v6), (.rs2, .rs2v6)],
        client: "fd09:3::13"
      ),
      Download(
        testDescription: "ipip over IPv6",
        vip: Laboratory.vip6,
        service: .http6,
        servers: [(.rs1, .rs1v6.tunnelled), (.rs2, .rs2v6.tunnelled)],
        client: "fd09:3::13"
      ),
    ]

    /// rs3 plays the client, as the host behind a router. Its own end has a large MTU, so only the router's error reports the
    /// small one.
    @Test(
      "A large file passes a link of 1300 bytes: the router's error reaches the real server that sends it",
      arguments: downloads
    )
    func download(_ download: Download) throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([download.service: download.servers.map(\.1)])
      defer { daemon.signal(SIGTERM) }
      let decaps = try download.servers.filter { $0.1.forward == "ipip" }.map { try lab.decapsulate($0.0) }
      defer { for decap in decaps { decap.signal(SIGTERM) } }
      for address in ["\(Laboratory.vip)/32", "\(Laboratory.vip6)/128"] {
        try lab.output(.rs3, "ip", "address", "del", address, "dev", "lo")
      }
      try lab.output(.router, "ip", "link", "set", "eth1", "mtu", "1300")

      let url = "http://\(download.vip.contains(":") ? "[\(download.vip)]" : download.vip)/megabyte"
      let form = "%header{x-server} %{size_download} %{time_total}"
      let words = try lab.output(.rs3, ["curl", "-sS", "-m", "15", "-o", "/dev/null", "-w", form, url], within: 20).split(
        separator: " "
      )
      let (name, bytes, seconds) = (String(words[0]), String(words[1]), try #require(Double(words[2])))
      #expect(bytes == "1048576")
      #expect(seconds < 3, "a stall is a timeout of seconds")
      for (host, _) in download.servers {
        let route = try lab.output(host, "ip", "route", "get", download.client)
        #expect(route.contains("mtu 1300") == (host.rawValue == name), "\(host) of \(name): \(route)")
      }
    }

    /// A service, the tunnel's server, and the size of its headers.
    private static let uploads: [(vip: String, service: String, server: Server, overhead: Int)] = [
      (Laboratory.vip, .throughput, .rs3, 20), (Laboratory.vip6, "tcp [\(Laboratory.vip6)]:5201", .rs3v6, 40),
    ]

    @Test(
      "A link of 1400 bytes on a tunnel's path is learned from the router's error about the tunnel packet and reported to clients",
      arguments: uploads
    )
    func tunnel(_ vip: String, _ service: String, _ server: Server, _ overhead: Int) throws {
      let lab = try Laboratory()
      let daemon = try lab.direct([service: [server]])
      defer { daemon.signal(SIGTERM) }
      try lab.output(.router, "ip", "link", "set", "eth1", "mtu", "1400")
      let upload = ["iperf3", "--client", vip, "--port", "5201", "--time", "2", "--interval", "0.5", "--json"]
      let report = try JSONDecoder().decode(Report.self, from: Data(lab.output(.client, upload).utf8))
      #expect(report.intervals.count >= 4)
      #expect(report.intervals.allSatisfy { $0.sum.bytes > 0 }, "\(report.intervals)")
      #expect(try lab.count("dropped-learned-mtu") > 0)
      #expect(try lab.count("answered-too-big") > 0)
      let route = try lab.output(.client, "ip", "route", "get", vip)
      #expect(route.contains("mtu \(1400 - overhead)"), "\(route)")

      let source = vip.contains(":") ? "[\(Laboratory.clientAddress6)]" : Laboratory.clientAddress
      let destination = vip.contains(":") ? "[\(vip)]" : vip
      let explained = try lab.operate("explain", "tcp", "\(source):40000", "\(destination):5201")
      #expect(explained.contains("MTU 1600; 1400 learned from ICMP, for "), "\(explained)")

      // The learned MTU is in the tables, so it survives the daemon.
      daemon.signal(SIGKILL)
      try daemon.wait(within: 5)
      let next = try lab.direct([service: [server]])
      defer { next.signal(SIGTERM) }
      #expect(try lab.operate("explain", "tcp", "\(source):40000", "\(destination):5201").contains("1400 learned from ICMP"))
    }
  }
}

extension Server {
  fileprivate var tunnelled: Server { Server(address: address, weight: weight, forward: "ipip") }
}

extension Laboratory {
  fileprivate func decapsulate(_ host: Host) throws -> Running {
    let decap = try start(host, [Self.sluice, "decap", "--interface", "eth0"])
    guard try holds(within: 5, { decap.output.contains("unwrapping") || decap.errors.contains("unwrapping") }) else {
      throw LabFailure("decap on \(host.rawValue): \(decap.output)\(decap.errors)")
    }
    return decap
  }
}

/// The part of iperf3's report that shows a stall.
private struct Report: Decodable {
  struct Interval: Decodable {
    struct Sum: Decodable { let bytes: Int }
    let sum: Sum
  }
  let intervals: [Interval]
}
