import ABI
import Configuration
import Forwarding
import Model
import Reconciler

extension Explainer {
  /// The notes of an explanation.
  func notes(_ explanation: Explanation, _ flow: FlowTuple, _ verdict: Verdict) -> [String] {
    var notes: [String] = []
    switch verdict.outcome {
    case .forwarded: break
    case .notForService: notes.append(whyNoService(flow))
    case .droppedNoServer, .answeredUnreachable, .answeredReset: notes += whyNoServer(explanation)
    case .droppedServerGone: notes.append("the server of the flow was removed, and on-server-loss of the service is drop")
    case .droppedUnresolved:
      let address = explanation.server.map { "\($0.address)" } ?? "the server"
      notes.append("\(address) has no next hop: \(explanation.server?.reason ?? "the kernel knows none")")
    default: notes.append(verdict.outcome.meaning)
    }
    if let service = explanation.service.flatMap({ table.service($0.service) }), let sorry = service.sorry?.address,
      explanation.server?.address == sorry
    {
      notes.append("\(sorry) is the sorry server")
      if explanation.decidedBy == .hash { notes += whyNoServer(explanation) }
    }
    if explanation.decidedBy == .scheduler, let service = explanation.service.flatMap({ table.service($0.service) }) {
      notes.append(service.basis)
    }
    if explanation.decidedBy != .flow, explanation.service.flatMap({ table.service($0.service) })?.persistence != nil {
      notes.append("the service has persistence: a client that a worker remembers keeps its server, which is not looked up here")
    }
    if explanation.decidedBy == .flow, let entry = explanation.entries.first(where: \.counts) {
      if ["fin-wait", "close"].contains(entry.state) {
        notes.append("the flow is closing: a SYN starts a new flow, scheduled by the hash")
      }
      if let other = explanation.slotServer, other != explanation.server?.address {
        notes.append("a new flow with this hash would go to \(other)")
      }
    }
    return notes
  }

  private func whyNoService(_ flow: FlowTuple) -> String {
    let vip = flow.destination.address
    let there = table.services.map(\.key).filter { $0.address == vip && $0.isForwarded }.sorted()
    if !there.isEmpty {
      let wanted = ServiceKey(ServiceProtocol(flow.protocol), vip, port: flow.destination.port)
      return "there is no service \(wanted), nor one for any port; \(vip) has " + Self.list(there.map(\.description))
    }
    let vips = table.vips.sorted()
    if vips.isEmpty { return "there are no services: add one with 'sluice service add'" }
    return "\(vip) is not a VIP; the VIPs are " + Self.list(vips.map(\.description))
  }

  /// Why each server of the service is not live.
  private func whyNoServer(_ explanation: Explanation) -> [String] {
    guard let service = explanation.service.flatMap({ table.service($0.service) }) else { return [] }
    if service.servers.isEmpty { return ["the service has no servers: add one with 'sluice server add \(service.key) 10.0.0.2'"] }
    return service.servers.map { server in
      if let fault = faults[server.address] { return "\(server.address) has no next hop: \(fault)" }
      return server.isDraining ? "\(server.address) gets no new flows: its weight is 0" : "\(server.address) is not live"
    }
  }

  /// At most eight of the names.
  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(8).joined(separator: ", ")
    return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
  }
}

extension VirtualService {
  /// What its scheduler goes by, unless that is the flow's hash.
  fileprivate var basis: String {
    switch scheduler {
    case .mh, .sh:
      "scheduler \(scheduler.rawValue) goes by the client's address" + (flags.contains(.port) ? " and port" : "")
        + (flags.contains(.fallback) ? "" : "; without the flag 'fallback' a client whose server takes no new flows gets none")
    case .dh: "scheduler dh goes by the VIP: all new flows go to one server"
    default:
      "scheduler \(scheduler.rawValue) goes by each worker's turns or connections: shown is what an idle worker chooses"
    }
  }
}
