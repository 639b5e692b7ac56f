import Model

/// The files of the kernel that scripts read: /proc/net/ip_vs and /proc/net/ip_vs_stats (net/netfilter/ipvs/ip_vs_ctl.c).
package enum ProcFiles {
  /// Persistence timeouts there are in the kernel's ticks: of Debian's kernels, 250 a second.
  static let ticks = 250

  package static func table(_ report: TableReport) -> String {
    var text = TableList.title + "Prot LocalAddress:Port Scheduler Flags\n"
    text += "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n"
    for service in report.services {
      text += line(service.service)
      for (server, load) in zip(service.service.servers, service.servers).reversed() {
        let name = endpoint(server.address, server.id.shownPort(of: service.service.key))
        text += "  -> \(name)      \(server.method.listName.left(7)) " + "\(server.weight)".left(6)
        text += " " + "\(load.active)".left(10) + " " + "\(load.inactive)".left(10) + "\n"
      }
    }
    return text
  }

  /// Differences in white space are the kernel's.
  private static func line(_ service: VirtualService) -> String {
    let (key, scheduler) = (service.key, service.scheduler.rawValue)
    let ops = service.onePacket ? "ops " : ""
    let start =
      switch (key.protocol, key.address.isIPv4) {
      case (.fwmark, _): "FWM  \(hex(key.mark, 8)) \(scheduler) \(ops)"
      case (_, true): "\(key.protocol.name.uppercased())  \(endpoint(key.address, key.port)) \(scheduler) \(ops) "
      case (_, false): "\(key.protocol.name.uppercased())  \(endpoint(key.address, key.port)) \(scheduler) "
      }
    guard let persistence = service.persistence else { return start + "\n" }
    // A mask is in network order there, and a prefix length is taken for one.
    let mask = key.address.isIPv4 ? persistence.netmask : persistence.netmask.byteSwapped
    return start + "persistent \(persistence.timeout * ticks) \(hex(mask, 8))\n"
  }

  package static func statistics(_ report: TableReport) -> String {
    let counts = report.services.reduce(TableReport.Figures()) { $0 + $1.counts }
    let rates = report.services.reduce(TableReport.Figures()) { $0 + $1.rates }
    return "   Total Incoming Outgoing         Incoming         Outgoing\n"
      + "   Conns  Packets  Packets            Bytes            Bytes\n" + line(counts) + "\n"
      + " Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n" + line(rates)
  }

  private static func line(_ figures: TableReport.Figures) -> String {
    let numbers = [figures.connections, figures.packets, 0].map { String($0, radix: 16, uppercase: true).right(8) }
    let bytes = [figures.bytes, 0].map { String($0, radix: 16, uppercase: true).right(16) }
    return (numbers + bytes).joined(separator: " ") + "\n"
  }

  private static func endpoint(_ address: IPAddress, _ port: UInt16) -> String {
    let port = hex(UInt32(port), 4)
    if address.isIPv4 { return "\(hex(address.word, 8)):\(port)" }
    let bytes = address.bytes
    let groups = stride(from: 0, to: 16, by: 2).map { hex(UInt32(bytes[$0]) << 8 | UInt32(bytes[$0 + 1]), 4).lowercased() }
    return "[\(groups.joined(separator: ":"))]:\(port)"
  }

  private static func hex(_ number: UInt32, _ digits: Int) -> String {
    let text = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
