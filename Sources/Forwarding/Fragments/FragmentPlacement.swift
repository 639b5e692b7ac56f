import ABI
import Packet

/// All fragments of a datagram go to one real server: the first by its ports, the others follow it (Docs/fragments.md).
extension Forwarder {
  /// Called for each fragment in the order of the batch, after servers are chosen.
  @inline(never) @_noLocks
  func follow(_ frame: Frame, _ packet: inout ScratchPacket, _ tables: Tables, now: UInt32, mayHold: Bool) {
    switch packet.part {
    case .first, .firstOfKernels: remember(frame, packet, tables, now: now)
    case .later: place(frame, &packet, tables, now: now, mayHold: mayHold)
    case .whole, .held: break
    }
  }

  /// Remembers what becomes of the later fragments, also when the first one was refused.
  @inline(__always) @_noLocks
  private func remember(_ frame: Frame, _ packet: ScratchPacket, _ tables: Tables, now: UInt32) {
    let outcome: Outcome
    var incarnation: UInt16 = 0
    if let decided = packet.outcome {
      switch decided {
      case .notForService, .droppedNoServer, .droppedServerGone: outcome = decided
      default: outcome = .droppedFragment
      }
    } else {
      outcome = .forwarded
      incarnation = tables.servers[Int(packet.server)].incarnation
    }
    let disposition = FragmentTable.Disposition(
      outcome,
      server: packet.server,
      incarnation: incarnation,
      service: packet.service
    )
    fragments.remember(Datagram.tag(of: frame, tables), disposition, hash: packet.hash, now: now)
  }

  /// Finds the datagram of a later fragment, then checks the header, in the same order as for every packet.
  @inline(__always) @_noLocks
  private func place(_ frame: Frame, _ packet: inout ScratchPacket, _ tables: Tables, now: UInt32, mayHold: Bool) {
    guard let reading = LaterFragment.read(frame, packet, tables) else { return }
    let entry = fragments.find(reading.tag, now: now)
    if let entry {
      if case .notForService = entry.disposition.outcome { return }
      packet.service = entry.disposition.service
    } else if !reading.mayBeService {
      return
    }
    packet.outcome = reading.refusal
    guard case nil = reading.refusal else { return }
    packet.transport = reading.number
    packet.flags = 0
    packet.networkLength = UInt16(truncatingIfNeeded: reading.total)
    guard let entry else {
      packet.outcome = hold(frame, &packet, reading.tag, now: now, mayHold: mayHold)
      return
    }

    packet.hash = entry.hash
    guard case .forwarded = entry.disposition.outcome else {
      packet.outcome = entry.disposition.outcome
      return
    }
    let server = tables.servers + Int(entry.disposition.server)
    guard server.pointee.flags & UInt8(truncatingIfNeeded: SLUICE_SERVER_PRESENT) != 0,
      server.pointee.incarnation == entry.disposition.incarnation
    else {
      // Another server can't reassemble a part of a datagram.
      packet.outcome = .droppedServerGone
      return
    }
    packet.server = entry.disposition.server
  }

  @inline(__always) @_noLocks
  private func hold(_ frame: Frame, _ packet: inout ScratchPacket, _ tag: UInt64, now: UInt32, mayHold: Bool) -> Outcome {
    if mayHold && waiting.add(frame, tag, now: now) { packet.part = .held }
    return .droppedLateFragment
  }
}
