import ABI
import Packet

/// Packets that the director originates: answers to the sender of a frame, on the interface that it came in on, with its VLAN
/// tags.
///
/// An answer is written over the received frame, or in front of the packet when it quotes it: no second buffer, no second frame.
/// There is no answer to multicast and broadcast frames (RFC 1122 3.2.2, RFC 4443 2.4 (e)). The parser has refused multicast and
/// broadcast source addresses; the callers exclude later fragments and ICMP errors.
enum Reply: UInt8 {
  case tooBig
  case timeExceeded
  case unreachable
  case reset
  case echo

  static var kinds: Int {
    @inline(__always) @_noLocks get { 5 }
  }

  /// The counter of answers of this kind.
  var outcome: Outcome {
    @inline(__always) @_noLocks get {
      switch self {
      case .tooBig: .answeredTooBig
      case .timeExceeded: .answeredTimeExceeded
      case .unreachable: .answeredUnreachable
      case .reset: .answeredReset
      case .echo: .answeredEcho
      }
    }
  }

  /// The raw value as an array index. `rawValue` itself is a call in debug builds, which `@_noLocks` refuses.
  var index: Int {
    @inline(__always) @_noLocks get { Int(unsafeBitCast(self, to: UInt8.self)) }
  }
}

extension Forwarder {
  /// The verdict for a packet that has an outcome before rewriting.
  @inline(never) @_noLocks
  func conclude(_ outcome: Outcome, _ frame: Frame, _ packet: ScratchPacket, _ tables: Tables, now: UInt32) -> Verdict {
    switch outcome {
    case .notForService:
      var verdict = Verdict.drop(outcome, server: packet.server)
      verdict.action = .pass
      return verdict
    case .answeredEcho: return echo(frame, packet, now: now)
    case .droppedLearnedMTU: return learnMTU(frame, packet, tables, now: now)
    case .droppedNoServer: return noServer(frame, packet, tables, now: now)
    case .droppedLateFragment:
      var verdict = Verdict.drop(outcome, server: packet.server)
      if case .held = packet.part { verdict.action = .hold }
      return verdict
    default: return .drop(outcome, server: packet.server)
    }
  }

  /// Whether the frame may be answered: neither destination nor source MAC address is multicast or broadcast.
  @inline(__always) @_noLocks
  func mayAnswer(_ frame: Frame) -> Bool { (frame.bytes.u8(0) | frame.bytes.u8(6)) & 1 == 0 }

  /// Takes a token for an answer of this kind. Each kind has its own bucket, so that a flood of pings doesn't stop path-MTU
  /// discovery.
  @inline(__always) @_noLocks
  func mayOriginate(_ kind: Reply, now: UInt32) -> Bool { allowances[kind.index].take(now: now) }

  /// The verdict that sends `length` bytes of IP behind the link header that `swapAddresses` has written at `start`.
  @inline(__always) @_noLocks
  func reply(_ kind: Reply, _ frame: Frame, _ packet: ScratchPacket, start: Int, length: Int) -> Verdict {
    Verdict(
      action: .answer,
      outcome: kind.outcome,
      egress: frame.interface,
      start: Int32(truncatingIfNeeded: start),
      length: UInt32(truncatingIfNeeded: Int(packet.network) &+ length),
      server: packet.server
    )
  }

  /// Copies the link header of the frame to `start` with swapped MAC addresses. Source and target may overlap, so it is read
  /// completely before the first write: at most 22 bytes, which every frame with an IP header has.
  @inline(__always) @_noLocks
  func swapAddresses(_ frame: Frame, _ packet: ScratchPacket, to start: Int) {
    let first = frame.bytes.raw64(0)
    let second = frame.bytes.raw32(8)
    let type = frame.bytes.raw16(12)
    let tags = frame.bytes.raw64(14)
    let header = frame.bytes + start
    // The first word ends with the first two bytes of the source address (little endian).
    header.setRaw32(0, UInt32(truncatingIfNeeded: first &>> 48) | second &<< 16)
    header.setRaw16(4, UInt16(truncatingIfNeeded: second &>> 16))
    header.setRaw32(6, UInt32(truncatingIfNeeded: first))
    header.setRaw16(10, UInt16(truncatingIfNeeded: first &>> 32))
    header.setRaw16(12, type)
    if packet.network == 18 { header.setRaw32(14, UInt32(truncatingIfNeeded: tags)) }
    if packet.network == 22 { header.setRaw64(14, tags) }
  }
}
