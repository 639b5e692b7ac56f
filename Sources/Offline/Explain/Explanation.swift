import Configuration
import Model
import Reconciler

/// What the director would do with a packet of a flow, and why: the output of `sluice explain` and `GET /v1/explain`.
package struct Explanation: Codable, Equatable, Sendable {
  /// What selected the real server.
  package enum Decider: String, Codable, Sendable {
    case flow
    case hash
    /// A scheduler that goes by turns or connections.
    case scheduler
  }

  package var `protocol`: TransportProtocol
  package var source: String
  package var destination: String
  /// Of the active tables.
  package var generation: UInt64
  /// forward, answer, pass or drop, as in `sluice replay`; never renamed.
  package var verdict: String
  /// The counter that would count the packet; never renamed.
  package var reason: String
  /// Nil when the packet is for no service.
  package var service: Service?
  /// The flow hash, 16 hexadecimal digits, for comparison between directors.
  package var hash: String?
  /// The hash's slot of the service's ring; nil while the ring is empty.
  package var slot: Int?
  /// The server of that slot: where an unknown flow goes.
  package var slotServer: IPAddress?
  /// The flow's entries in the workers' flow tables, ignored ones included.
  package var entries: [Entry]
  package var decidedBy: Decider?
  package var server: Server?
  package var nextHop: Hop?
  /// The headers in front of the client's IP packet.
  package var header: Header?
  /// Further explanations, such as why the packet is not forwarded; one sentence each.
  package var notes: [String]

  package enum CodingKeys: String, CodingKey {
    case `protocol`, source, destination, generation, verdict, reason, service, hash, slot, entries, server, header, notes
    case slotServer = "slot-server"
    case decidedBy = "decided-by"
    case nextHop = "next-hop"
  }
}

extension Explanation {
  package struct Service: Codable, Equatable, Sendable {
    package enum Match: String, Codable, Sendable {
      case exact
      case anyPort = "any-port"
    }

    package var service: ServiceKey
    package var match: Match
    /// Slots of the ring; 0 while no server is live.
    package var ring: Int
  }

  /// A flow's entry in a worker's flow table.
  package struct Entry: Codable, Equatable, Sendable {
    package var worker: Int
    /// Named as the timeouts: syn-received, established, fin-wait, close, udp.
    package var state: String
    /// A second packet was seen: the entry can't be replaced by another flow.
    package var confirmed: Bool
    /// Seconds since the last packet.
    package var age: UInt32
    /// Seconds without a packet until the entry expires.
    package var timeout: UInt32
    /// Nil when the server table no longer has it.
    package var server: IPAddress?
    /// Whether this entry selects the server.
    package var counts: Bool
    /// Why the entry is ignored.
    package var fault: String?
  }

  package struct Server: Codable, Equatable, Sendable {
    package var address: IPAddress
    package var forward: ForwardingMethod
    package var weight: Int
    package var state: ServerStatus.State
    /// Why the server is unresolved.
    package var reason: String?
  }

  package struct Hop: Codable, Equatable, Sendable {
    package var interface: String
    package var mac: MACAddress
    package var sourceMAC: MACAddress
    /// VLAN tags, outer first.
    package var tags: [VLANTag]
    /// Size of the largest IP packet in bytes, tunnel headers included.
    package var mtu: Int
    /// A lower MTU of the tunnel's path, learned from an ICMP error.
    package var learned: Learned?

    package struct Learned: Codable, Equatable, Sendable {
      package var mtu: Int
      /// Seconds until it expires.
      package var seconds: Int
    }

    package enum CodingKeys: String, CodingKey {
      case interface, mac, tags, mtu
      case sourceMAC = "source-mac"
      case learned = "learned-mtu"
    }
  }

  package struct Header: Codable, Equatable, Sendable {
    /// One line for each header, outermost first.
    package var layers: [String]
    /// The bytes in hexadecimal.
    package var bytes: String
  }
}
