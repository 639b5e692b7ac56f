import ABI
import Configuration
import Forwarding
import Model
import Reconciler

/// Explains where a flow goes.
///
/// Model. A packet of the flow goes through the forwarder twice: first with an empty flow table, which gives service, hash, ring
/// slot and the server of that slot; then, if a worker knows the flow, with a copy of that worker's bucket. Verdict, server and
/// header come from the forwarding code itself, and no memory of a worker is written.
///
/// Caveat. The NIC decides which queue, and so which worker, a flow belongs to; so all flow tables are searched. If two workers
/// know the flow, the later entry wins.
package struct Explainer {
  let tables: Tables
  /// By worker.
  let flows: [FlowTable]
  /// In seconds of the clock that flow entries use.
  let now: UInt32
  let table: ServiceTable
  /// Why a real server is unresolved.
  let faults: [IPAddress: String]
  /// Interface names by slot.
  let interfaces: [String]

  func explain(_ flow: FlowTuple) -> Explanation {
    let length = flow.packet(begins: true).count
    var worker = OfflineForwarder(
      flowBuckets: 1,
      serverCapacity: Int(tables.half.pointee.server_limit),
      members: members,
      frameLimit: 256
    )
    // Any address: only steering checks it.
    let mac = [UInt8](repeating: 2, count: 6)
    let first = worker.process(flow.frame(to: mac, begins: true), interface: 0, tables, now: now)
    var passage = first
    let entries = entries(first.trace)
    let remembered = entries.filter(\.isLive).max { $0.age > $1.age }
    if let remembered {
      worker.remember(remembered.entry)
      passage = worker.process(flow.frame(to: mac, begins: false), interface: 0, tables, now: max(now, remembered.entry.seen))
    }
    let slotServer = first.trace.slot.flatMap { server(at: $0, of: tables.services[Int(first.trace.service ?? 0)]) }
    let isRemembered = remembered?.isPresent == true
    var explanation = Explanation(
      protocol: flow.protocol,
      source: "\(flow.source)",
      destination: "\(flow.destination)",
      generation: tables.half.pointee.generation,
      verdict: passage.verdict.action.name,
      reason: passage.verdict.outcome.name,
      service: service(first.trace, flow),
      hash: first.trace.hash.map { hash in "\(Array(native(hash.bigEndian)).hexadecimal)" },
      slot: first.trace.slot,
      slotServer: slotServer.flatMap(address),
      entries: entries.map { $0.explained(counts: $0.worker == remembered?.worker && $0.isPresent) },
      decidedBy: passage.verdict.server == Verdict.noServer ? nil : isRemembered ? .flow : slotServer == nil ? .scheduler : .hash,
      notes: []
    )
    follow(passage, inner: length, &explanation)
    explanation.notes = notes(explanation, flow, passage.verdict)
    return explanation
  }

  /// Fills in server, next hop and header.
  private func follow(_ passage: Passage, inner: Int, _ explanation: inout Explanation) {
    guard let key = explanation.service?.service, let address = address(passage.verdict.server) else { return }
    let entry = tables.servers[Int(passage.verdict.server)]
    explanation.server = table.service(key)?.everyServer.first { $0.address == address }
      .map { self.server($0, entry, isSorry: $0.address == table.service(key)?.sorry?.address) }
    // An answer goes back to the client and has no next hop.
    guard passage.verdict.action == .forward else { return }
    guard let sent = passage.sent.first, let mac = MACAddress(bytes: sent[..<6]), let own = MACAddress(bytes: sent[6..<12]) else {
      return
    }
    let egress = Int(passage.verdict.egress)
    explanation.nextHop = Explanation.Hop(
      interface: interfaces.indices.contains(egress) ? interfaces[egress] : "slot \(egress)",
      mac: mac,
      sourceMAC: own,
      tags: entry.vlanTags,
      mtu: Int(entry.mtu),
      learned: learned(entry)
    )
    let header = Array(sent.dropLast(inner))
    explanation.header = Explanation.Header(layers: HeaderLayers(header, entropy: entry.entropy).lines, bytes: header.hexadecimal)
  }

  private func learned(_ entry: sluice_server) -> Explanation.Hop.Learned? {
    guard Int(entry.method) != SLUICE_DIRECT, let learned = tables.learned(Int(entry.tunnel), now: now), learned.mtu < entry.mtu
    else { return nil }
    return Explanation.Hop.Learned(mtu: Int(learned.mtu), seconds: Int(learned.remaining))
  }

  private func service(_ trace: Trace, _ flow: FlowTuple) -> Explanation.Service? {
    guard let index = trace.service, let key = ServiceKey(tables.services[Int(index)]) else { return nil }
    let match: Explanation.Service.Match = key.port == flow.destination.port ? .exact : .anyPort
    return Explanation.Service(service: key, match: match, ring: Int(tables.services[Int(index)].ring_size))
  }

  /// The places of the member arena that the services use.
  private var members: Int {
    (0..<Int(tables.half.pointee.service_count))
      .reduce(1) { max($0, Int(tables.services[$1].member_start) + Int(tables.services[$1].member_count)) }
  }

  private func server(_ server: RealServer, _ entry: sluice_server, isSorry: Bool) -> Explanation.Server {
    let isResolved = entry.flags & UInt8(SLUICE_SERVER_RESOLVED) != 0
    let idle: ServerStatus.State = isSorry ? .standby : .draining
    return Explanation.Server(
      address: server.address,
      forward: server.method,
      weight: server.weight,
      state: !isResolved ? .unresolved : entry.weight == 0 ? idle : .ok,
      reason: isResolved ? nil : faults[server.address] ?? Resolution.behindGateway
    )
  }

  private func address(_ index: UInt32) -> IPAddress? {
    index == Verdict.noServer ? nil : IPAddress(tables.servers[Int(index)].address)
  }

  /// Index of the server that a slot of the service's ring names.
  private func server(at slot: Int, of service: sluice_service) -> UInt32? {
    let number = tables.rings[Int(service.ring_start) + slot]
    return number == UInt16(SLUICE_NO_MEMBER) ? nil : tables.members[Int(service.member_start) + Int(number)]
  }

  private func entries(_ trace: Trace) -> [FlowMemory] {
    guard let hash = trace.hash else { return [] }
    return flows.enumerated().compactMap { FlowMemory(hash, worker: $0, $1, tables, now: now) }
  }
}
