import ABI
import Packet

/// What parsing found in a frame and later stages need: one of a batch's 64 scratch records.
struct ScratchPacket {
  /// Once decided; nil while the packet is on its way to a server.
  var outcome: Outcome?
  /// Transport protocol number of the IP header.
  var transport: UInt8
  /// Of the client's packet: what a direct server's frame says, and a tunnel's inner protocol.
  var isIPv6: Bool
  /// TCP flags byte; 0 for UDP.
  var flags: UInt8
  /// Which piece of a datagram it is.
  var part: Part
  /// Offset of the IP header in the frame.
  var network: UInt16
  /// Total length the IP header claims, proved to lie within the frame.
  var networkLength: UInt16
  /// Index into the services table.
  var service: UInt32
  /// Index into the servers table, once picked; `Verdict.noServer` before.
  var server: UInt32
  /// The flow hash.
  var hash: UInt64
  /// The flow's entry when the batch was looked up; another packet of the batch may have given it to another flow since.
  var entry: UnsafeMutablePointer<sluice_flow>?
}

extension ScratchPacket {
  /// TCP or UDP. What else has a server is an ICMP error; no error is ever sent about an error (RFC 1122 3.2.2).
  var isTransport: Bool {
    @inline(__always) @_noLocks get { transport == 6 || transport == 17 }
  }

  /// A fragment other than the first: nothing is ever said about it.
  var isLater: Bool {
    @inline(__always) @_noLocks get {
      if case .later = part { true } else { false }
    }
  }
}

/// A packet, or which fragment of one.
enum Part: UInt8 {
  case whole
  /// The first fragment of a service's datagram: it has the ports, and its fate is the rest's.
  case first
  /// The first of one to a VIP that is no service's.
  case firstOfKernels
  /// Later: the parser has looked no further; `place` does.
  case later
  /// A later one whose first has not come.
  case held
}
