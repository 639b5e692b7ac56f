import Model

/// The lists of services and servers: `-L` with all its columns.
package struct TableList {
  private let request: ListRequest
  private let labels: Labels

  /// ipvsadm's first line. Sluice's tables grow, so their size means nothing: it is the kernel's usual one.
  static let title = "IP Virtual Server version 1.2.1 (size=4096)\n"

  /// - Parameter names: used unless numbers are asked for.
  package static func text(_ report: TableReport, _ request: ListRequest, names: Names) -> String {
    let list = TableList(request: request, labels: Labels(names: names, isNumeric: request.isNumeric))
    let isWhole = if case .service = request.subject { false } else { true }
    var text = (isWhole ? title : "") + list.header
    for service in request.isSorted ? Sorting.sorted(report.services) : report.services { list.write(service, to: &text) }
    return text
  }

  private var header: String {
    let first = "Prot LocalAddress:Port"
    let second = "  -> RemoteAddress:Port"
    switch request.columns {
    case .stats: return Self.numbers(first, ["Conns", "InPkts", "OutPkts", "InBytes", "OutBytes"]) + "\(second)\n"
    case .rate: return Self.numbers(first, ["CPS", "InPPS", "OutPPS", "InBPS", "OutBPS"]) + "\(second)\n"
    case .thresholds:
      let columns = ["Uthreshold", "Lthreshold", "ActiveConn", "InActConn"].map { " " + $0.left(10) }
      return first.left(33) + columns.joined() + "\n\(second)\n"
    case .persistentConnections:
      let columns =
        " " + "Weight".left(9) + " " + "PersistConn".left(11) + " " + "ActiveConn".left(10) + " " + "InActConn".left(10)
      return first.left(33) + columns + "\n\(second)\n"
    case .tunnelInfo:
      return "\(first) Scheduler Flags\n\(second)           Forward TunnelInfo    Weight ActiveConn InActConn\n"
    case .plain: return "\(first) Scheduler Flags\n\(second)           Forward Weight ActiveConn InActConn\n"
    }
  }

  private static func numbers(_ first: String, _ names: [String]) -> String {
    first.left(33) + names.map { " " + $0.right(8) }.joined() + "\n"
  }

  private func write(_ report: TableReport.ServiceReport, to text: inout String) {
    let service = report.service
    let label = labels.service(service.key)
    switch request.columns {
    case .stats: text += label.left(33) + numbers(report.counts)
    case .rate: text += label.left(33) + numbers(report.rates)
    default: text += "\(label) \(service.settingsText)"
    }
    text += "\n"
    for index in order(of: service) {
      text += "  -> " + labels.server(service.servers[index].id, of: service.key)
      text += columns(service.servers[index], report.servers[index]) + "\n"
    }
  }

  /// Indices of the servers. The kernel has the latest first, and sorting begins with its order.
  private func order(of service: VirtualService) -> [Int] {
    let latestFirst = Array(service.servers.indices.reversed())
    guard request.isSorted else { return latestFirst }
    return Sorting.order(latestFirst.map { service.servers[$0] }, of: service.key).map { latestFirst[$0] }
  }

  private func columns(_ server: RealServer, _ report: TableReport.ServerReport) -> String {
    let loads = " " + "\(report.active)".left(10) + " " + "\(report.inactive)".left(10)
    switch request.columns {
    case .stats: return numbers(report.counts)
    case .rate:
      // Three of the numbers are never abbreviated.
      let exact = [report.rates.connections, report.rates.packets, 0].map { " " + "\($0)".right(8) }.joined()
      return exact + number(report.rates.bytes) + number(0)
    case .thresholds:
      return " " + "\(server.upperThreshold)".left(10) + " " + "\(server.lowerThreshold)".left(10) + loads
    case .persistentConnections:
      return " " + "\(server.weight)".left(9) + " " + "\(report.persistent)".left(11) + loads
    case .tunnelInfo:
      return " " + server.method.listName.left(7) + " " + server.tunnelText.left(13) + " " + "\(server.weight)".left(6) + loads
    case .plain: return " " + server.method.listName.left(7) + " " + "\(server.weight)".left(6) + loads
    }
  }

  /// Connections, packets in and out, bytes in and out.
  private func numbers(_ figures: TableReport.Figures) -> String {
    [figures.connections, figures.packets, 0, figures.bytes, 0].map(number).joined()
  }

  private func number(_ value: UInt64) -> String { LargeNumber.text(value, isExact: request.isExact) }
}

extension VirtualService {
  /// What follows the service in a list.
  fileprivate var settingsText: String {
    var text = scheduler.rawValue
    if !flags.isEmpty { text += " (\(flagNames.joined(separator: ",")))" }
    if let persistence { text += " persistent \(persistence.timeout)" }
    if let maskText { text += " mask \(maskText)" }
    if onePacket { text += " ops" }
    return text
  }
}
