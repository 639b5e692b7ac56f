import ABI
import Forwarding
import Model

extension Director {
  /// Buckets read in one go, a few tenths of a millisecond, during which a new generation may have to wait.
  private static let stretch = 4096

  /// Flows in the order of workers and buckets. Reads every entry until the limit is reached, which takes a few milliseconds for a million
  /// entries: do not call it from the cooperative pool.
  package func flows(_ filter: FlowFilter) -> FlowList {
    var list = FlowList()
    let now = surroundings.now()
    for (worker, table) in surroundings.flows().enumerated() {
      for first in stride(from: 0, to: table.bucketCount, by: Self.stretch) {
        let buckets = first..<min(first + Self.stretch, table.bucketCount)
        withTables { tables, _, _ in
          let reader = FlowReader(tables: tables, filter: filter, now: now, worker: worker)
          for bucket in buckets where !list.truncated { reader.read(table, bucket, into: &list) }
        }
        if list.truncated { return list }
      }
    }
    return list
  }
}

/// Decodes flow entries with the tables that they refer to.
private struct FlowReader {
  let tables: Tables
  let filter: FlowFilter
  let now: UInt32
  let worker: Int

  func read(_ table: FlowTable, _ bucket: Int, into list: inout FlowList) {
    for place in 0..<4 {
      guard let (flow, who) = table.peek(bucket: bucket, place: place), let record = record(flow, who) else { continue }
      guard list.flows.count < filter.limit else {
        list.truncated = true
        return
      }
      list.flows.append(record)
    }
  }

  /// Nil when the flow does not match the filter or has expired.
  private func record(_ flow: sluice_flow, _ who: Connection) -> FlowRecord? {
    // The worker may have stamped it after the clock was read.
    let now = max(now, flow.seen)
    guard !flow.isExpired(now: now, tables.half), let service = service(who), let key = ServiceKey(service) else { return nil }
    if let wanted = filter.service, wanted != key { return nil }
    guard let transport = key.protocol.transport, let client = client(who, of: key, tag: flow.tag) else { return nil }
    if let wanted = filter.client, wanted != client { return nil }
    let server = server(flow)
    if let wanted = filter.server, wanted != server { return nil }
    // In packet order: the client's port first.
    let ports = UInt32(bigEndian: who.ports)
    let timeout = timeout(of: flow.state)
    let age = now - flow.seen
    return FlowRecord(
      protocol: transport,
      client: Endpoint(address: client, port: UInt16(ports >> 16)),
      destination: Endpoint(address: key.address, port: UInt16(truncatingIfNeeded: ports)),
      server: server,
      state: FlowStateName.of(flow.state),
      confirmed: flow.isConfirmed,
      age: age,
      expires: timeout - min(age, timeout),
      worker: worker
    )
  }

  /// Nil when the worker has just overwritten the connection with another flow's: its hash then differs from the entry's tag.
  private func client(_ who: Connection, of service: ServiceKey, tag: UInt64) -> IPAddress? {
    let vip = service.address
    let client = IPAddress(high: vip.isIPv4 ? 0 : UInt64(bigEndian: who.client.0), low: UInt64(bigEndian: who.client.1))
    let hash = FlowHash.of(
      tables.half,
      source: client.words,
      destination: vip.words,
      ports: who.ports,
      protocol: service.protocol.rawValue
    )
    return hash == tag ? client : nil
  }

  /// Nil when the service was removed since. If its index is another's by now, address and protocol differ, and so does the hash.
  private func service(_ who: Connection) -> sluice_service? {
    guard Int(who.service) < Int(tables.half.pointee.service_count) else { return nil }
    let service = tables.services[Int(who.service)]
    let port = UInt16(truncatingIfNeeded: who.ports >> 16)
    return service.port_be == 0 || service.port_be == port ? service : nil
  }

  private func server(_ flow: sluice_flow) -> IPAddress? {
    guard flow.server < tables.half.pointee.server_limit else { return nil }
    let server = tables.servers[Int(flow.server)]
    return server.isPresent && server.incarnation == flow.incarnation ? IPAddress(server.address) : nil
  }

  private func timeout(of state: UInt16) -> UInt32 {
    withUnsafeBytes(of: tables.half.pointee.timeouts) { bytes in
      let words = bytes.bindMemory(to: UInt32.self)
      return words.indices.contains(Int(state)) ? words[Int(state)] : 0
    }
  }
}
