import Configuration
import Model
import Reconciler

/// What the director would do with a packet of a flow, and why: what `sluice explain` shows and `GET /v1/explain` answers. A
/// moment's picture.
package struct Explanation: Codable, Equatable, Sendable {
  /// Who chose the real server.
  package enum Decider: String, Codable, Sendable {
    case flow
    case hash
  }

  package var `protocol`: TransportProtocol
  package var source: String
  package var destination: String
  /// Of the tables in force.
  package var generation: UInt64
  /// forward, answer, pass, drop, as in `sluice replay`; stable.
  package var verdict: String
  /// The counter that would count it; stable.
  package var reason: String
  /// Nil: for no service.
  package var service: Service?
  /// The flow hash, 16 hexadecimal digits: what fleets compare.
  package var hash: String?
  /// The hash's slot of the service's ring; nil while nobody is on the ring.
  package var slot: Int?
  /// The server of that slot, where the flow would go if it were unknown.
  package var slotServer: IPAddress?
  /// What the workers remember of the flow, whether it counts or not.
  package var entries: [Entry]
  package var decidedBy: Decider?
  package var server: Server?
  package var nextHop: Hop?
  /// What is written before the client's IP packet.
  package var header: Header?
  /// What else there is to say, above all why not; a sentence each.
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
    /// Slots; 0 while no server is live.
    package var ring: Int
  }

  /// A flow's entry in a worker's table.
  package struct Entry: Codable, Equatable, Sendable {
    package var worker: Int
    /// As the timeouts are called: syn-received, established, fin-wait, close, udp.
    package var state: String
    /// More than its first packet was seen: it yields to no other flow.
    package var confirmed: Bool
    /// Seconds since its last packet.
    package var age: UInt32
    /// Seconds without a packet until it is forgotten.
    package var timeout: UInt32
    /// Nil when the table no longer says who that was.
    package var server: IPAddress?
    /// Whether it decides.
    package var counts: Bool
    /// Why it doesn't.
    package var fault: String?
  }

  package struct Server: Codable, Equatable, Sendable {
    package var address: IPAddress
    package var forward: ForwardingMethod
    package var weight: Int
    package var state: ServerStatus.State
    /// Why it isn't resolved.
    package var reason: String?
  }

  package struct Hop: Codable, Equatable, Sendable {
    package var interface: String
    package var mac: MACAddress
    package var sourceMAC: MACAddress
    /// VLAN tags, outer first.
    package var tags: [VLANTag]
    /// Bytes of the largest IP packet on the way, tunnel headers included.
    package var mtu: Int
    /// What an ICMP error has told of a tunnel's way, if that is less.
    package var learned: Learned?

    package struct Learned: Codable, Equatable, Sendable {
      package var mtu: Int
      /// Until it is forgotten.
      package var seconds: Int
    }

    package enum CodingKeys: String, CodingKey {
      case interface, mac, tags, mtu
      case sourceMAC = "source-mac"
      case learned = "learned-mtu"
    }
  }

  package struct Header: Codable, Equatable, Sendable {
    /// Outermost first, a line each.
    package var layers: [String]
    /// The bytes, in hexadecimal.
    package var bytes: String
  }
}
