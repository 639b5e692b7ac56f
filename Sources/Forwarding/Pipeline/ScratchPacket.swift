import ABI
import Packet

/// What parsing found in a frame and later stages need: one of a batch's 64 scratch records.
struct ScratchPacket {
  /// The outcome, once decided; nil while the packet is still to be forwarded.
  var outcome: Outcome?
  /// Transport protocol number of the IP header.
  var transport: UInt8
  /// Family of the client's packet: sets the EtherType of frames to a direct server and a tunnel's inner protocol.
  var isIPv6: Bool
  /// TCP flags byte; 0 for UDP.
  var flags: UInt8
  /// Which fragment of a datagram it is.
  var part: Part
  /// Offset of the IP header in the frame.
  var network: UInt16
  /// Total length claimed by the IP header, checked to lie within the frame.
  var networkLength: UInt16
  /// Index into the services table.
  var service: UInt32
  /// Index into the servers table, once chosen; `Verdict.noServer` before.
  var server: UInt32
  /// The flow hash.
  var hash: UInt64
  /// The flow's entry when the batch was looked up; another packet of the batch may have given the place to another flow since.
  var entry: UnsafeMutablePointer<sluice_flow>?
}

extension ScratchPacket {
  /// TCP or UDP. The only other packets with a server are ICMP errors; no error is ever sent about an error (RFC 1122 3.2.2).
  var isTransport: Bool {
    @inline(__always) @_noLocks get { transport == 6 || transport == 17 }
  }

  /// A fragment other than the first: no ICMP error is sent about it.
  var isLater: Bool {
    @inline(__always) @_noLocks get {
      if case .later = part { true } else { false }
    }
  }
}

/// A packet, or which fragment of one.
enum Part: UInt8 {
  case whole
  /// The first fragment of a service's datagram: it has the ports, and the other fragments follow it.
  case first
  /// The first fragment of a datagram to a VIP that is for no service.
  case firstOfKernels
  /// A later fragment: the parser does not look further, `place` does.
  case later
  /// A later fragment held because the first has not arrived.
  case held
}
